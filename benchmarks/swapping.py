"""Generations that change under load: `python -m benchmarks.swapping [--swaps 200]`.

While clients ask, one generation after the other is published, and every fifth time an earlier
one made live again, by another process than the one that serves. Prints how many requests were
answered, from how many generations, and how many failed or mixed two.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import httpx

from benchmarks.serving import environment, served
from qa.assembly import build, rollback
from qa.settings import load_settings

QUESTION = "what is the sign of the lamp"


class Clients:
    """Ask without pause, and hold each answer against the generation that it says it is from."""

    def __init__(self, address: str, signs: dict[int, str]) -> None:
        self._address = address
        self._signs = signs
        self.stop = threading.Event()
        self.answered = 0
        self.seen: set[int] = set()
        self.faults: list[str] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        with httpx.Client(base_url=self._address, timeout=60) as client:
            while not self.stop.is_set():
                try:
                    response = client.post("/v1/ask", json={"question": QUESTION})
                except httpx.TransportError as error:
                    self._note(f"{type(error).__name__}: {error}")
                    continue
                self._check(response)

    def _check(self, response: httpx.Response) -> None:
        if response.status_code != 200:
            self._note(f"{response.status_code}: {response.text[:200]}")
            return
        answer = response.json()
        generation = answer["index"]["generation"]
        quotes = " ".join(passage["text"] for passage in answer["passages"])
        sign = self._signs.get(generation)
        # One that was published a moment ago may answer before we have written down its sign.
        if sign is not None and sign not in quotes:
            self._note(f"generation {generation} answers {quotes[:80]!r}, not {sign}")
        with self._lock:
            self.answered += 1
            self.seen.add(generation)

    def _note(self, fault: str) -> None:
        with self._lock:
            self.faults.append(fault)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swaps", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        index, sources = Path(name) / "index", Path(name) / "sources"
        sources.mkdir()
        settings = load_settings({"index": index}, environment={})
        signs: dict[int, str] = {}

        def publish(number: int) -> None:
            (sources / "lamp.txt").write_text(f"The sign of the lamp is L{number:04d} today.\n")
            signs[build([sources], settings).generation] = f"L{number:04d}"

        publish(0)
        with served(index) as (address, _):
            clients = Clients(address, signs)
            threads = [threading.Thread(target=clients.run) for _ in range(options.clients)]
            for thread in threads:
                thread.start()
            begun = time.monotonic()
            for number in range(1, options.swaps + 1):
                if number % 5:
                    publish(number)
                else:
                    rollback(None, settings)
            took = time.monotonic() - begun
            clients.stop.set()
            for thread in threads:
                thread.join()
    print(f"{environment()}; {options.swaps} generations published or rolled back in {took:.0f} s "
          f"under {options.clients} clients: {clients.answered} requests answered from "
          f"{len(clients.seen)} generations, {len(clients.faults)} failed")  # fmt: skip
    for fault in clients.faults[:10]:
        print(fault)


if __name__ == "__main__":
    main()
