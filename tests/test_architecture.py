"""House rules that a reader of the code relies on: who imports whom, and what is imported where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"index": {"index"}, "qa": {"qa", "index"}, "api": {"api", "qa", "index"}}
ONLY_IN = {
    "faiss": {"index/vectors.py"},
    "tantivy": {"index/lexical.py"},
    "sqlite3": {"index/store.py"},
    "torch": {"index/compiling.py"},
    "transformers": {"index/compiling.py"},
    "sentence_transformers": {"index/compiling.py"},
    "langchain_text_splitters": {"index/splitting.py"},
    "datasketch": {"index/sketching.py"},
    "watchfiles": {"index/watching.py"},
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """Top-level packages that a module imports, and whether at its own top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], id(node) in top


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    ours = {"index", "qa", "api", "training", "benchmarks", "tests"}
    for path in modules(package):
        wrong = {name for name, _ in imported(path)} & ours - MAY_IMPORT[package]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_each_engine_has_its_room(library: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for package in MAY_IMPORT
        for path in modules(package)
        if library in {name for name, _ in imported(path)}
    }
    assert found == ONLY_IN[library]


def test_heavy_libraries_are_imported_late() -> None:
    heavy = {
        "torch", "transformers", "sentence_transformers", "langchain_text_splitters", "onnxruntime",
        "datasketch",
    }  # fmt: skip
    for package in MAY_IMPORT:
        for path in modules(package):
            early = {name for name, top in imported(path) if top}
            assert not early & heavy, f"{path.relative_to(ROOT)} imports {early & heavy} early"
