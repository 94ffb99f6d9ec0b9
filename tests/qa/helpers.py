"""What several tests of `qa` make: an index of small files with fake models, opened to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from index.search import OpenIndex, Searcher
from qa.answering import Answerer, ReadingSettings
from qa.assembly import Pincite
from qa.confidence import Calibration
from qa.risk import Promise
from qa.selection import Weights
from qa.settings import Settings
from tests.fakes import FakeEmbedder, FakeReader
from tests.index.helpers import build_index, open_searcher, write_files

# Confidence is the margin alone: sigmoid(margin).
PLAIN = Calibration((1.0, 0.0, 0.0, 0.0, 0.0), Weights(0.0, 0.0, 0.0), 9.0)


def open_answerer(
    folder: Path,
    files: Mapping[str, str | bytes],
    margins: Mapping[str, float],
    *,
    depth: int = 10,
    settled_margin: float = 9.0,
    promises: tuple[Promise, ...] = (),
) -> tuple[Answerer, Searcher, FakeReader]:
    write_files(folder / "sources", files)
    build_index(folder / "index", folder / "sources", embedder=FakeEmbedder())
    opened, searcher = open_searcher(folder / "index")
    reader = FakeReader(dict(margins))
    calibration = replace(PLAIN, settled_margin=settled_margin, promises=promises)
    answerer = Answerer(opened, searcher, reader, calibration, ReadingSettings(depth, 0.5))
    return answerer, searcher, reader


def over(index: Path, opened: OpenIndex, margins: Mapping[str, float]) -> Pincite:
    """An opened generation with fake models."""
    searcher = Searcher(opened, FakeEmbedder())
    reader = FakeReader(dict(margins))
    answerer = Answerer(opened, searcher, reader, PLAIN, ReadingSettings(10, 0.5))
    return Pincite(opened, searcher, answerer, Settings(index=index))


def open_pincite(index: Path, margins: Mapping[str, float]) -> Pincite:
    """The live generation of an index, with fake models."""
    return over(index, open_searcher(index)[0], margins)
