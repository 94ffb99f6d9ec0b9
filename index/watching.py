"""Following files and folders: says when something changed and a second has been quiet since.

The only module that imports watchfiles.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from index.listing import base_of

# So long nothing may change before it is told.
QUIET_SECONDS = 1.0
# Changes that never cease are told after so long all the same.
_LONGEST_MS = 10_000


class Ticks(Protocol):
    """Watches folders, and all below them."""

    def __call__(
        self, folders: Sequence[Path], index: Path, quiet: float, stop: threading.Event, /
    ) -> Iterator[int]:
        """After each quiet spell of so many seconds: how many things changed in them before it,
        hidden ones and the index not counted."""


def changes(
    index: Path, roots: Sequence[str], *, quiet: float = QUIET_SECONDS,
    stop: threading.Event | None = None, ticks: Ticks | None = None,
) -> Iterator[int]:  # fmt: skip
    """After each quiet spell that follows a change: how many things changed.

    index: its folder, never looked at. roots: files and folders, as shown. The first value comes
    when the watch stands, changed or not, so that whoever builds then has missed nothing. Ends
    when `stop` is set. Nothing is opened: what a change amounts to, the build finds out.
    """
    stop = stop or threading.Event()
    base = base_of(index)
    paths = [base / root for root in roots]
    folders = [path for path in paths if path.is_dir()]
    # An editor puts a new file in place of the old one, which a watch on the file would not see,
    # and a watch on its folder may be one on all of somebody's home: single files are looked at.
    files = [path for path in paths if not path.is_dir()]
    marks = _marks(files)
    pending, standing = 0, False
    for count in (ticks or _ticks)(folders, index, quiet, stop):
        now = _marks(files)
        touched = sum(one != other for one, other in zip(marks, now, strict=True))
        marks = now
        pending += count + touched
        if not standing or (pending and not touched):
            yield pending
            pending, standing = 0, True


def _marks(files: Sequence[Path]) -> list[tuple[int, int, int] | None]:
    """What tells a file, or its side file, from what it was; None where it is not there."""
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        for path in (file, file.with_name(f"{file.name}.toml")):
            try:
                state = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((state.st_ino, state.st_size, state.st_mtime_ns))
    return found


def _ticks(
    folders: Sequence[Path], index: Path, quiet: float, stop: threading.Event
) -> Iterator[int]:
    if not folders:
        while not stop.wait(quiet):
            yield 0
        return
    from watchfiles import watch

    own = index.resolve()

    def counts(path: Path) -> bool:
        if path.resolve().is_relative_to(own):
            return False
        below = [path.relative_to(f) for f in folders if path.is_relative_to(f)]
        return any(not any(p.startswith(".") for p in inner.parts) for inner in below)

    milliseconds = round(1000 * quiet)
    # Nothing is left to watchfiles to filter: it keeps a batch to itself of which nothing is left,
    # and whoever looks at single files waits for the next tick.
    for batch in watch(
        *folders, watch_filter=None, debounce=_LONGEST_MS, step=milliseconds,
        rust_timeout=milliseconds, yield_on_timeout=True, stop_event=stop,
        ignore_permission_denied=True,
    ):  # fmt: skip
        yield sum(counts(Path(name)) for _, name in batch)
