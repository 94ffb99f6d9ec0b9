"""What a kill cannot show: that everything was on the disk before it was made visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the shim's log. other: the new name of a rename, else empty."""

    operation: str
    path: str
    other: str = ""


def read_log(text: str) -> list[Call]:
    return [Call(*line.split("\t")) for line in text.splitlines()]


def order_faults(calls: Sequence[Call], index: Path) -> list[str]:
    """Where the calls of a build break the order: each file and folder of the new generation is
    synced after it was last touched and before the rename that names it, its parent after that,
    and likewise the pointer and the index's folder."""
    faults: list[str] = []
    generations, pointer = f"{index}/generations", f"{index}/CURRENT"
    published = [
        n for n, call in enumerate(calls)
        if call.operation == "rename" and call.other.startswith(f"{generations}/0")
    ]  # fmt: skip
    pointed = [
        n for n, call in enumerate(calls) if call.operation == "rename" and call.other == pointer
    ]
    if len(published) != 1 or len(pointed) != 1:
        return [f"{len(published)} generations and {len(pointed)} pointers were published, not one"]
    named, live = published[0], pointed[0]
    faults += _unsynced(calls[:named], calls[named].path)
    faults += _unsynced(calls[:live], calls[live].path)
    if not _synced(calls[named:live], generations):
        faults.append("the folder of the generations was not synced before the pointer moved")
    if not _synced(calls[live:], str(index)):
        faults.append("the folder of the index was not synced after the pointer moved")
    return faults


def _synced(calls: Sequence[Call], path: str) -> bool:
    return any(c.operation in ("fsync", "fdatasync") and c.path == path for c in calls)


def _unsynced(calls: Sequence[Call], top: str) -> list[str]:
    """Files and folders at or below `top` that were touched after their last sync."""
    dirty: dict[str, bool] = {}
    for call in calls:
        if call.operation == "rename":
            dirty[call.other] = dirty.pop(call.path, True)
            for path in (call.path, call.other):
                dirty[str(Path(path).parent)] = True
        elif call.operation == "unlink":
            dirty.pop(call.path, None)
            dirty[str(Path(call.path).parent)] = True
        elif call.operation in ("fsync", "fdatasync"):
            dirty[call.path] = False
        else:
            if call.path not in dirty:
                dirty[str(Path(call.path).parent)] = True
            dirty[call.path] = True
    return [
        f"{path} was not synced before its name was"
        for path, unsynced in sorted(dirty.items())
        if unsynced and (path == top or path.startswith(f"{top}/"))
    ]
