"""Readers while generations come, go and come back."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from index.build import build
from index.generations import Generations
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_settings, write_files
from tests.qa.helpers import open_pincite

GENERATIONS = 50
MARGINS = {f"{kind}{n:03d}": 5.0 for kind in ("L", "M") for n in range(GENERATIONS + 1)}


def write(folder: Path, number: int) -> Path:
    """Two sources that belong together: an answer of the one goes with one of the other."""
    return write_files(
        folder, {
            "lamp.txt": f"The sign of the lamp is L{number:03d}.\n",
            "mill.txt": f"The sign of the mill is M{number:03d}.\n",
        },
    )  # fmt: skip


@dataclass
class Reader:
    """Opens the index, asks it, closes it, without pause."""

    index: Path
    stop: threading.Event = field(default_factory=threading.Event)
    seen: set[tuple[int, str]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    rounds: int = 0

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._ask()
                self.rounds += 1
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}")

    def _ask(self) -> None:
        with open_pincite(self.index, MARGINS) as pincite:
            for _ in range(3):
                lamp = pincite.ask("what is the sign of the lamp")
                mill = pincite.ask("what is the sign of the mill")
                signs = {answer.citations[0].quote[-5:-1] for answer in (lamp, mill)}
                numbers = {sign[1:] for sign in signs}
                generations = {lamp.generation, mill.generation}
                if len(numbers) != 1 or generations != {pincite.generation}:
                    self.faults.append(f"{signs} of generations {generations}")
                self.seen.add((pincite.generation, numbers.pop()))


def test_no_reader_ever_sees_two_states(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", tmp_path / "sources"
    settings = build_settings(keep=2)
    build(index, [write(sources, 0)], FakeEmbedder(), settings)
    generations = Generations(index)
    signs = {1: "000"}
    kept = open_pincite(index, MARGINS)
    readers = [Reader(index) for _ in range(2)]
    threads = [threading.Thread(target=reader.run) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, GENERATIONS + 1):
            write(sources, number)
            live = build(index, [], FakeEmbedder(), settings).generation
            signs[live] = f"{number:03d}"
            if number % 5 == 0:
                with generations.lock():
                    generations.point_at(generations.numbers()[-2])
    finally:
        for reader in readers:
            reader.stop.set()
        for thread in threads:
            thread.join()
    assert [fault for reader in readers for fault in reader.faults] == []
    assert all(reader.rounds for reader in readers)
    assert {pair for reader in readers for pair in reader.seen} <= set(signs.items())
    # Whoever opened the first one still has it, though it is long gone from the disk.
    assert 1 not in generations.numbers()
    assert kept.ask("what is the sign of the lamp").citations[0].quote.endswith("L000.")
    assert kept.generation == 1
    kept.close()
