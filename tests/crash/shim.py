"""Compiling the shim, and arming it in the process that it was loaded into."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Outcome(IntEnum):
    """What happens at the n-th call, see shim.c."""

    COUNT = 0
    KILL = 1
    FULL = 2
    BROKEN = 3
    TORN = 4


def run_with_shim(folder: Path, module: str, arguments: list[str]) -> None:
    """Replace this process by the same program with the shim loaded, unless it is loaded."""
    if os.environ.get("PINCITE_SHIM"):
        return
    library = folder / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)], check=True)
    one_thread = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1")
    environment = {
        **os.environ, **one_thread, "LD_PRELOAD": str(library), "PINCITE_SHIM": str(folder),
    }  # fmt: skip
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], environment)


def arm(folder: Path, at: int, outcome: Outcome, log: int = -1) -> None:
    """From now on, count what this process does to the files in `folder`."""
    library = ctypes.CDLL(None)
    library.crash_arm.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int]
    library.crash_arm(os.fsencode(folder.resolve()), at, int(outcome), log)
