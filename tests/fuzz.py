"""Schemathesis over the whole OpenAPI document, with all its checks: `python -m tests.fuzz`.

The service is the real one over a socket, its index real and small, its models fakes, and its
worker a program that ends at once. Prints how many cases each call had; exits with 1 if a check
failed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Any

import hypothesis
import schemathesis
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from api.app import create_app
from api.configuration import ServeSettings
from api.jobs.files import JobPlan
from api.server import make_server
from index.build import build
from index.generations import Generations
from qa.assembly import Pincite
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_settings, write_files
from tests.qa.helpers import open_pincite

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SOURCES = {
    "lamp.txt": "The colour of the lamp is red today.\n",
    "mill.html": "<html><title>The mill</title><p>The mill was sold to Lind in 1906.</p></html>",
}
# Some requests are wrong in ways that a schema cannot say: a span that ends before it starts.
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": [
    "2xx", "401", "403", "404", "409", "413", "415", "422", "429", "503",
]}}}  # fmt: skip


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a service over an index in an empty folder."""
    index = folder / "index"
    build(index, [write_files(folder / "sources", SOURCES)], FakeEmbedder(), build_settings())

    def open_live() -> Pincite:
        return open_pincite(index, {"red": 5.0, "Lind": 4.0})

    worker = ("echo", '{"generation": 1, "notes": []}')
    app = create_app(
        open_live, mark=Generations(index).pointer_mark, settings=ServeSettings(),
        jobs=JobPlan(index, worker=worker),
    )  # fmt: skip
    listener = create_server(("127.0.0.1", 0))
    server = make_server(app, form="json", patience=5)
    # Thousands of requests: what is said of each is of no use here.
    logging.disable(logging.ERROR)
    thread = threading.Thread(target=server.run, args=[[listener]])
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        logging.disable(logging.NOTSET)


def fuzz(address: str, cases: int, seed: int = 0) -> tuple[Counter[str], list[str]]:
    """Ask each call about as often, half with what its schema allows and half with what it does
    not; how often each was asked, and what failed."""
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json", config=config)
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    each = max(1, cases // len(operations) // len(MODES))
    asked: Counter[str] = Counter()
    failures: list[str] = []
    for operation in operations:
        # A call that takes nothing, or any text in its path, cannot be asked wrongly.
        for mode in MODES if operation.query or operation.body else MODES[:1]:
            try:
                _ask(operation, mode, each, seed, asked)
            except Exception as error:
                failures.append(f"{operation.label} ({mode.value}): {error}")
    return asked, failures


def _ask(operation: Any, mode: GenerationMode, count: int, seed: int, asked: Counter[str]) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count, deadline=None, database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        asked[operation.label] += 1
        case.call_and_validate(timeout=30)

    check()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun = time.monotonic()
    total = 0
    failures: list[str] = []
    round_ = 0
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        counts: Counter[str] = Counter()
        # Calls that take little run out of different cases before the others do.
        while total < options.cases and not failures:
            asked, failures = fuzz(address, options.cases - total, options.seed + round_)
            counts += asked
            total, round_ = counts.total(), round_ + 1
    for label, count in sorted(counts.items()):
        print(f"{count:7d}  {label}")
    for failure in failures:
        print(failure)
    print(f"{total} cases, {len(failures)} failures, {time.monotonic() - begun:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
