from __future__ import annotations

from pathlib import Path

from index.comparing import SourceChange, compare
from index.folding import Aliases
from index.search import open_generation
from tests.index.helpers import build_index, write_files

FILES = {
    "a.txt": "The lamp is red. " * 3 + "\n\n" + "Marta keeps it lit at night, in the harbour. " * 3,
    "b.txt": "The mill closed in 2003. Its wheel was sold.\n",
    "c.txt": "The boat Freja sank off the point.\n",
}


def test_what_came_went_moved_and_changed(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", write_files(tmp_path / "sources", FILES)
    build_index(index, sources)
    (sources / "a.txt").write_text(FILES["a.txt"].replace("red", "blue"))
    (sources / "b.txt").rename(sources / "mill.txt")
    (sources / "c.txt").unlink()
    write_files(sources, {"d.txt": "A bridge was opened.\n"})
    build_index(index)
    before, after = (open_generation(index, Aliases.load(), n).store for n in (1, 2))
    changed, passages = compare(before, after)
    assert changed == [
        SourceChange("changed", "sources/a.txt"),
        SourceChange("went", "sources/c.txt"),
        SourceChange("came", "sources/d.txt"),
        SourceChange("moved", "sources/mill.txt", "sources/b.txt"),
    ]
    kinds = {(p.kind, p.path) for p in passages}
    assert ("came", "sources/d.txt") in kinds
    assert ("went", "sources/c.txt") in kinds
    assert ("changed", "sources/a.txt") in kinds
    assert not any(path == "sources/mill.txt" for _, path in kinds)
    for passage in passages:
        if passage.kind == "changed":
            assert "red" in (passage.before or "")
            assert "blue" in (passage.after or "")
    assert compare(after, after) == ([], [])
