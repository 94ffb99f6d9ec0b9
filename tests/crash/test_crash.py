"""A sample of `make crashtest`, and the rules that it checks by."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.order import Call, order_faults

ROOT = Path(__file__).parents[2]
INDEX = Path("/index")
NEXT, PLACE = "/index/generations/.next-1", "/index/generations/00000003"
ASIDE, POINTER = "/index/.CURRENT.1", "/index/CURRENT"
RIGHT = [
    Call("mkdir", NEXT), Call("write", f"{NEXT}/truth"), Call("fsync", f"{NEXT}/truth"),
    Call("fsync", NEXT), Call("rename", NEXT, PLACE), Call("fsync", "/index/generations"),
    Call("write", ASIDE), Call("fsync", ASIDE), Call("rename", ASIDE, POINTER),
    Call("fsync", "/index"),
]  # fmt: skip


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)
def test_a_build_that_is_stopped_leaves_the_old_or_the_new() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.crash.matrix", "--sample", "5", "--random", "5"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "order of syncs and renames: 0 faults" in ran.stdout


def test_the_right_order_has_no_fault() -> None:
    assert order_faults(RIGHT, INDEX) == []


@pytest.mark.parametrize("missing", [2, 3, 5, 7, 9])
def test_every_missing_sync_is_found(missing: int) -> None:
    assert order_faults(RIGHT[:missing] + RIGHT[missing + 1 :], INDEX)


def test_a_sync_before_the_last_write_does_not_count() -> None:
    calls = [*RIGHT[:3], Call("write", f"{NEXT}/truth"), *RIGHT[3:]]
    assert order_faults(calls, INDEX) == [f"{NEXT}/truth was not synced before its name was"]
    renamed = [
        *RIGHT[:3], Call("write", f"{NEXT}/.aside"),
        Call("rename", f"{NEXT}/.aside", f"{NEXT}/meta"), *RIGHT[3:],
    ]  # fmt: skip
    assert order_faults(renamed, INDEX) == [f"{NEXT}/meta was not synced before its name was"]
