"""Kill and fail a build at every step, and at random: `make crashtest`, or

    python -m tests.crash.matrix [--sample N] [--random N] [--seed N]

Prints how many builds were stopped and in which way, and each fault; exits 1 if there is one. Needs
a C compiler and Linux, see shim.c.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.crash.order import Call, order_faults, read_log
from tests.crash.scene import (
    FAILED,
    Scene,
    check,
    checked,
    follow,
    in_child,
    set_scene,
)
from tests.crash.shim import Outcome, arm, run_with_shim

_SYNCS = ("fsync", "fdatasync")
_LABELS = {
    Outcome.KILL: "killed before the call", Outcome.TORN: "killed within a write",
    Outcome.FULL: "no space from the call on (ENOSPC)", Outcome.BROKEN: "the call fails (EIO)",
}  # fmt: skip


def record(scene: Scene) -> list[Call]:
    """The calls of a build that nothing stops."""
    index, log = scene.index(), scene.folder / "log"
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def work() -> None:
        arm(index, 0, Outcome.COUNT, handle)
        follow(index)

    status = in_child(work)
    os.close(handle)
    assert status == 0, f"a build that nothing stops ends with {status}"
    return read_log(log.read_text(encoding="utf-8"))


def stopped(scene: Scene, at: int, outcome: Outcome) -> tuple[int, Path]:
    """A build to which this happens at its n-th call: how it ended, and its index."""
    index = scene.index()

    def work() -> None:
        arm(index, at, outcome)
        follow(index)

    return in_child(work), index


def faults_at(scene: Scene, at: int, outcome: Outcome, call: Call) -> Iterator[str]:
    status, index = stopped(scene, at, outcome)
    where = f"{_LABELS[outcome]}, {at}: {call.operation} {Path(call.path).name}"
    died = outcome in (Outcome.KILL, Outcome.TORN)
    if died and status != -signal.SIGKILL:
        # Threads do not take the same number of steps each time; the last may not be reached.
        if status != 0:
            yield f"{where}: ended with {status}"
    elif not died and status not in (0, FAILED):
        yield f"{where}: ended with {status}"
    # SQLite itself lets a failed sync of the folder of its journal pass. The cache is no truth.
    elif (
        outcome is Outcome.BROKEN
        and status == 0
        and (call.operation in _SYNCS and "/cache" not in call.path)
    ):
        yield f"{where}: a failed sync passed for success"
    if in_child(lambda: checked(scene, index)) != 0:
        yield f"{where}: the index is not as it was or will be (see above)"


def spread(count: int, sample: int | None) -> Sequence[int]:
    """1 to count, or a sample of it, ends included."""
    if sample is None or sample >= count:
        return range(1, count + 1)
    return sorted({1 + round(i * (count - 1) / max(1, sample - 1)) for i in range(sample)})


def at_random(scene: Scene, count: int, seed: int) -> Iterator[str]:
    """Builds killed at a random time of their course."""
    chance = random.Random(seed)
    begun = time.perf_counter()
    index = scene.index()
    in_child(lambda: follow(index))
    whole = time.perf_counter() - begun
    for number in range(count):
        index = scene.index()
        child = os.fork()
        if child == 0:
            try:
                follow(index)
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0, whole))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if in_child(lambda found=index: checked(scene, found)) != 0:  # type: ignore[misc]
            yield f"killed at random, {number} of seed {seed}: see above"


def run(folder: Path, sample: int | None, kills: int, seed: int) -> list[str]:
    """All of it; the faults."""
    scene = set_scene(folder)
    check(scene, scene.index())
    calls = record(scene)
    counts = Counter(call.operation for call in calls)
    print(f"{len(calls)} calls: " + ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))
    faults = order_faults(calls, (scene.folder / "index").resolve())
    print(f"order of syncs and renames: {len(faults)} faults")
    for outcome, label in _LABELS.items():
        steps = spread(len(calls), sample)
        found = [f for at in steps for f in faults_at(scene, at, outcome, calls[at - 1])]
        print(f"{label}: {len(steps)} builds, {len(found)} faults", flush=True)
        faults += found
    found = list(at_random(scene, kills, seed))
    print(f"killed at a random time: {kills} builds, {len(found)} faults", flush=True)
    return faults + found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="stop at so many of the calls, not at all")
    parser.add_argument("--random", type=int, default=1000, help="builds killed at random times")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if os.environ.get("PINCITE_SHIM"):
        faults = run(
            Path(os.environ["PINCITE_SHIM"]).resolve(), options.sample, options.random, options.seed
        )
        for fault in faults:
            print(fault)
        return 1 if faults else 0
    with tempfile.TemporaryDirectory(prefix="pincite-crash-") as name:
        child = os.fork()
        if child == 0:
            run_with_shim(Path(name), "tests.crash.matrix", sys.argv[1:])
            os._exit(70)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
