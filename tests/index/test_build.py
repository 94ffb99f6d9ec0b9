from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.build import changed_files, remove
from index.errors import BuildError, IndexDamagedError, IndexMissingError, UsageError
from index.folding import Aliases
from index.generations import Generations, Manifest
from index.search import open_files
from index.types import Filter
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_index, build_settings, open_searcher, write_files

FILES = {
    "lamp.md": "---\ntitle: The lamp\npublished: 2021-05-01\n---\n\nMarta Lind keeps the lamp. "
    "She lit it in 1987.\n\nHer brother sells lamps in the harbour, and oil, and rope.\n",
    "mill.txt": "The mill closed in 2003. Its wheel was sold to a museum in Lund.\n",
    "deep/boat.txt": "The boat Freja sank off the point. Nobody was on board.\n",
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return write_files(tmp_path / "sources", FILES)


def test_every_passage_stands_where_it_says(tmp_path: Path, sources: Path) -> None:
    report = build_index(tmp_path / "index", sources)
    assert (report.generation, report.added, report.published) == (1, 3, True)
    opened, _ = open_searcher(tmp_path / "index")
    passages = list(opened.store.all_passages())
    assert len(passages) == report.passages == len(opened.vectors) == len(opened.lexical)
    for passage in passages:
        stored = opened.store.text(passage.source_id)
        clean = stored.edits.apply(stored.text)
        assert clean[passage.clean_span.start : passage.clean_span.end] == passage.text
        assert stored.edits.to_canonical(passage.clean_span) == passage.span


def test_canonical_text_of_plain_files_is_the_file(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    opened, _ = open_searcher(tmp_path / "index")
    for source in opened.store.sources():
        assert opened.store.text(source.id).text == (tmp_path / source.path).read_text()


def test_search_finds_and_filters(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    _, searcher = open_searcher(tmp_path / "index")
    assert searcher.search("who keeps the lamp", 1, Filter())[0].source.title == "The lamp"
    only_boat = searcher.search("who keeps the lamp", 5, Filter(source="boat.*"))
    assert {hit.source.path for hit in only_boat} == {"sources/deep/boat.txt"}
    dated = searcher.search("the mill", 5, Filter(since="2021-05-01", until="2021-05-01"))
    assert {hit.source.path for hit in dated} == {"sources/lamp.md"}
    assert searcher.search("the mill", 5, Filter(since="2021-05-02")) == []
    assert searcher.search("the mill", 5, Filter(source="nothing*")) == []


def test_rankings_are_what_the_search_goes_by(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    _, searcher = open_searcher(tmp_path / "index")
    found = searcher.rankings("who keeps the lamp", 2, Filter())
    assert list(found.fused) == searcher.search("who keeps the lamp", 2, Filter())
    assert len(found.dense) == 2
    cosines = [hit.dense or 0.0 for hit in found.dense]
    assert cosines == sorted(cosines, reverse=True)
    assert all(h.lexical is not None for h in found.lexical)
    dated = searcher.rankings("the lamp", 9, Filter(since="2021-05-01"))
    for leg in (dated.dense, dated.lexical, dated.fused):
        assert {hit.source.path for hit in leg} == {"sources/lamp.md"}
    assert searcher.rankings("", 9, Filter()).lexical == ()


def test_the_passages_of_a_source(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    opened, _ = open_searcher(tmp_path / "index")
    store = opened.store
    found = [p for source in store.sources() for p in store.passages_of(source.id)]
    assert found == list(store.all_passages())
    assert store.passages_of("src_none") == []


def test_a_check_sees_what_is_about_to_be_published(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    seen = []

    def check(folder: Path, manifest: Manifest) -> str:
        opened = open_files(folder, manifest, Aliases.load())
        seen.append((opened.store.passage_count(), len(opened.vectors), manifest.generation))
        assert "truth.sqlite" in manifest.files
        assert not (index / "CURRENT").exists()
        opened.store.close()
        return "it is good"

    report = build_index(index, sources, check=check)
    assert (report.checked, report.generation) == ("it is good", 1)
    assert seen == [(report.passages, report.passages, 1)]
    open_searcher(index)
    assert build_index(index, check=check).checked is None
    assert len(seen) == 1


def test_what_a_check_refuses_leaves_nothing_behind(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    before = sorted(p for p in index.rglob("*") if "cache" not in p.parts)

    def check(_folder: Path, _manifest: Manifest) -> str:
        raise BuildError("it is worse", "try again")

    (sources / "mill.txt").write_text("The mill opened in 1804.\n")
    with pytest.raises(BuildError, match="it is worse: try again"):
        build_index(index, check=check)
    assert Generations(index).live() == 1
    assert sorted(p for p in index.rglob("*") if "cache" not in p.parts) == before
    assert build_index(index).generation == 2


def test_only_what_changed_is_embedded_again(tmp_path: Path, sources: Path) -> None:
    index, embedder = tmp_path / "index", FakeEmbedder()
    first = build_index(index, sources, embedder=embedder)
    again = build_index(index, embedder=embedder)
    assert not again.published
    assert again.generation == 1
    assert again.untouched == 3
    embedder.embedded.clear()
    (sources / "mill.txt").write_text("The mill opened in 1804. It is made of brick.\n")
    (sources / "new.txt").write_text("A new bridge was opened.\n")
    (sources / "deep/boat.txt").unlink()
    report = build_index(index, embedder=embedder)
    assert (report.added, report.changed, report.removed, report.untouched) == (1, 1, 1, 1)
    assert report.generation == 2
    assert report.passages_embedded == len(embedder.embedded) == 2 < first.passages


def test_an_incremental_build_equals_a_full_one(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    (sources / "mill.txt").write_text("The mill opened in 1804.\n")
    build_index(tmp_path / "index")
    build_index(tmp_path / "other", sources)
    one, _ = open_searcher(tmp_path / "index")
    other, _ = open_searcher(tmp_path / "other")
    assert list(one.store.all_passages()) == list(other.store.all_passages())
    assert one.store.sources() == other.store.sources()


def test_a_full_build_starts_over(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    report = build_index(tmp_path / "index", sources, full=True)
    assert report.published
    assert report.generation == 2


def test_what_cannot_be_read_is_named_and_skipped(tmp_path: Path, sources: Path) -> None:
    write_files(
        sources,
        {
            "zero.txt": b"", "binary.txt": bytes(range(256)) * 4, "broken.pdf": b"%PDF-1.7 nothing",
            "front.md": "---\ntitle: [\n---\ntext\n",
            "date.md": "---\npublished: soon\n---\ntext\n",
        },
    )  # fmt: skip
    report = build_index(tmp_path / "index", sources)
    assert report.published
    assert report.added == 3
    names = {Path(skipped.path).name for skipped in report.skipped}
    assert names == {"zero.txt", "binary.txt", "broken.pdf", "front.md", "date.md"}
    assert all(skipped.reason and "\n" not in skipped.reason for skipped in report.skipped)


class VanishingEmbedder(FakeEmbedder):
    """Deletes a file the first time it counts tokens: after listing, before the file's turn."""

    def __init__(self, victim: Path) -> None:
        super().__init__()
        self._victim = victim

    def count_tokens(self, texts):  # type: ignore[no-untyped-def]
        self._victim.unlink(missing_ok=True)
        return super().count_tokens(texts)


def test_a_file_that_vanishes_while_building_is_named(tmp_path: Path, sources: Path) -> None:
    report = build_index(
        tmp_path / "index", sources, embedder=VanishingEmbedder(sources / "mill.txt")
    )
    assert [Path(skipped.path).name for skipped in report.skipped] == ["mill.txt"]
    assert "vanished" in report.skipped[0].reason
    assert report.published


def test_a_side_file_speaks_for_a_source(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    write_files(sources, {"mill.txt.toml": 'title = "The mill"\npublished = 2004-02-03\n'})
    report = build_index(index)
    assert report.changed == 1
    opened, _ = open_searcher(index)
    titles = {source.title: source.published for source in opened.store.sources()}
    assert titles["The mill"] == "2004-02-03"


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        build_index(tmp_path / "index", tmp_path / "nowhere")
    assert not (tmp_path / "index").exists()


def test_a_folder_with_nothing_readable(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "sources", {"picture.png": b"\x89PNG", ".hidden.txt": "x"})
    with pytest.raises(BuildError, match="nothing to index"):
        build_index(tmp_path / "index", folder)
    write_files(folder, {"zero.txt": b""})
    with pytest.raises(BuildError, match=r"zero\.txt"):
        build_index(tmp_path / "index", folder)
    assert Generations(tmp_path / "index").numbers() == []


def test_nothing_named_and_nothing_remembered(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder was named"):
        build_index(tmp_path / "index")


def test_a_damaged_index_is_refused_and_built_over_with_full(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    truth = Generations(index).path(1) / "truth.sqlite"
    truth.write_bytes(truth.read_bytes()[:-1])
    with pytest.raises(IndexDamagedError):
        build_index(index, sources)
    assert build_index(index, sources, full=True).generation == 2
    open_searcher(index)


def test_a_removed_source_stays_out_until_named(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    report = remove(index, ["sources/mill.txt"], FakeEmbedder(), build_settings())
    assert (report.removed, report.generation) == (1, 2)
    assert not build_index(index).published
    opened, searcher = open_searcher(index)
    assert "sources/mill.txt" not in {s.path for s in opened.store.sources()}
    assert all("mill" not in hit.passage.text for hit in searcher.search("mill", 9, Filter()))
    assert changed_files(index, opened.store) == []
    build_index(index, sources / "mill.txt")
    opened, _ = open_searcher(index)
    assert "sources/mill.txt" in {s.path for s in opened.store.sources()}


def test_removing_what_is_not_there(tmp_path: Path, sources: Path) -> None:
    with pytest.raises(IndexMissingError):
        remove(tmp_path / "index", ["x"], FakeEmbedder(), build_settings())
    build_index(tmp_path / "index", sources)
    with pytest.raises(UsageError, match="no source 'x'"):
        remove(tmp_path / "index", ["x"], FakeEmbedder(), build_settings())


def test_changed_files_are_told(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    opened, _ = open_searcher(tmp_path / "index")
    assert changed_files(tmp_path / "index", opened.store) == []
    (sources / "mill.txt").write_text("Changed.")
    (sources / "new.txt").write_text("New.")
    (sources / "lamp.md").unlink()
    assert changed_files(tmp_path / "index", opened.store) == [
        "sources/lamp.md", "sources/mill.txt", "sources/new.txt",
    ]  # fmt: skip


def test_a_name_that_is_not_text_is_named_and_skipped(tmp_path: Path, sources: Path) -> None:
    Path(os.fsdecode(os.fsencode(sources) + b"/\xff.txt")).write_text("Some text.")
    report = build_index(tmp_path / "index", sources)
    assert report.added == 3
    assert "not UTF-8" in report.skipped[0].reason
    with pytest.raises(UsageError, match="not UTF-8"):
        build_index(tmp_path / "index", Path(os.fsdecode(os.fsencode(sources) + b"/\xff.txt")))


def test_what_cannot_be_read_for_now_keeps_its_place(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    (sources / "mill.txt").unlink()
    # A link to itself: there, but not to be read, whoever asks.
    (sources / "mill.txt").symlink_to(sources / "mill.txt")
    (sources / "new.txt").write_text("A new bridge was opened.")
    report = build_index(tmp_path / "index")
    assert [Path(skipped.path).name for skipped in report.skipped] == ["mill.txt"]
    assert (report.added, report.removed) == (1, 0)
    opened, _ = open_searcher(tmp_path / "index")
    assert "sources/mill.txt" in {s.path for s in opened.store.sources()}


def test_a_file_reached_twice_counts_once(tmp_path: Path, sources: Path) -> None:
    (tmp_path / "link").symlink_to(sources)
    assert build_index(tmp_path / "index", sources, tmp_path / "link").added == 3
    opened, _ = open_searcher(tmp_path / "index")
    assert changed_files(tmp_path / "index", opened.store) == []


def test_something_that_is_no_file_does_not_hold_up_a_build(tmp_path: Path, sources: Path) -> None:
    os.mkfifo(sources / "pipe.txt")
    report = build_index(tmp_path / "index", sources)
    assert report.added == 3
    assert "no regular file" in report.skipped[0].reason


def test_when_all_files_are_gone_so_are_their_sources(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    for path in [p for p in sources.rglob("*") if p.is_file()]:
        path.unlink()
    report = build_index(index)
    assert (report.removed, report.passages) == (3, 0)
    _, searcher = open_searcher(index)
    assert searcher.search("the lamp", 5, Filter()) == []
    assert not build_index(index).published


def test_a_folder_that_is_gone_is_not_taken_for_an_empty_one(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    sources.rename(tmp_path / "unmounted")
    with pytest.raises(BuildError, match="nothing to index"):
        build_index(tmp_path / "index")
    assert Generations(tmp_path / "index").live() == 1


@pytest.mark.parametrize("damaged", ["vectors.faiss", "lexical/meta.json"])
def test_a_build_makes_again_what_is_derived(tmp_path: Path, sources: Path, damaged: str) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    remove(index, ["sources/mill.txt"], FakeEmbedder(), build_settings())
    path = Generations(index).path(2) / damaged
    path.write_bytes(path.read_bytes()[:-1])
    report = build_index(index)
    assert (report.generation, report.repaired, report.untouched) == (3, (damaged,), 2)
    assert report.passages_embedded == 0
    assert Generations(index).numbers() == [1, 3]
    opened, _ = open_searcher(index)
    assert [s.path for s in opened.store.sources()] == ["sources/deep/boat.txt", "sources/lamp.md"]


@pytest.mark.parametrize("at", [0, 4096])
def test_a_damaged_cache_is_begun_anew(tmp_path: Path, sources: Path, at: int) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    cache = index / "cache" / "embeddings.sqlite"
    data = bytearray(cache.read_bytes())
    data[at:] = b"\xa5" * len(data[at:])
    cache.write_bytes(data)
    report = build_index(index, sources, full=True)
    assert report.published
    assert report.passages_embedded == report.passages
    assert build_index(index, sources, full=True).passages_embedded == 0


def test_a_changed_vector_in_the_cache_is_not_used(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    cache = index / "cache" / "embeddings.sqlite"
    data = bytearray(cache.read_bytes())
    text = next(iter(open_searcher(index)[0].store.all_passages())).text
    vector = FakeEmbedder().embed([text], "document")[0].astype("<f4").tobytes()
    data[data.index(vector) + 7] ^= 1
    cache.write_bytes(data)
    assert build_index(index, sources, full=True).passages_embedded == 1


def test_a_rename_is_no_change_of_content(tmp_path: Path, sources: Path) -> None:
    index, embedder = tmp_path / "index", FakeEmbedder()
    build_index(index, sources, embedder=embedder)
    embedder.embedded.clear()
    (sources / "lamp.md").rename(sources / "light.md")
    (sources / "deep/boat.txt").unlink()
    (sources / "new.txt").write_text("A new bridge was opened.\n")
    report = build_index(index, embedder=embedder)
    assert (report.added, report.changed, report.moved, report.removed) == (1, 0, 1, 1)
    assert (report.untouched, report.passages_embedded) == (1, 1)
    assert report.passages_reused == report.passages - 1
    assert embedder.embedded == ["A new bridge was opened."]
    opened, _ = open_searcher(index)
    assert [s.path for s in opened.store.sources()] == [
        "sources/light.md", "sources/mill.txt", "sources/new.txt",
    ]  # fmt: skip


def test_a_copy_is_new_and_not_read_twice(tmp_path: Path, sources: Path) -> None:
    build_index(tmp_path / "index", sources)
    (sources / "again.md").write_bytes((sources / "lamp.md").read_bytes())
    report = build_index(tmp_path / "index")
    assert (report.added, report.moved, report.passages_embedded) == (1, 0, 0)


class StoppedEmbedder(FakeEmbedder):
    """Is interrupted when it is asked for more texts than it has patience for."""

    def __init__(self, patience: int) -> None:
        super().__init__()
        self._patience = patience

    def embed(self, texts, kind, progress=None):  # type: ignore[no-untyped-def]
        if len(self.embedded) + len(texts) > self._patience:
            raise KeyboardInterrupt
        return super().embed(texts, kind, progress)


def test_an_interrupted_build_has_not_embedded_in_vain(tmp_path: Path) -> None:
    index = tmp_path / "index"
    names = {f"{n}.txt": f"Crate {n} holds {n * 7} lamps.\n" for n in range(200)}
    sources = write_files(tmp_path / "sources", names)
    stopped = StoppedEmbedder(150)
    with pytest.raises(KeyboardInterrupt):
        build_index(index, sources, embedder=stopped)
    assert len(stopped.embedded) >= 100
    report = build_index(index, sources)
    assert report.passages_embedded == 200 - len(stopped.embedded)
    assert report.passages_reused == len(stopped.embedded)


def test_a_second_build_names_the_first_and_readers_go_on(tmp_path: Path, sources: Path) -> None:
    index = tmp_path / "index"
    build_index(index, sources)
    program = (
        "import sys; from pathlib import Path; from index.locking import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(index)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        said = rf"process {other.pid} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
        with pytest.raises(BuildError, match=said) as raised:
            build_index(index)
        assert raised.value.exit_status == 1
        with pytest.raises(BuildError, match=said):
            remove(index, ["sources/mill.txt"], FakeEmbedder(), build_settings())
        _, searcher = open_searcher(index)
        assert searcher.search("the lamp", 1, Filter())
        other.kill()
    (sources / "mill.txt").unlink()
    assert build_index(index).generation == 2
