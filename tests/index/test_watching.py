from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from index.watching import Ticks, changes


def script(*counts: int | Path) -> Ticks:
    """Ticks that were written down: how many things changed in the folders, or a file to write."""

    def ticks(
        _folders: Sequence[Path], _index: Path, _quiet: float, _stop: threading.Event
    ) -> Iterator[int]:
        for count in counts:
            if isinstance(count, Path):
                count.write_text(f"{count.read_text()}more", encoding="utf-8")
                yield 0
            else:
                yield count

    return ticks


def test_a_change_is_told_once_and_quiet_is_not(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    told = changes(tmp_path / "index", ["sources"], ticks=script(0, 0, 3, 0, 0, 1))
    assert list(told) == [0, 3, 1]


def test_a_single_file_is_told_when_it_rests(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("one", encoding="utf-8")
    told = changes(tmp_path / "index", ["notes.md"], ticks=script(0, file, file, 0, 0))
    assert list(told) == [0, 2]


def test_files_alone_need_no_watch(tmp_path: Path) -> None:
    stop = threading.Event()
    file = tmp_path / "notes.md"
    file.write_text("one", encoding="utf-8")
    told = changes(tmp_path / "index", ["notes.md"], quiet=0.02, stop=stop)
    assert next(told) == 0
    file.write_text("another", encoding="utf-8")
    assert next(told) >= 1
    stop.set()
    assert list(told) == []


def test_the_real_watch_waits_for_quiet_and_passes_over_the_index(tmp_path: Path) -> None:
    pytest.importorskip("watchfiles")
    sources, stop = tmp_path / "sources", threading.Event()
    (sources / "deep").mkdir(parents=True)
    (sources / "index").mkdir()
    told = changes(sources / "index", ["."], quiet=0.2, stop=stop)
    assert next(told) == 0
    (sources / "index" / "CURRENT").write_text("1")
    (sources / ".hidden.md").write_text("no")
    (sources / "deep" / "a.md").write_text("yes")
    assert next(told) >= 1
    stop.set()
    assert list(told) == []
