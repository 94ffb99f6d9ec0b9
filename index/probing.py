"""Reading a file once in a process of its own, with limits, before anything relies on it.

A small file can ask for gigabytes or hours: a page of nested forms, a package that unpacks to a
thousand times its size. Whoever takes files from others lets them be read here first.

    python -m index.probing FILE SIDECAR
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from index.errors import LoadError

MOST_SECONDS = 120
MOST_BYTES = 3 * 2**30


def probe(
    path: Path, sidecar: Path | None = None, *, seconds: int = MOST_SECONDS,
    memory: int = MOST_BYTES,
) -> None:  # fmt: skip
    """Raise LoadError if a file cannot be read as a source, or not within these limits.

    seconds: of processor time, and twice that by the clock. memory: bytes of address space.
    """
    arguments = [str(path), str(sidecar or ""), str(seconds), str(memory)]
    try:
        ran = subprocess.run(
            # -P: a package of this name in the working directory is none of ours.
            [sys.executable, "-P", "-m", "index.probing", *arguments],
            capture_output=True, text=True, timeout=2 * seconds, check=False,
            stdin=subprocess.DEVNULL, env=with_packages(os.environ),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _too_much() from error
    if ran.returncode:
        raise _too_much()
    found = json.loads(ran.stdout)
    if found is not None:
        raise LoadError(*found)


def with_packages(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a child finds the packages of this process, wherever it runs."""
    here = str(Path(__file__).parents[1])
    paths = [here, *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}


def _too_much() -> LoadError:
    return LoadError("reading the file takes too much time or memory", "split it or simplify it")


def _limit(seconds: int, memory: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(path: Path, sidecar: bytes | None) -> list[str] | None:
    from index.cleaning import clean
    from index.loaders import load

    try:
        clean(load(path, path.read_bytes(), sidecar))
    except LoadError as error:
        return [error.message, error.remedy]
    return None


def main(arguments: Sequence[str]) -> None:
    """The child: prints null, or why the file cannot be read."""
    path, sidecar, seconds, memory = arguments
    _limit(int(seconds), int(memory))
    said = Path(sidecar).read_bytes() if sidecar else None
    print(json.dumps(_read(Path(path), said)))


if __name__ == "__main__":
    main(sys.argv[1:])
