"""One writer at a time, and who it is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from index.errors import BusyError

# How long a writer that has just begun is given to say who it is.
_PATIENCE_SECONDS = 1.0


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the index in `folder` for writing; the folder is made if it is not there.

    Raises BusyError, which names the other process and since when, if one holds it. The operating
    system lets go of the lock when its process ends, however it ends, so one that a dead process
    left is no obstacle. Readers need no lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                f"another build of {folder} is running ({_holder(file)})",
                "wait for it to end, or stop it",
            ) from error
        # The lock holds whether or not there is room on the disk to say whose it is.
        with contextlib.suppress(OSError):
            told = f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), told.encode())
        yield


def _holder(file: IO[str]) -> str:
    """What the holder wrote; what a dead one wrote before it is waited out."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        file.seek(0)
        told = file.read().strip()
        found = re.match(r"process (\d+) since ", told)
        if (found and _lives(int(found[1]))) or time.monotonic() > until:
            return told or "it has not said which process it is"
        time.sleep(0.02)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
