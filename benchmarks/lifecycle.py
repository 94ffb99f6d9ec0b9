"""What it costs to follow the files: `python -m benchmarks.lifecycle [--sizes 5000 20000 80000]`.

For each size: a full build of about so many passages with the default embedder, then in the same
run builds after 1 % of the sources were added, changed and removed, and one with nothing changed;
each in seconds and in percent of the full build. Texts are contexts of SQuAD files (`--data`),
shuffled into sources of about five passages, or made up where there are too few. Last, how long the
largest index takes to open, every byte of it checked.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from index.build import BuildSettings, build
from index.compiling import compile_model, default_encoder_path
from index.embedding import OnnxEmbedder
from index.errors import UsageError
from index.folding import Aliases
from index.search import open_generation
from index.splitting import SplitSettings
from index.types import BuildReport
from qa.questions import read_questions

SPLIT = SplitSettings(128, 32)
# Characters of a passage that shares a quarter with the next, in English: about 97 new tokens.
PASSAGE_CHARACTERS = 430
PASSAGES_A_SOURCE = 5
SHARE = 0.01


def contexts(data: Path) -> list[str]:
    """The paragraphs of all SQuAD files below a folder, each once."""
    found: dict[str, None] = {}
    for path in sorted(data.rglob("*squad*.json")) if data.is_dir() else ():
        try:
            questions = read_questions(path).questions
        except UsageError:
            continue
        found |= dict.fromkeys(q.context for q in questions if q.context is not None)
    return list(found)


def texts(known: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Sources without end: first of what is known, each paragraph once, then of made-up words."""
    size = PASSAGES_A_SOURCE * PASSAGE_CHARACTERS
    paragraphs, length = [], 0
    for paragraph in chance.sample(list(known), len(known)):
        paragraphs.append(paragraph)
        length += len(paragraph)
        if length >= size:
            yield "\n\n".join(paragraphs)
            paragraphs, length = [], 0
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er")]
    vocabulary = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(20_000)]
    while True:
        made: list[str] = []
        while sum(map(len, made)) < size:
            words = chance.choices(vocabulary, k=chance.randint(6, 24))
            made.append(" ".join(words).capitalize() + ".")
        yield " ".join(made)


class Bench:
    """One index, and the folder that it follows."""

    def __init__(self, work: Path, embedder: OnnxEmbedder, known: Sequence[str]) -> None:
        self._index, self._sources = work / "index", work / "sources"
        self._embedder = embedder
        self._texts = texts(known, random.Random(1))
        self._written = 0
        self._sources.mkdir(parents=True)

    def add(self, count: int) -> None:
        for _ in range(count):
            self._written += 1
            path = self._sources / f"{self._written:06d}.txt"
            path.write_text(next(self._texts), encoding="utf-8")

    def _some(self, count: int) -> list[Path]:
        """So many of the sources, evenly from all."""
        paths = sorted(self._sources.iterdir())
        return paths[:: max(1, len(paths) // count)][:count]

    def change(self, count: int) -> None:
        for path in self._some(count):
            path.write_text(next(self._texts), encoding="utf-8")

    def remove(self, count: int) -> None:
        for path in self._some(count):
            path.unlink()

    def build(self) -> tuple[float, BuildReport]:
        begun = time.perf_counter()
        settings = BuildSettings(SPLIT, 3, models={"reader": "none"})
        report = build(self._index, [self._sources], self._embedder, settings)
        return time.perf_counter() - begun, report

    def opening(self) -> float:
        """Seconds to open the index, its files in the system's cache."""
        begun = time.perf_counter()
        open_generation(self._index, Aliases.load()).store.close()
        return time.perf_counter() - begun


def measure(size: int, work: Path, embedder: OnnxEmbedder, known: Sequence[str]) -> str:
    """A row of the table."""
    bench = Bench(work, embedder, known)
    sources = size // PASSAGES_A_SOURCE
    some = max(1, round(SHARE * sources))
    bench.add(sources)
    full, report = bench.build()
    cells = [f"{report.passages:,}", f"{full:.1f} s"]
    for change in (bench.add, bench.change, bench.remove):
        change(some)
        taken, made = bench.build()
        assert made.published
        cells.append(f"{taken:.2f} s, {100 * taken / full:.2f} %")
    taken, made = bench.build()
    assert not made.published
    cells += [f"{taken:.2f} s, {100 * taken / full:.2f} %", f"{bench.opening():.2f} s"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5000, 20_000, 80_000])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    known = contexts(options.data)
    print(f"{len(known):,} contexts of SQuAD files; the rest is made up")
    print("| passages | full build | 1 % added | 1 % changed | 1 % removed | nothing | opened in |")
    print("|---" * 7 + "|")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        embedder = OnnxEmbedder(compile_model(default_encoder_path(), "encoder", work / "models"))
        for size in options.sizes:
            print(measure(size, work / str(size), embedder, known), flush=True)


if __name__ == "__main__":
    main()
