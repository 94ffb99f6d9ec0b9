"""A flipped byte anywhere in an index is found, or does no harm."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.errors import IndexDamagedError
from index.generations import Generations
from index.publishing import cache_path
from index.store import VectorCache
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_index, open_searcher, write_files

PLACES, FIRST = 200, 64
FILES = {
    "lamp.md": "---\ntitle: The lamp\n---\n\nMarta Lind keeps the lamp. She lit it in 1987.\n",
    "mill.txt": "The mill closed in 2003. Its wheel was sold to a museum in Lund.\n",
    "boat.txt": "The boat Freja sank off the point. Nobody was on board.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flips")
    build_index(folder / "index", write_files(folder / "sources", FILES))
    return folder / "index"


def flipped(path: Path) -> Iterator[int]:
    """The file with a byte changed, at one place after another; whole again in the end."""
    data = path.read_bytes()
    chance = random.Random(path.name)
    places = [*range(min(FIRST, len(data)))]
    places += [chance.randrange(len(data)) for _ in range(PLACES if data else 0)]
    try:
        for at in places:
            changed = bytearray(data)
            changed[at] ^= chance.randrange(1, 256)
            path.write_bytes(changed)
            yield at
    finally:
        path.write_bytes(data)


def test_every_flip_in_a_generation_is_found_and_its_file_named(index: Path) -> None:
    generations = Generations(index)
    files = [path for path in generations.path(1).rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        for at in flipped(path):
            with pytest.raises(IndexDamagedError) as raised:
                generations.open(1)
            # The seal is of the manifest, and does not know which of the two is at fault.
            named = path.name.removesuffix(".sha256")
            assert named in str(raised.value), f"{path.name} at {at}"
    generations.open(1)


def test_a_flip_in_the_pointer_is_found_or_is_white_space(index: Path) -> None:
    generations = Generations(index)
    for _ in flipped(index / "CURRENT"):
        with contextlib.suppress(IndexDamagedError):
            assert generations.live() == 1


def test_a_flip_in_the_cache_never_changes_a_vector(index: Path) -> None:
    """The cache is no truth: each vector carries a check, and what is not whole is made again."""
    opened, _ = open_searcher(index)
    texts = [passage.text for passage in opened.store.all_passages()]
    wanted = dict(zip(texts, FakeEmbedder().embed(texts, "document"), strict=True))
    path, lost = cache_path(index), 0
    for _ in flipped(path):
        cache = VectorCache(path, FakeEmbedder().digest)
        try:
            known = cache.get(texts, FakeEmbedder.dimension)
            lost += len(texts) - len(known)
            for text, vector in known.items():
                assert np.array_equal(vector, wanted[text])
            cache.put(texts, np.stack([wanted[text] for text in texts]))
        finally:
            cache.close()
    assert lost, "no flip ever hit a vector: the test tests nothing"


def test_what_the_lock_says_bars_nobody(index: Path) -> None:
    assert (index / "lock").stat().st_size
    for _ in flipped(index / "lock"):
        with Generations(index).lock():
            pass
    others = {path.name for path in index.iterdir()} - {"CURRENT", "cache", "generations", "lock"}
    assert not others, "a file that no test flips"
