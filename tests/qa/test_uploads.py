from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import LoadError
from index.generations import TRUTH, Generations
from index.loaders import load
from index.probing import probe
from index.store import Store
from index.uploads import adopt, discard, incoming_folder, is_kept, kept_name, uploads_folder
from tests.index.helpers import build_index, write_files

NAME = kept_name("0123456789abcdef" * 4, ".txt")


def staged(folder: Path, text: str = "The lamp is red.\n") -> Path:
    path = incoming_folder(folder) / "f00.txt"
    path.write_text(text)
    return path


def test_a_kept_file_is_a_source_with_the_name_it_had(tmp_path: Path) -> None:
    index = tmp_path / ".pincite"
    said = {"name": "Über Lampen.txt", "author": 'M. "L" \\ Lind', "published": "2024-03-31"}
    kept = adopt(index, staged(index), NAME, said)
    build_index(index, uploads_folder(index))
    store = Store(Generations(index).path(1) / TRUTH)
    (found,) = store.sources()
    assert (found.title, found.author, found.published) == (
        "Über Lampen", 'M. "L" \\ Lind', "2024-03-31",
    )  # fmt: skip
    assert found.path == f".pincite/uploads/{NAME}"
    assert is_kept(index, found.path)
    assert store.roots() == [".pincite/uploads"]
    store.close()
    discard(index, kept.name)
    assert build_index(index).removed == 1


def test_what_the_file_says_itself_goes_before_its_name() -> None:
    sidecar = b'name = "scan 17.md"\n'
    assert load(Path("x.md"), b"---\ntitle: The lamp\n---\nIt is red.", sidecar).metadata.title == (
        "The lamp"
    )
    assert load(Path("x.md"), b"It is red.", sidecar).metadata.title == "scan 17"
    assert load(Path("x.md"), b"It is red.", b"name = 5\n").metadata.title == "It is red."


def test_adopting_twice_changes_nothing(tmp_path: Path) -> None:
    file = staged(tmp_path)
    for _ in range(2):
        kept = adopt(tmp_path, file, NAME, {"name": "a\x00\x7f\n.txt", "title": ""})
    assert kept.read_text() == file.read_text()
    assert kept.with_name(f"{NAME}.toml").read_text() == 'name = "a .txt"\n'
    assert sorted(p.name for p in uploads_folder(tmp_path).iterdir()) == [
        ".incoming", NAME, f"{NAME}.toml",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", ".", "x.txt", f"../{NAME}"])
def test_nothing_but_kept_files_is_discarded(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {"x": "x", "uploads/x.txt": "x"})
    discard(tmp_path / "index", name)
    discard(tmp_path, name)
    assert (tmp_path / "x").exists()
    assert (tmp_path / "uploads" / "x.txt").exists()
    assert not is_kept(tmp_path, "uploads/x.txt")
    assert not is_kept(tmp_path, f"uploads/../{NAME}")


def test_a_probe_says_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    write_files(tmp_path, {"good.txt": "It is red.", "bad.pdf": b"%PDF-1.4 no"})
    probe(tmp_path / "good.txt")
    with pytest.raises(LoadError, match="broken"):
        probe(tmp_path / "bad.pdf")


def test_a_probe_ends_what_takes_too_much(tmp_path: Path) -> None:
    write_files(tmp_path, {"long.txt": "It is red. " * 2_000_000})
    with pytest.raises(LoadError, match="too much time or memory"):
        probe(tmp_path / "long.txt", seconds=1)
    with pytest.raises(LoadError, match="too much time or memory"):
        probe(tmp_path / "long.txt", memory=2**27)
