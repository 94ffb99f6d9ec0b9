"""Writing so that it lasts: what was synced is on the disk, and a name changes in one step.

A file is synced before the rename that publishes it, and the folder after. A sync that fails
raises: the kernel may have dropped the pages and would report success the next time (Rebello et
al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020), so nothing here retries
one, and nobody must.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Flush a folder and all that is in it."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


def replace_with(path: Path, data: bytes) -> None:
    """Make `data` the content of a file, in one step: whoever reads it sees the old or the new."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync(path.parent)


def remove_tree(folder: Path) -> None:
    """Delete a folder: it loses its name in one step, then what it holds goes.

    What a kill leaves of it has a name that begins with a dot and ends in `.gone`.
    """
    aside = folder.with_name(f".{folder.name}.gone")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    sync(folder.parent)
    shutil.rmtree(aside)
    sync(folder.parent)
