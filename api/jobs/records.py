"""What is known of a job, and the files that remember it: one JSON document a job."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from index.durable import replace_with

Kind = Literal["rebuild", "add", "delete"]
Status = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = frozenset({"done", "failed", "cancelled"})
# So many that have ended are remembered.
KEPT = 200
_NAME = re.compile(r"job_[0-9a-f]{16}\.json")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    task: what the worker is told. done, total, stage: how far it is; total is None where nobody
    knows. generation: what it published, or found to be as it should. source: the id of the source
    that it adds or deletes. title: what a person calls that. error: one line. interrupted: whether
    it failed because the service ended, so that it can be started again. notes: what became of
    files that were skipped, a line each. created, started, ended: ISO 8601, UTC.
    """

    id: str
    kind: Kind
    created: str
    status: Status = "queued"
    task: Mapping[str, Any] = field(default_factory=dict)
    done: int = 0
    total: int | None = None
    stage: str | None = None
    error: str | None = None
    interrupted: bool = False
    generation: int | None = None
    source: str | None = None
    title: str | None = None
    notes: tuple[str, ...] = ()
    started: str | None = None
    ended: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


def job_json(job: Job) -> dict[str, Any]:
    """A job as the contract has it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "status": job.status,
        "progress": {"done": job.done, "total": job.total, "stage": job.stage},
        "error": job.error,
        "interrupted": job.interrupted,
        "generation": job.generation,
        "source": job.source,
        "title": job.title,
        "notes": list(job.notes),
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
    }


def now() -> str:
    """This moment, to the millisecond: jobs are listed by when they were asked for."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JobFiles:
    """The records of an index's jobs on disk."""

    def __init__(self, folder: Path) -> None:
        """folder: made when the first job is saved."""
        self._folder = folder

    def save(self, job: Job) -> None:
        """Remember a job as it is now, in one step. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        body = json.dumps(asdict(job), ensure_ascii=False, indent=1)
        replace_with(self._folder / f"{job.id}.json", body.encode())

    def load(self) -> list[Job]:
        """Every job that can be read, oldest first."""
        if not self._folder.is_dir():
            return []
        found = [
            job for path in self._folder.iterdir()
            if _NAME.fullmatch(path.name) and (job := _read(path)) is not None
        ]  # fmt: skip
        return sorted(found, key=lambda job: (job.created, job.id))

    def forget(self, job: Job) -> None:
        (self._folder / f"{job.id}.json").unlink(missing_ok=True)


def _read(path: Path) -> Job | None:
    """A record; None for one that a person or another version wrote otherwise."""
    try:
        values = json.loads(path.read_bytes())
        known = {field.name for field in fields(Job)}
        job = Job(**{name: value for name, value in values.items() if name in known})
        job = replace(job, notes=tuple(job.notes))
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    if f"{job.id}.json" != path.name or job.status not in {"queued", "running", *ENDED}:
        return None
    return job
