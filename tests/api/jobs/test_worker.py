from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from api.jobs.worker import Teller, perform
from index.errors import BuildError, BusyError
from index.progress import Progress
from index.types import BuildReport, Skipped
from qa.gate import Gate
from qa.settings import Settings
from tests.api.fakes import REPORT, FakeEngine

SETTINGS = msgspec.to_builtins(Settings(index=Path("/x/.pincite"), threads=2), enc_hook=str)


def told(kind: str, task: Mapping[str, object], engine: FakeEngine) -> list[dict[str, object]]:
    out = io.StringIO()
    teller = Teller(out)
    teller.tell(perform({"kind": kind, "task": task, "settings": SETTINGS}, engine, teller))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_rebuild_builds_what_the_index_remembers() -> None:
    engine = FakeEngine()
    lines = told("rebuild", {"full": True}, engine)
    assert engine.calls == [("build", [], Path("/x/.pincite"), True)]
    assert lines[0] == {"stage": "reading", "done": 0, "total": 2}
    assert lines[-1] == {"generation": 4, "published": True, "notes": []}


def test_a_file_is_added_and_a_source_deleted() -> None:
    engine = FakeEngine()
    task = {"staged": "/x/y.pdf", "name": "a.pdf", "said": {"title": "A lamp"}}
    told("add", task, engine)
    told("delete", {"source": "src_1"}, engine)
    folder = Path("/x/.pincite")
    assert engine.calls == [
        ("add", "a.pdf", {"title": "A lamp"}, folder), ("drop", "src_1", folder),
    ]  # fmt: skip


@dataclass
class Failing(FakeEngine):
    """Builds only after some failures."""

    failures: Sequence[Exception] = ()

    def build(
        self, paths: Sequence[Path], settings: Settings, *, full: bool, progress: Progress,
        gate: Gate | None = None,
    ) -> BuildReport:  # fmt: skip
        if len(self.calls) < len(self.failures):
            self.calls.append(("failed",))
            raise self.failures[len(self.calls) - 1]
        return super().build(paths, settings, full=full, progress=progress, gate=gate)


def test_another_build_is_waited_for() -> None:
    engine = Failing(failures=[BusyError("process 7 builds", "wait")])
    lines = told("rebuild", {"full": False}, engine)
    assert lines[0]["stage"] == "waiting for another build"
    assert lines[-1]["generation"] == 4


def test_a_failure_is_one_line() -> None:
    engine = Failing(failures=[BuildError("the disk is full", "make room")])
    assert told("rebuild", {"full": False}, engine) == [{"error": "the disk is full: make room"}]
    engine = Failing(failures=[KeyError("secret")])
    assert told("rebuild", {"full": False}, engine) == [
        {"error": "unexpected KeyError: the service's log tells more"}
    ]


def test_skipped_files_are_told_of() -> None:
    skipped = tuple(Skipped(f"{n}.pdf", "it is locked") for n in range(30))
    engine = FakeEngine(report=BuildReport(4, True, skipped=skipped))
    notes = told("rebuild", {"full": False}, engine)[-1]["notes"]
    assert isinstance(notes, list)
    assert notes[0] == "0.pdf: it is locked"
    assert notes[-1] == "and 10 more"
    assert REPORT.skipped == ()


def test_a_worker_is_nice_and_ends_with_whoever_started_it() -> None:
    program = (
        "import os, sys, time\n"
        "from api.jobs.worker import main\n"
        "from tests.api.fakes import FakeEngine\n"
        "class Slow(FakeEngine):\n"
        "    def build(self, *a, **k):\n"
        "        k['progress'].stage(str(os.nice(0)), None)\n"
        "        time.sleep(60)\n"
        "main(Slow())\n"
    )
    order = json.dumps({"kind": "rebuild", "task": {"full": False}, "settings": SETTINGS})
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(order + "\n")
        process.stdin.flush()
        assert int(json.loads(process.stdout.readline())["stage"]) >= 15
        process.stdin.close()
        assert process.wait(10) == 1
