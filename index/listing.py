"""Which files an index is built from: named files and folders → files by shown path."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import UsageError
from index.store import Store


@dataclass(frozen=True, slots=True)
class Listed:
    """files: by shown path, in the order of the roots. unlisted: folders that the system will not
    list, as shown: nobody knows what they hold now."""

    files: dict[str, Path]
    unlisted: tuple[str, ...]


def check_named(named: Sequence[Path]) -> None:
    """Raise UsageError for a path that does not exist or whose name cannot be stored."""
    for path in named:
        if not is_text(str(path)):
            raise UsageError(f"the name {str(path)!r} is not UTF-8", "rename it")
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}", "check the path")


def is_text(name: str) -> bool:
    """Whether a file's name is text; bytes that are not decode to lone surrogates."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def base_of(folder: Path) -> Path:
    """The folder that holds the index: shown paths are relative to it."""
    return Path(os.path.abspath(folder)).parent


def shown_path(folder: Path, path: Path) -> str:
    """A source's path as it is cited: relative to the folder that holds the index, if below it."""
    absolute = Path(os.path.abspath(path))
    base = base_of(folder)
    if absolute.is_relative_to(base):
        return absolute.relative_to(base).as_posix()
    return absolute.as_posix()


def source_id(path: str) -> str:
    """A source's id, see `index.types.Source`."""
    return f"src_{hashlib.sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def list_sources(folder: Path, roots: Sequence[str]) -> Listed:
    """All files of the roots (shown paths) of the index in `folder`.

    A file that two roots reach, by a symbolic link for one, counts once: it must not agree with
    itself.
    """
    base = base_of(folder)
    files: dict[str, Path] = {}
    unlisted: list[Path] = []
    seen = set()
    for root in roots:
        for path in list_files(base / root, folder, unlisted):
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                files[shown_path(folder, path)] = path
    return Listed(files, tuple(shown_path(folder, path) for path in unlisted))


def list_files(root: Path, index: Path, unlisted: list[Path]) -> Iterator[Path]:
    """The sources below a folder in a fixed order, or the file itself.

    Hidden files and folders, the index, and what no loader takes are passed over. Folders that
    the system will not list are added to `unlisted`.
    """
    from index.loaders import is_supported

    def failed(error: OSError) -> None:
        unlisted.append(Path(error.filename))

    if not root.is_dir():
        if root.exists():
            yield root
        return
    for parent, folders, names in os.walk(root, onerror=failed):
        folders[:] = sorted(
            f for f in folders
            if not f.startswith(".") and Path(parent, f).resolve() != index.resolve()
        )  # fmt: skip
        for name in sorted(names):
            path = Path(parent, name)
            if is_supported(path):
                yield path


def changed_files(folder: Path, store: Store) -> list[str]:
    """Paths whose files are new, gone, or differ in content from what the index holds, sorted.

    Side files are not looked at.
    """
    excluded = store.excluded()
    there = list_sources(folder, store.roots()).files
    held = {source.path: source.sha256 for source in store.sources()}
    changed = set(held) - set(there)
    for shown, path in there.items():
        if shown in excluded:
            continue
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            digest = None
        if held.get(shown) != digest:
            changed.add(shown)
    return sorted(changed)
