"""A first answer in a fresh process: `python -m benchmarks.cold_answer [--runs 10]`.

Builds the corpus into a temporary index, then times `pincite ask` from start to exit, disk warm,
and reads its peak memory. Prints the median and the worst of both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

QUESTION = "who supplied Tajikistan's drones"


def cold(command: list[str]) -> tuple[float, float]:
    """Seconds to exit, and peak memory in MB."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    pincite = str(Path(sys.executable).with_name("pincite"))
    with tempfile.TemporaryDirectory() as name:
        index = ["--index", str(Path(name) / "index")]
        subprocess.run([pincite, "build", "corpus", *index], check=True, stdout=subprocess.DEVNULL)
        runs = [cold([pincite, "ask", QUESTION, *index]) for _ in range(options.runs + 1)][1:]
    seconds, memory = [r[0] for r in runs], [r[1] for r in runs]
    print(f"pincite ask, fresh process, {len(runs)} runs: median {median(seconds):.2f} s, worst "
          f"{max(seconds):.2f} s; peak memory {max(memory):.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
