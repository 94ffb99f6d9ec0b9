"""What several tests of `index` make: passages, and an index of small files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from index.build import BuildSettings, Check, build
from index.folding import Aliases
from index.search import OpenIndex, Searcher, open_generation
from index.splitting import SplitSettings
from index.types import BuildReport, Passage, Span
from tests.fakes import FakeEmbedder

SPLIT = SplitSettings(tokens=24, overlap=6)


def passage(number: int, text: str, source: str = "src_a") -> Passage:
    return Passage(f"psg_{number}", number, source, Span(0, len(text)), Span(0, len(text)), text)


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def build_settings(
    *, full: bool = False, keep: int = 3, check: Check | None = None
) -> BuildSettings:
    return BuildSettings(SPLIT, keep, full, models={"reader": "fake-reader"}, check=check)


def build_index(
    index: Path, *named: Path, embedder: FakeEmbedder | None = None, full: bool = False,
    check: Check | None = None,
) -> BuildReport:  # fmt: skip
    return build(index, named, embedder or FakeEmbedder(), build_settings(full=full, check=check))


def open_searcher(index: Path) -> tuple[OpenIndex, Searcher]:
    opened = open_generation(index, Aliases.load())
    return opened, Searcher(opened, FakeEmbedder())
