"""A service in a process of its own, and clients that ask it: what the load benchmarks share."""

from __future__ import annotations

import itertools
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx


@contextmanager
def served(index: Path, *flags: str) -> Iterator[tuple[str, int]]:
    """The address of a service over an index, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--index", str(index),
        *flags,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _await(address, process)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("the service did not start")


def questions(path: Path) -> list[str]:
    """The questions of a file of JSON lines, mixed, but always in the same order: those without an
    answer take longer, and files have them at their end."""
    lines = path.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines if line.strip()]
    random.Random(1).shuffle(asked)
    return asked


def memory_mb(process: int) -> float:
    """Resident memory of a process in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not tell")


@dataclass
class Tally:
    """What clients saw. seconds: of answers with 200; refused: of those with 503; failed: what
    else came."""

    seconds: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.elapsed

    def percentile(self, share: float, *, of_refused: bool = False) -> float:
        """In milliseconds."""
        values = sorted(self.refused if of_refused else self.seconds)
        return 1000 * values[min(len(values) - 1, int(share * len(values)))]


def ask_all(address: str, asked: Sequence[str], clients: int, seconds: float) -> Tally:
    """So many clients ask one question after the other for so long, each the next that none has
    asked yet: however many they are, they ask the same."""
    tally, lock, left = Tally(), threading.Lock(), itertools.cycle(asked)
    until = time.monotonic() + seconds

    def work() -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            while time.monotonic() < until:
                with lock:
                    question = next(left)
                begun = time.perf_counter()
                try:
                    response = client.post("/v1/ask", json={"question": question})
                    status = str(response.status_code)
                except httpx.TransportError as error:
                    status = type(error).__name__
                took = time.perf_counter() - begun
                with lock:
                    if status == "200":
                        tally.seconds.append(took)
                    elif status == "503":
                        tally.refused.append(took)
                    else:
                        tally.failed.append(status)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.elapsed = time.monotonic() - begun
    return tally


def offer(
    address: str, asked: Sequence[str], rate: float, seconds: float, *, after: float
) -> Tally:
    """Questions that arrive at so many a second, whether those before are answered or not: as
    from people who know nothing of one another. Only what ends in the `seconds` that begin
    `after` so many is counted."""
    tally, lock = Tally(elapsed=seconds), threading.Lock()
    begun = time.monotonic()

    def ask(client: httpx.Client, question: str) -> None:
        asked_at = time.monotonic()
        try:
            status = str(client.post("/v1/ask", json={"question": question}).status_code)
        except httpx.TransportError as error:
            status = type(error).__name__
        ended = time.monotonic()
        with lock:
            if status not in ("200", "503"):
                tally.failed.append(status)
            elif after <= ended - begun <= after + seconds:
                (tally.seconds if status == "200" else tally.refused).append(ended - asked_at)

    most = 256
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    with (
        httpx.Client(base_url=address, timeout=60, limits=limits) as client,
        ThreadPoolExecutor(most) as threads,
    ):
        for number in range(int(rate * (after + seconds))):
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            threads.submit(ask, client, asked[number % len(asked)])
    return tally


def environment() -> str:
    """Where this runs, in a few words."""
    return f"{len(os.sched_getaffinity(0))} cores"
