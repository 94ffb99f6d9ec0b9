from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.build import remove
from index.errors import UsageError
from index.generations import Generations
from index.purging import Receipt, purge
from index.types import BuildReport
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_index, build_settings, open_searcher, write_files

SECRET = "Zephyrine Quartz hid the ledger behind the oast house in Wrotham."
LATER = "Zephyrine Quartz burnt the ledger, and nobody in Wrotham ever read it."
FILES = {
    "lamp.txt": "Marta Lind keeps the lamp. She lit it in 1987.\n",
    "mill.txt": "The mill closed in 2003. Its wheel was sold.\n",
    "secret.txt": f"{SECRET}\n",
}


def purged(index: Path, *names: str) -> tuple[BuildReport, Receipt]:
    return purge(index, names, FakeEmbedder(), build_settings())


def traces(text: str) -> list[bytes]:
    """The text, its words, and its vector as any file of an index may hold them."""
    vector = FakeEmbedder().embed([text], "document")[0]
    return [
        text.encode(), b"Zephyrine", b"zephyrin", b"Wrotham", b"wrotham",
        vector.astype("<f4").tobytes(), vector.astype(np.float16).tobytes(),
    ]  # fmt: skip


def found(index: Path, needles: list[bytes]) -> set[tuple[str, bytes]]:
    return {
        (path.relative_to(index).as_posix(), needle)
        for path in index.rglob("*")
        if path.is_file()
        for data in [path.read_bytes()]
        for needle in needles
        if needle in data
    }


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Three generations: the secret, another wording of it, and a lamp that is new."""
    sources = write_files(tmp_path / "sources", FILES)
    build_index(tmp_path / "index", sources)
    (sources / "secret.txt").write_text(f"{LATER}\n")
    build_index(tmp_path / "index")
    (sources / "lamp.txt").write_text("The lamp went out.\n")
    build_index(tmp_path / "index")
    return tmp_path / "index"


def test_no_byte_of_a_purged_source_is_left(index: Path) -> None:
    for text in (SECRET, LATER):
        there = {needle for _, needle in found(index, traces(text))}
        assert {text.encode(), *traces(text)[-2:]} <= there, "the test must know what to look for"
    report, receipt = purged(index, "sources/secret.txt")
    assert (report.removed, report.generation) == (1, 4)
    assert found(index, [*traces(SECRET), *traces(LATER)]) == set()
    assert Generations(index).numbers() == [4]
    erased = receipt.sources[0]
    assert (erased.path, len(erased.sha256), erased.passages) == ("sources/secret.txt", 2, 2)
    assert erased.characters == len(SECRET) + len(LATER) + 2
    assert receipt.generation == 4
    assert set(receipt.generations) == {1, 2, 3}
    assert receipt.embeddings >= 2
    assert receipt.shared == ()
    opened, _ = open_searcher(index)
    assert [s.path for s in opened.store.sources()] == ["sources/lamp.txt", "sources/mill.txt"]
    assert not build_index(index).published
    assert build_index(index, full=True).passages_embedded == 0


def test_what_was_removed_before_can_be_purged(index: Path) -> None:
    remove(index, ["sources/secret.txt"], FakeEmbedder(), build_settings())
    assert found(index, traces(LATER))
    report, receipt = purged(index, "sources/secret.txt")
    assert not report.published
    assert found(index, [*traces(SECRET), *traces(LATER)]) == set()
    assert Generations(index).numbers() == [4]
    assert receipt.sources[0].passages >= 1
    # Once more: nothing is left to erase, and that is no error.
    assert purged(index, "sources/secret.txt")[1].sources[0].passages == 0


def test_a_renamed_source_goes_from_generations_that_knew_it_by_another_name(index: Path) -> None:
    sources = index.parent / "sources"
    (sources / "secret.txt").rename(sources / "hidden.txt")
    build_index(index)
    purged(index, "sources/hidden.txt")
    assert found(index, traces(LATER)) == set()


def test_what_another_source_says_too_stays_and_is_named(index: Path) -> None:
    sources = index.parent / "sources"
    write_files(sources, {"copy.txt": f"{LATER}\n"})
    build_index(index)
    _, receipt = purged(index, "sources/secret.txt")
    assert receipt.shared == ("sources/copy.txt",)
    assert found(index, traces(SECRET)[:1]) == set()
    assert build_index(index, full=True).passages_embedded == 0


def test_a_source_that_nobody_knows(index: Path) -> None:
    with pytest.raises(UsageError, match="holds a source 'x'"):
        purged(index, "x")
    assert Generations(index).live() == 3
