from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.jobs.queue import JobMissingError, Jobs, JobsFullError, JobStateError
from api.jobs.records import Job, JobFiles, job_json, now
from api.schemas import JobModel

WORKER = (sys.executable, "-m", "tests.api.jobs.fake_worker")
LONG = {"seconds": 60}


class Scene:
    """Jobs of a folder, and what they called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.followed = 0
        self.ended: list[Job] = []

    def jobs(self) -> Jobs:
        async def after() -> None:
            self.followed += 1

        return Jobs(self.folder, {}, after=after, ended=self.ended.append, worker=WORKER)

    def play(self, part: Callable[[Jobs], Awaitable[None]]) -> None:
        async def play() -> None:
            jobs = self.jobs()
            await jobs.start()
            try:
                await part(jobs)
            finally:
                await jobs.stop()

        asyncio.run(play())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "jobs")


async def ended(jobs: Jobs, job: Job) -> Job:
    async for known in jobs.changes(job.id):
        last = known
    return last


async def running(jobs: Jobs, job: Job) -> None:
    async for known in jobs.changes(job.id):
        if known.stage is not None:
            return


def test_a_job_is_done_and_told_of_on_its_way(scene: Scene) -> None:
    async def part(jobs: Jobs) -> None:
        job = jobs.submit("rebuild", {"seconds": 0.3}, source="src_1", title="A lamp")
        assert (job.status, job.title) == ("queued", "A lamp")
        seen = [known async for known in jobs.changes(job.id, pause=0)]
        assert [known.status for known in seen][-1] == "done"
        assert any((k.stage, k.done, k.total) == ("reading", 2, 3) for k in seen)
        last = seen[-1]
        assert (last.generation, last.notes, last.done) == (7, ("a.pdf: it is locked",), 3)
        assert last.started is not None
        assert last.ended is not None
        assert scene.followed == 1, "the service moves before the job counts as done"
        JobModel.model_validate(job_json(last), strict=True)

    scene.play(part)
    assert [job.status for job in scene.ended] == ["done"]


@pytest.mark.parametrize(
    ("task", "error"), [({"error": "no room"}, "no room"), ({"dies": True}, "its process died")]
)
def test_a_job_that_fails_says_why(scene: Scene, task: dict[str, object], error: str) -> None:
    async def part(jobs: Jobs) -> None:
        job = await ended(jobs, jobs.submit("rebuild", task))
        assert (job.status, job.error, job.interrupted) == ("failed", error, False)
        with pytest.raises(JobStateError):
            jobs.restart(job.id)

    scene.play(part)
    assert scene.followed == 0


def test_jobs_run_one_after_the_other(scene: Scene) -> None:
    async def part(jobs: Jobs) -> None:
        first, second = (jobs.submit("rebuild", {"seconds": 0.2}) for _ in range(2))
        await running(jobs, first)
        assert jobs.get(second.id).status == "queued"
        a, b = await ended(jobs, first), await ended(jobs, second)
        assert a.ended is not None
        assert b.started is not None
        assert a.ended <= b.started
        assert [job.id for job in jobs.all()] == [second.id, first.id]

    scene.play(part)


def test_a_job_is_cancelled_while_it_waits_and_while_it_runs(scene: Scene) -> None:
    async def part(jobs: Jobs) -> None:
        first, second = jobs.submit("rebuild", LONG), jobs.submit("rebuild", LONG)
        assert (await jobs.cancel(second.id)).status == "cancelled"
        await running(jobs, first)
        assert (await jobs.cancel(first.id)).status == "cancelled"
        with pytest.raises(JobStateError):
            await jobs.cancel(first.id)
        third = jobs.submit("rebuild", {})
        assert (await ended(jobs, third)).status == "done"

    scene.play(part)
    assert [job.status for job in scene.ended] == ["cancelled", "cancelled", "done"]


def test_jobs_outlive_the_service_and_an_interrupted_one_starts_again(scene: Scene) -> None:
    ids: list[str] = []

    async def before(jobs: Jobs) -> None:
        for seconds in (60, 0):
            ids.append(jobs.submit("rebuild", {"seconds": seconds}).id)
        await running(jobs, jobs.get(ids[0]))

    async def after(jobs: Jobs) -> None:
        first = jobs.get(ids[0])
        assert (first.status, first.interrupted) == ("failed", True)
        assert "start it again" in str(first.error)
        assert (await ended(jobs, jobs.get(ids[1]))).status == "done"
        # What it was told stays what it was: here it would take a minute.
        again = jobs.restart(first.id)
        assert (again.status, again.error) == ("queued", None)
        await running(jobs, again)
        await jobs.cancel(first.id)

    scene.play(before)
    assert scene.ended == [], "an interrupted job has not ended for good"
    scene.play(after)


def test_a_service_that_was_killed_left_an_interrupted_job(scene: Scene) -> None:
    files = JobFiles(scene.folder)
    files.save(Job("job_" + "0" * 16, "rebuild", now(), status="running", task={}))

    async def part(jobs: Jobs) -> None:
        assert jobs.get("job_" + "0" * 16).interrupted

    scene.play(part)
    assert files.load()[0].status == "failed"


def test_only_one_service_does_the_jobs_of_an_index(scene: Scene) -> None:
    async def part(jobs: Jobs) -> None:
        job = jobs.submit("rebuild", LONG)
        await running(jobs, job)
        other = scene.jobs()
        await other.start()
        assert other.get(job.id).status == "running", "it is the other's, and not interrupted"
        with pytest.raises(JobsFullError, match="another service"):
            other.submit("rebuild", {})
        await other.stop()
        await jobs.cancel(job.id)

    scene.play(part)


def test_streams_end_when_the_service_stops(scene: Scene) -> None:
    async def part(jobs: Jobs) -> None:
        job = jobs.submit("rebuild", LONG)
        await running(jobs, job)
        stream = asyncio.create_task(ended(jobs, job))
        await asyncio.sleep(0.05)
        jobs.hang_up()
        assert (await asyncio.wait_for(stream, 5)).status == "running"

    scene.play(part)


def test_a_job_that_is_none_is_none(scene: Scene) -> None:
    async def part(jobs: Jobs) -> None:
        for wrong in ("", "job_1", "../lock", "lock"):
            with pytest.raises(JobMissingError):
                jobs.get(wrong)

    scene.play(part)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
RECORDS = st.builds(
    Job,
    st.integers(0, 2**64 - 1).map(lambda number: f"job_{number:016x}"),
    st.sampled_from(["rebuild", "add", "delete"]),
    TEXT,
    status=st.sampled_from(["queued", "running", "done", "failed", "cancelled"]),
    task=st.dictionaries(TEXT, TEXT | st.booleans() | st.integers()),
    total=st.none() | st.integers(0),
    error=st.none() | TEXT,
    notes=st.lists(TEXT, max_size=3).map(tuple),
)


@given(record=RECORDS)
def test_a_record_comes_back_as_it_was(
    record: Job, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = JobFiles(tmp_path_factory.mktemp("jobs"))
    files.save(replace(record, done=1))
    files.save(record)
    assert files.load() == [record]
    files.forget(record)
    assert files.load() == []


def test_what_is_no_record_is_passed_over(tmp_path: Path) -> None:
    for name, body in (
        ("job_0000000000000000.json", "{"), ("job_0000000000000001.json", "[]"),
        ("job_0000000000000002.json", '{"id": "job_0000000000000009"}'), ("notes.txt", "x"),
        ("job_0000000000000003.json", '{"id": "../../x", "kind": "add", "created": ""}'),
    ):  # fmt: skip
        (tmp_path / name).write_text(body)
    assert JobFiles(tmp_path).load() == []
