"""The process that does a job, with low priority: `python -m api.jobs.worker`.

It is told on standard input, in one line of JSON, what to do, and tells on standard output, a
JSON object a line, how far it is and in the end what came of it. When standard input ends, whoever
started it is gone, and it ends too; a build may be stopped at any moment.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO, TypeVar

import msgspec

from api.service import Engine, LocalEngine
from index.errors import BusyError, PinciteError
from index.types import BuildReport
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.uploads import Upload

T = TypeVar("T")

_NICENESS = 15
# How long another process's build is waited for, and how often it is asked.
PATIENCE_SECONDS = 15 * 60.0
_PAUSE_SECONDS = 0.5
# Progress is told at most so often.
_TELL_SECONDS = 0.1
_MOST_NOTES = 20


class Teller:
    """Progress as lines of JSON."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._done = 0
        self._told = 0.0

    def stage(self, name: str, total: int | None) -> None:
        self._done = 0
        self.tell({"stage": name, "done": 0, "total": total})

    def advance(self, count: int = 1) -> None:
        self._done += count
        if time.monotonic() - self._told >= _TELL_SECONDS:
            self.tell({"done": self._done})

    def tell(self, what: Mapping[str, Any]) -> None:
        self._told = time.monotonic()
        self._out.write(json.dumps(what) + "\n")
        self._out.flush()


def perform(order: Mapping[str, Any], engine: Engine, teller: Teller) -> dict[str, Any]:
    """Do what was ordered, and say what came of it: a result or an error, in one line."""
    try:
        settings = msgspec.convert(order["settings"], Settings, dec_hook=lambda kind, v: kind(v))
        work = _work(order["kind"], order["task"], engine, settings, teller)
        report = _patiently(work, teller)
    except PinciteError as error:
        return {"error": str(error)}
    except Exception as error:
        traceback.print_exc()
        name = type(error).__name__
        return {"error": f"unexpected {name}: the service's log tells more"}
    notes = [f"{skipped.path}: {skipped.reason}" for skipped in report.skipped]
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES:] = [f"and {len(notes) - _MOST_NOTES} more"]
    return {"generation": report.generation, "published": report.published, "notes": notes}


def _work(
    kind: str, task: Mapping[str, Any], engine: Engine, settings: Settings, teller: Teller
) -> Callable[[], BuildReport]:
    if kind == "rebuild":
        return lambda: engine.build([], settings, full=task["full"], progress=teller)
    if kind == "delete":
        return lambda: engine.drop(task["source"], settings, progress=teller)
    from qa.uploads import Upload

    if "url" in task:
        upload = _fetched(task, teller)
    else:
        upload = Upload(Path(task["staged"]), task["name"], task["said"])
    return lambda: engine.add(upload, settings, progress=teller)


def _fetched(task: Mapping[str, Any], teller: Teller) -> Upload:
    from api.fetching import Fetcher
    from index.uploads import kept_source
    from qa.uploads import Upload

    teller.stage("fetching the address", None)
    folder = Path(task["folder"])
    received = Fetcher(task["most"]).fetch(task["url"], folder)
    teller.tell({"source": kept_source(folder, received.name)})
    return Upload(received.staged, received.name, received.said)


def _patiently(work: Callable[[], T], teller: Teller, patience: float = PATIENCE_SECONDS) -> T:
    """What `work` returns, tried again while another process writes to the index."""
    until = time.monotonic() + patience
    while True:
        try:
            return work()
        except BusyError:
            if time.monotonic() > until:
                raise
            teller.stage("waiting for another build", None)
            time.sleep(_PAUSE_SECONDS)


def _end_with(stdin: IO[bytes]) -> None:
    stdin.read()
    os._exit(1)


def main(engine: Engine | None = None) -> None:
    """Do one job."""
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    # What libraries print must not get between the lines of what is told.
    out, sys.stdout = sys.stdout, sys.stderr
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with, args=[sys.stdin.buffer], daemon=True).start()
    teller = Teller(out)
    teller.tell(perform(order, engine or LocalEngine(), teller))
    # The thread that reads standard input must not keep the process from ending.
    out.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
