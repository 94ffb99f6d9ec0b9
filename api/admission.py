"""Who may use the models, and when: a few at once, some in a queue, and the rest refused at once.

A question takes its time on all cores, so that more of them at once would finish no sooner, and
all of them later. What waits is bounded, for an answer that comes after a minute is none.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# How much the last piece of work counts in the mean of all.
_WEIGHT = 0.1
_LONGEST_RETRY_SECONDS = 60


class RefusedError(Exception):
    """There is no place. retry_after: whole seconds after which there may be one."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


class Admission:
    """Places for work that runs in threads. Belongs to one event loop."""

    def __init__(self, *, places: int, waiting: int, deadline: float) -> None:
        """places: how many work at once. waiting: how many may queue. deadline: seconds from
        when a request asks for a place until its answer must be there."""
        self._places = places
        self._most = places + waiting
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(places, thread_name_prefix="asking")
        self._lock = Lock()
        self._inside = 0
        self._closed = False
        self._mean_seconds = 0.1

    @property
    def places(self) -> int:
        return self._places

    @property
    def queued(self) -> int:
        """How many wait."""
        return max(0, self._inside - self._places)

    @property
    def running(self) -> int:
        return min(self._inside, self._places)

    async def run(self, work: Callable[[], T], receive: Receive | None = None) -> T:
        """What `work` returns or raises, done in a thread as soon as there is a place.

        receive: the request's, its body already read; tells when the client goes away. Raises
        RefusedError if there is no place, or none in time, or the work is not done in time, and
        ClientGoneError. A place that is given up in the queue is free at once; work that has
        begun keeps its place to its end, for its thread does.
        """
        submitted = self._submit(work)
        future = asyncio.wrap_future(submitted)
        gone = None if receive is None else asyncio.ensure_future(_disconnected(receive))
        try:
            waited: set[asyncio.Future[Any]] = {future} if gone is None else {future, gone}
            await asyncio.wait(
                waited,
                timeout=self._deadline,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if future.cancelled():
                raise RefusedError("the service is stopping", self._retry_after())
            if future.done():
                return future.result()
            if gone is not None and gone.done():
                raise ClientGoneError
            raise RefusedError(
                f"there was no answer within {self._deadline:g} seconds", self._retry_after()
            )
        finally:
            submitted.cancel()
            if gone is not None:
                gone.cancel()

    def close(self) -> None:
        """Let what runs finish, and refuse what waits and what comes."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if self._closed:
            raise RefusedError("the service is stopping", self._retry_after())
        with self._lock:
            if self._inside >= self._most:
                raise RefusedError("too many requests wait already", self._retry_after())
            self._inside += 1
        begun: list[float] = []

        def timed() -> T:
            begun.append(time.monotonic())
            return work()

        future = self._threads.submit(timed)
        future.add_done_callback(lambda _: self._leave(begun))
        return future

    def _leave(self, begun: list[float]) -> None:
        with self._lock:
            self._inside -= 1
            if begun:
                took = time.monotonic() - begun[0]
                self._mean_seconds += _WEIGHT * (took - self._mean_seconds)

    def _retry_after(self) -> int:
        """Seconds after which those that are inside now are probably done."""
        expected = math.ceil(self._inside * self._mean_seconds / self._places)
        return max(1, min(expected, _LONGEST_RETRY_SECONDS))


async def _disconnected(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
