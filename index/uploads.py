"""Files that were given to the index itself: kept in a folder of its own, which builds follow.

INDEX/uploads/3f9c0a1b5d7e2468.pdf        named by its content, never by whoever sent it
INDEX/uploads/3f9c0a1b5d7e2468.pdf.toml   what it was called, and what else was said of it
INDEX/uploads/.incoming/                  what is still arriving; no build looks there
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from index.durable import replace_with, sync
from index.listing import base_of, shown_path, source_id
from index.loaders import SUFFIXES
from index.loaders.metadata import one_line

_NAME = re.compile(r"[0-9a-f]{32}\.[a-z]+")


def uploads_folder(folder: Path) -> Path:
    """Where the index in `folder` keeps what was given to it."""
    return folder / "uploads"


def incoming_folder(folder: Path) -> Path:
    """Where files lie while they arrive; made if it is not there."""
    incoming = uploads_folder(folder) / ".incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    return incoming


def kept_name(sha256: str, suffix: str) -> str:
    """What a file of this content is called on the disk. suffix: one that a loader takes."""
    assert suffix in SUFFIXES, f"{suffix} is no suffix of a source"
    return f"{sha256[:32]}{suffix}"


def kept_source(folder: Path, name: str) -> str:
    """The id of the source that a kept file is."""
    return source_id(shown_path(folder, uploads_folder(folder) / name))


def adopt(folder: Path, staged: Path, name: str, said: Mapping[str, str]) -> Path:
    """Keep a staged file under its name, with what was said of it beside; the staged one stays.

    said: keys of a side file, among them `name`. Doing it again changes nothing. Raises OSError.
    """
    target = uploads_folder(folder) / name
    lines = [f"{key} = {_toml(value)}\n" for key, value in said.items() if one_line(value)]
    replace_with(target.with_name(f"{name}.toml"), "".join(lines).encode())
    if not target.exists():
        aside = staged.with_name(f"{staged.name}.copy")
        shutil.copyfile(staged, aside)
        sync(aside)
        aside.replace(target)
        sync(target.parent)
    return target


def _toml(value: str) -> str:
    # Of what JSON may hold unescaped, a TOML string may not hold control characters.
    return json.dumps(one_line(value), ensure_ascii=False)


def is_kept(folder: Path, shown: str) -> bool:
    """Whether a source, by its shown path, is a file that the index itself keeps."""
    path = base_of(folder) / shown
    kept = Path(os.path.abspath(uploads_folder(folder)))
    return path.parent == kept and _NAME.fullmatch(path.name) is not None


def discard(folder: Path, name: str) -> None:
    """Delete a kept file and what was said of it; nothing if they are not there.

    name: as `kept_name` makes it; anything else is left alone.
    """
    if _NAME.fullmatch(name) is None:
        return
    target = uploads_folder(folder) / name
    target.unlink(missing_ok=True)
    target.with_name(f"{name}.toml").unlink(missing_ok=True)
