from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from index.build import remove
from index.errors import BuildError, DerivedDamagedError, IndexDamagedError
from index.folding import Aliases
from index.generations import Generations, Manifest
from index.repairing import repair
from index.search import open_generation
from index.types import Filter
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_index, build_settings, open_searcher, write_files

FILES = {
    "lamp.txt": "Marta Lind keeps the lamp. She lit it in 1987.\n",
    "mill.txt": "The mill closed in 2003. Its wheel was sold.\n",
    "boat.txt": "The boat Freja sank off the point.\n",
}


def embedder(manifest: Manifest) -> FakeEmbedder:
    return FakeEmbedder(manifest.models["embedder"])


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two generations, the second without the boat."""
    build_index(tmp_path / "index", write_files(tmp_path / "sources", FILES))
    remove(tmp_path / "index", ["sources/boat.txt"], FakeEmbedder(), build_settings())
    return tmp_path / "index"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["vectors.faiss", "lexical"])
@pytest.mark.parametrize("cached", [True, False])
def test_what_is_derived_is_made_again(index: Path, name: str, cached: bool) -> None:
    opened, searcher = open_searcher(index)
    found = searcher.search("who keeps the lamp", 9, Filter())
    path = Generations(index).path(2) / name
    victim = path if path.is_file() else next(p for p in path.iterdir() if p.stat().st_size)
    flip(victim)
    if not cached:
        shutil.rmtree(index / "cache")
    with pytest.raises(DerivedDamagedError, match=victim.name):
        open_generation(index, Aliases.load())
    repaired = repair(index, embedder)
    assert repaired is not None
    assert (repaired.was, repaired.generation) == (2, 3)
    assert victim.name in str(repaired)
    assert Generations(index).numbers() == [1, 3]
    mended, searcher = open_searcher(index)
    assert searcher.search("who keeps the lamp", 9, Filter()) == found
    assert mended.store.sources() == opened.store.sources()
    assert mended.store.excluded() == {"sources/boat.txt"}
    assert repair(index, embedder) is None


@pytest.mark.parametrize("name", ["truth.sqlite", "manifest.json"])
def test_a_damaged_truth_is_refused_and_named(index: Path, name: str) -> None:
    flip(Generations(index).path(2) / name)
    flip(Generations(index).path(2) / "vectors.faiss")
    for attempt in (
        lambda: open_generation(index, Aliases.load()),
        lambda: repair(index, embedder),
        lambda: build_index(index),
    ):
        with pytest.raises(IndexDamagedError, match=name) as raised:
            attempt()
        assert not isinstance(raised.value, DerivedDamagedError)
        assert raised.value.exit_status == 4
        assert "pincite rollback" in raised.value.remedy
        assert "pincite build --full" in raised.value.remedy
    Generations(index).point_at(1)
    assert len(open_generation(index, Aliases.load()).store.sources()) == 3


def test_nothing_is_repaired_while_another_writes(index: Path) -> None:
    flip(Generations(index).path(2) / "vectors.faiss")
    with Generations(index).lock(), pytest.raises(BuildError):
        repair(index, embedder)


def test_the_cache_keeps_what_a_generation_uses_and_nothing_else(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", write_files(tmp_path / "sources", FILES)
    build_index(index, sources)
    for year in range(1990, 1994):
        (sources / "mill.txt").write_text(f"The mill closed in {year}.\n")
        build_index(index)
    # Three are kept: 1991 to 1993.
    kept, dropped = FakeEmbedder(), FakeEmbedder()
    for year, used in ((1993, kept), (1991, kept), (1990, dropped)):
        write_files(sources, {"mill.txt": f"The mill closed in {year}.\n"})
        build_index(tmp_path / "index", embedder=used)
    assert kept.embedded == []
    assert dropped.embedded == ["The mill closed in 1990."]
