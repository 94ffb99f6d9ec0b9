from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from api.admission import Admission, ClientGoneError, RefusedError
from api.configuration import shares
from qa.settings import Settings


class Work:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.most = 0
        self._running = 0
        self._lock = threading.Lock()
        self.go_on = threading.Event()

    def __call__(self) -> str:
        with self._lock:
            self.begun += 1
            self._running += 1
            self.most = max(self.most, self._running)
        self.go_on.wait(10)
        with self._lock:
            self._running -= 1
        return "done"


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came true")


def test_so_many_run_so_many_wait_and_the_rest_is_refused_at_once() -> None:
    async def scene() -> None:
        admission, work = Admission(places=2, waiting=3, deadline=10), Work()
        inside = [asyncio.create_task(admission.run(work)) for _ in range(5)]
        await until(lambda: work.begun == 2)
        assert (admission.running, admission.queued) == (2, 3)
        with pytest.raises(RefusedError) as refused:
            await admission.run(work)
        assert refused.value.retry_after >= 1
        work.go_on.set()
        assert await asyncio.gather(*inside) == ["done"] * 5
        assert work.most == 2
        assert (admission.running, admission.queued) == (0, 0)
        admission.close()

    asyncio.run(scene())


def test_a_request_that_waits_too_long_is_refused_and_frees_its_place() -> None:
    async def scene() -> None:
        admission, work = Admission(places=1, waiting=1, deadline=0.1), Work()
        outer = asyncio.create_task(admission.run(work))
        await until(lambda: work.begun == 1)
        with pytest.raises(RefusedError, match="within"):
            await admission.run(work)
        with pytest.raises(RefusedError, match="within"):
            await outer
        assert admission.running == 1, "its thread still works"
        assert admission.queued == 0
        work.go_on.set()
        await until(lambda: admission.running == 0)
        assert work.begun == 1
        admission.close()

    asyncio.run(scene())


def test_a_client_that_goes_away_frees_its_place() -> None:
    async def scene() -> None:
        admission, work = Admission(places=1, waiting=1, deadline=10), Work()
        gone = asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        outer = asyncio.create_task(admission.run(work))
        waiting = asyncio.create_task(admission.run(work, receive))
        await until(lambda: admission.queued == 1)
        gone.set()
        with pytest.raises(ClientGoneError):
            await waiting
        await until(lambda: admission.queued == 0)
        work.go_on.set()
        assert await outer == "done"
        assert work.begun == 1
        admission.close()

    asyncio.run(scene())


def test_closing_finishes_what_runs_and_refuses_the_rest() -> None:
    async def scene() -> None:
        admission, work = Admission(places=1, waiting=5, deadline=10), Work()
        running = asyncio.create_task(admission.run(work))
        await until(lambda: work.begun == 1)
        waiting = [asyncio.create_task(admission.run(work)) for _ in range(3)]
        await until(lambda: admission.queued == 3)
        admission.close()
        for task in waiting:
            with pytest.raises(RefusedError, match="stopping"):
                await task
        with pytest.raises(RefusedError, match="stopping"):
            await admission.run(work)
        work.go_on.set()
        assert await running == "done"

    asyncio.run(scene())


def test_what_work_raises_is_raised() -> None:
    def fail() -> None:
        raise KeyError("lamp")

    async def scene() -> None:
        admission = Admission(places=1, waiting=0, deadline=10)
        with pytest.raises(KeyError):
            await admission.run(fail)
        assert admission.running == 0
        admission.close()

    asyncio.run(scene())


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 8, 16, 64])
@pytest.mark.parametrize("threads", [None, 1, 2, 8])
def test_models_never_have_more_threads_than_there_are_cores(
    cores: int, threads: int | None
) -> None:
    concurrency, each = shares(Settings(threads=threads), None, cores)
    assert concurrency >= 1
    assert each >= 1
    if threads is None or threads <= cores:
        assert concurrency + each - 1 <= cores
    if threads is not None:
        assert each == threads
    assert shares(Settings(threads=threads), 7, cores)[0] == 7
