"""What jobs work on: where the index lies, what may be added to it, and what ended jobs leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from api.configuration import ServeSettings
from api.jobs.records import Job
from index.uploads import discard, uploads_folder
from qa.settings import Settings


@dataclass(frozen=True, slots=True)
class JobPlan:
    """index: its folder. settings: of the index, as JSON, for the worker. upload_bytes: most of a
    file that is added. allow_urls: whether sources may be added by address. worker: the command
    line that does a job, the usual one if None."""

    index: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    upload_bytes: int = ServeSettings().upload_bytes
    allow_urls: bool = False
    worker: tuple[str, ...] | None = None

    @property
    def folder(self) -> Path:
        """Where the records lie."""
        return self.index / "jobs"


def job_plan(settings: Settings, serve: ServeSettings) -> JobPlan:
    """The plan for an index that these settings name."""
    plain = msgspec.to_builtins(settings, enc_hook=str)
    return JobPlan(settings.index, plain, serve.upload_bytes, serve.allow_urls)


def sweep(plan: JobPlan, jobs: Iterable[Job]) -> None:
    """Delete the staged files that no job waits for: a service that was killed leaves some."""
    wanted = {job.task.get("staged") for job in jobs if not job.has_ended or job.interrupted}
    incoming = uploads_folder(plan.index) / ".incoming"
    for path in incoming.glob("*"):
        if str(path) not in wanted:
            path.unlink(missing_ok=True)


def clear_up(plan: JobPlan, job: Job, holds: Callable[[str], bool]) -> None:
    """Delete what a job that ended for good leaves of the file that it was to add.

    holds: whether the live generation has a source of this id: its file stays, whoever sent it.
    """
    if job.kind != "add" or "staged" not in job.task:
        # What a fetch staged goes with the next sweep.
        return
    Path(job.task["staged"]).unlink(missing_ok=True)
    if job.status != "done" and not (job.source is not None and holds(job.source)):
        discard(plan.index, job.task["name"])
