"""The service under load: `python -m benchmarks.load [--seconds 20] [--memory 20000]`.

Serves the corpus on loopback and prints: the median of a question asked in process and over HTTP,
in turns, and their ratio; median and 95th percentile at 1, 4, 16 and 64 clients; at twice the
capacity, how much of the peak rate is still answered and how fast the rest is refused; and with
--memory, resident memory after a tenth of so many questions and after all of them. With
--clients and no number only that is measured.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import httpx

from api.configuration import ServeSettings
from benchmarks.serving import ask_all, environment, memory_mb, offer, questions, served
from qa.assembly import Pincite, build
from qa.settings import load_settings

ROOT = Path(__file__).parents[1]
NOTES = """# The ferry

The ferry from Kuryk to Alat began to sail in 2018. It carries 120 lorries and takes a day.
"""


def beside(index: Path, address: str, asked: Sequence[str]) -> tuple[float, float]:
    """Median milliseconds in process and over HTTP, of the same questions asked in turns."""
    inside, outside = [], []
    settings = load_settings({"index": index}, environment={})
    with Pincite.open(settings=settings) as pincite, httpx.Client(base_url=address) as client:
        for warm, question in enumerate([*asked[:3], *asked]):
            begun = time.perf_counter()
            pincite.ask(question)
            between = time.perf_counter()
            client.post("/v1/ask", json={"question": question}).raise_for_status()
            if warm >= 3:
                inside.append(between - begun)
                outside.append(time.perf_counter() - between)
    return 1000 * median(inside), 1000 * median(outside)


def remember(asked: Sequence[str], count: int) -> tuple[float, float]:
    """Resident memory in MB of a service after a tenth of so many questions, and after all of them.

    It serves one short source, so that a question takes little time: what is kept of a request
    does not depend on how much was read for it.
    """
    early = 0.0
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "notes.md"
        source.write_text(NOTES, encoding="utf-8")
        index = Path(name) / "index"
        build([source], load_settings({"index": index}, environment={}))
        with served(index) as (address, process), httpx.Client(base_url=address) as client:
            for number in range(count):
                question = asked[number % len(asked)]
                client.post("/v1/ask", json={"question": question}).raise_for_status()
                if number == count // 10:
                    early = memory_mb(process)
            return early, memory_mb(process)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 4, 16, 64])
    parser.add_argument("--memory", type=int, default=0)
    options = parser.parse_args()
    asked = questions(ROOT / "corpus" / "questions.jsonl")
    print(environment())
    if options.clients:
        load(asked, options.clients, options.seconds, options.questions)
    if options.memory:
        early, late = remember(asked, options.memory)
        print(f"memory: {early:.0f} MB after {options.memory // 10} questions, {late:.0f} MB after "
              f"{options.memory}: {100 * (late / early - 1):+.1f} %")  # fmt: skip


def load(asked: Sequence[str], clients: Sequence[int], seconds: float, count: int) -> None:
    """Print what one, several and too many clients of a service over the corpus see."""
    with tempfile.TemporaryDirectory() as name:
        index = Path(name) / "index"
        build([ROOT / "corpus"], load_settings({"index": index}, environment={}))
        with served(index) as (address, _):
            inside, outside = beside(index, address, asked[:count])
            print(f"one client: {inside:.0f} ms in process, {outside:.0f} ms over HTTP, "
                  f"{outside / inside:.2f} times as long")  # fmt: skip
            peak = 0.0
            for number in clients:
                tally = ask_all(address, asked, number, seconds)
                peak = max(peak, tally.rate)
                print(f"{number:3d} clients: {tally.rate:6.1f} a second, median "
                      f"{tally.percentile(0.5):.0f} ms, p95 {tally.percentile(0.95):.0f} ms, "
                      f"{len(tally.refused)} refused, {len(tally.failed)} failed")  # fmt: skip
            _overload(address, asked, seconds, peak)


def _overload(address: str, asked: Sequence[str], seconds: float, peak: float) -> None:
    """Twice as many questions a second as the service can answer; the time in which its queue
    fills is not counted."""
    tally = offer(address, asked, 2 * peak, seconds, after=1.5 * ServeSettings().queue / peak)
    print(f"{2 * peak:.1f} questions a second: {tally.rate:.1f} a second answered, "
          f"{100 * tally.rate / peak:.0f} % of the peak; {len(tally.refused)} refused, "
          f"{len(tally.failed)} failed", end="")  # fmt: skip
    if tally.refused:
        print(f"; refused in {tally.percentile(0.5, of_refused=True):.0f} ms, 95 % of them in "
              f"{tally.percentile(0.95, of_refused=True):.0f} ms", end="")  # fmt: skip
    print()


if __name__ == "__main__":
    main()
