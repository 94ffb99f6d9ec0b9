"""Jobs: one runs, the others wait, all are remembered.

A job is done by a process of its own (`api.jobs.worker`). Its record is written when it is asked
for, begins and ends, so that a service that starts again knows what was asked of the one before:
what waited then goes on, and what ran says that it was interrupted and can be started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from api.jobs.records import KEPT, Job, JobFiles, Kind, now
from index.probing import with_packages

_LOG = logging.getLogger("pincite")
# -P: a package of this name in the working directory is none of ours.
WORKER = (sys.executable, "-P", "-m", "api.jobs.worker")
MOST_QUEUED = 100
# How long a worker that was told to end is given.
_GRACE_SECONDS = 5.0
_LONGEST_LINE = 2**20
_INTERRUPTED = "interrupted, because the service ended: start it again"


class JobMissingError(Exception):
    """There is no such job."""


class JobStateError(Exception):
    """What was asked of a job cannot be done in the state that it is in."""


class JobsFullError(Exception):
    """Too many jobs wait already, or another service does the jobs of this index."""


class Jobs:
    """The jobs of one index. Belongs to one event loop; `start` and `stop` frame its life."""

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], *,
        after: Callable[[], Awaitable[None]], ended: Callable[[Job], None],
        worker: Sequence[str] = WORKER,
    ) -> None:  # fmt: skip
        """folder: of their records. settings: of the index, as JSON. after: awaited when a job
        has published, before it counts as done. ended: told of each job that ended for good.
        worker: the command line of the process that does a job."""
        self._folder = folder
        self._files = JobFiles(folder)
        self._settings = settings
        self._after = after
        self._ended = ended
        self._worker = worker
        self._jobs: dict[str, Job] = {}
        self._changed = asyncio.Condition()
        self._wanted = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._cancelled: set[str] = set()
        self._stopping = False
        self._lock: IO[str] | None = None
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Remember what was asked before, and go on with it.

        Where another service does the jobs of this index, this one only shows them.
        """
        self._lock = _claim(self._folder)
        for job in self._files.load():
            self._jobs[job.id] = job
            if job.status == "running" and self._lock is not None:
                self._save(
                    replace(job, status="failed", error=_INTERRUPTED, interrupted=True, ended=now())
                )
        if self._lock is not None:
            self._runner = asyncio.create_task(self._run_all())

    async def stop(self) -> None:
        """End the job that runs, which is then interrupted; what waits is done another time."""
        self._stopping = True
        async with self._changed:
            self._changed.notify_all()
        await self._end_process()
        if self._runner is not None:
            self._runner.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._runner
        if self._lock is not None:
            self._lock.close()

    def hang_up(self) -> None:
        """End the streams of changes, for the service is stopping."""
        self._stopping = True
        self._telling = asyncio.create_task(self._tell())

    @property
    def is_ours(self) -> bool:
        """Whether it is this service that does the jobs of the index."""
        return self._lock is not None

    def all(self) -> list[Job]:
        """Every job, the newest first."""
        return sorted(self._jobs.values(), key=lambda job: (job.created, job.id), reverse=True)

    def get(self, job_id: str) -> Job:
        """Raises JobMissingError."""
        try:
            return self._jobs[job_id]
        except KeyError:
            raise JobMissingError(job_id) from None

    def submit(
        self, kind: Kind, task: Mapping[str, Any], *, source: str | None = None,
        title: str | None = None,
    ) -> Job:  # fmt: skip
        """Ask for a job. Raises JobsFullError, and OSError if it cannot be remembered."""
        self._require_room()
        job = Job(f"job_{secrets.token_hex(8)}", kind, now(), task=task, source=source, title=title)
        self._save(job)
        self._forget_old()
        self._wanted.set()
        return job

    def restart(self, job_id: str) -> Job:
        """Ask again for a job that was interrupted. Raises JobMissingError, JobStateError if it
        was not, and as `submit` does."""
        job = self.get(job_id)
        if not job.interrupted:
            raise JobStateError(f"the job is {job.status}: only an interrupted one starts again")
        self._require_room()
        again = replace(
            job, status="queued", error=None, interrupted=False, ended=None, started=None,
            done=0, total=None, stage=None,
        )  # fmt: skip
        self._save(again)
        self._wanted.set()
        return again

    async def cancel(self, job_id: str) -> Job:
        """Take back a job that waits, or end one that runs. Raises JobMissingError, and
        JobStateError if it has ended."""
        job = self.get(job_id)
        if job.has_ended:
            raise JobStateError(f"the job is {job.status} already")
        self._cancelled.add(job_id)
        if job.status == "queued":
            await self._end(job, status="cancelled")
        else:
            await self._end_process()
            async with self._changed:
                await self._changed.wait_for(lambda: self.get(job_id).has_ended)
        return self.get(job_id)

    async def changes(self, job_id: str, *, pause: float = 0.1) -> AsyncIterator[Job]:
        """A job as it is now, and again after each change, until it has ended or the service is
        stopping. pause: seconds between two at least. Raises JobMissingError."""
        shown = None
        while True:
            job = self.get(job_id)
            if job != shown:
                yield job
                shown = job
            if job.has_ended or self._stopping:
                return
            await asyncio.sleep(pause)
            async with self._changed:
                await self._changed.wait_for(
                    lambda: self._stopping or self._jobs.get(job_id) != shown  # noqa: B023
                )

    def _require_room(self) -> None:
        if self._lock is None:
            raise JobsFullError("another service does the jobs of this index")
        if sum(job.status == "queued" for job in self._jobs.values()) >= MOST_QUEUED:
            raise JobsFullError("too many jobs wait already")

    def _save(self, job: Job) -> None:
        self._files.save(job)
        self._jobs[job.id] = job

    def _forget_old(self) -> None:
        ended = [job for job in reversed(self.all()) if job.has_ended]
        for job in ended[: max(0, len(ended) - KEPT)]:
            self._files.forget(job)
            del self._jobs[job.id]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _end(self, job: Job, **changes: Any) -> None:
        ended = replace(job, ended=now(), **changes)
        self._save(ended)
        self._cancelled.discard(job.id)
        if not ended.interrupted:
            self._ended(ended)
        await self._tell()

    def _next(self) -> Job | None:
        waiting = [job for job in reversed(self.all()) if job.status == "queued"]
        return waiting[0] if waiting else None

    async def _run_all(self) -> None:
        while not self._stopping:
            job = self._next()
            if job is None:
                self._wanted.clear()
                await self._wanted.wait()
                continue
            try:
                await self._run(job)
            except OSError as error:
                _LOG.exception("job %s failed", job.id)
                with contextlib.suppress(OSError):
                    await self._end(self.get(job.id), status="failed", error=f"it failed: {error}")

    async def _run(self, job: Job) -> None:
        job = replace(job, status="running", started=now())
        self._save(job)
        await self._tell()
        result = await self._work(job)
        job = self.get(job.id)
        if "generation" in result:
            try:
                await self._after()
            except Exception:
                _LOG.exception("what job %s published cannot be opened", job.id)
            await self._end(
                job, status="done", generation=result["generation"],
                notes=tuple(result["notes"]), done=job.total or job.done,
            )  # fmt: skip
        elif job.id in self._cancelled:
            await self._end(job, status="cancelled")
        elif self._stopping:
            await self._end(job, status="failed", error=_INTERRUPTED, interrupted=True)
        else:
            await self._end(job, status="failed", error=result.get("error") or "its process died")

    async def _work(self, job: Job) -> Mapping[str, Any]:
        """Run the process; what it told in the end, empty if it told nothing."""
        # A session of its own: Ctrl-C at the service's terminal is for the service.
        process = await asyncio.create_subprocess_exec(
            *self._worker, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            start_new_session=True, limit=_LONGEST_LINE, env=with_packages(os.environ),
        )  # fmt: skip
        self._process = process
        if job.id in self._cancelled or self._stopping:
            _signal(process, signal.SIGTERM)
        assert process.stdin is not None
        assert process.stdout is not None
        result: Mapping[str, Any] = {}
        try:
            order = {"kind": job.kind, "task": dict(job.task), "settings": self._settings}
            process.stdin.write(json.dumps(order).encode() + b"\n")
            async for line in process.stdout:
                told = json.loads(line)
                if "generation" in told or "error" in told:
                    result = told
                else:
                    self._jobs[job.id] = replace(self._jobs[job.id], **told)
                    await self._tell()
        except (ConnectionError, ValueError):
            _LOG.exception("the worker of job %s said what cannot be", job.id)
        finally:
            process.stdin.close()
            await _ended(process)
            self._process = None
        return result

    async def _end_process(self) -> None:
        if self._process is not None:
            await _ended(self._process, told=True)


async def _ended(process: asyncio.subprocess.Process, *, told: bool = False) -> None:
    """Wait for a process to end, and end it and its children if it takes too long."""
    if told:
        _signal(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
    except TimeoutError:
        _signal(process, signal.SIGKILL)
        await process.wait()


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _claim(folder: Path) -> IO[str] | None:
    """The lock that says who does an index's jobs; None if another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
