"""The index of a running service: the live generation, followed as it changes.

Whoever works with it takes a lease. A new generation is opened beside the old one and takes its
place for the leases that come after; the old one is closed when its last lease ends. So a request
sees one generation from its beginning to its end, and none waits for an index to open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from api.service import Service
from index.errors import IndexUnusableError

# How long what was published and cannot be opened is left alone.
RETRY_SECONDS = 10.0


class _Held:
    """An opened service, and how many leases it has."""

    __slots__ = ("leases", "mark", "retired", "service")

    def __init__(self, service: Service, mark: object) -> None:
        self.service = service
        self.mark = mark
        self.leases = 0
        self.retired = False


class Live:
    """Holds the service that answers now. Safe between threads."""

    def __init__(
        self, open_service: Callable[[], Service], mark: Callable[[], object] | None = None
    ) -> None:
        """mark: compares as equal until another generation is published; None if none ever is."""
        self._open = open_service
        self._mark = mark or (lambda: None)
        self._opening = Lock()
        self._lock = Lock()
        self._held: _Held | None = None
        # What could not be opened, and when to try it again.
        self._refused: tuple[object, float] | None = None

    @property
    def is_open(self) -> bool:
        return self._held is not None

    def get(self) -> Service:
        """The service that answers now, opened if none is: whoever goes on to use it takes a
        lease instead. Raises what opening it raises."""
        with self.lease() as service:
            return service

    @contextmanager
    def lease(self) -> Iterator[Service]:
        """The service that answers now, kept open until the lease ends.

        Where none is open it is opened, which takes its time; raises what that raises.
        """
        held = self._take()
        while held is None:
            self.follow(again=True)
            held = self._take()
        try:
            yield held.service
        finally:
            self._give_back(held)

    def follow(self, *, again: bool = False) -> bool:
        """Move to what is published now; whether that was another than before.

        What could not be opened just now is left alone for a while, unless `again` is set.
        Raises what looking at it or opening it raises: what answered goes on answering then.
        """
        with self._opening:
            try:
                mark = self._mark()
            except IndexUnusableError:
                if self._held is None:
                    raise
                return False
            before = self._held
            if before is not None and before.mark == mark:
                return False
            if not again and self._is_refused(mark):
                return False
            try:
                held = _Held(self._open(), mark)
            except Exception:
                self._refused = (mark, time.monotonic() + RETRY_SECONDS)
                raise
            self._refused = None
            if before is not None and before.service is held.service:
                before.mark = mark
                return False
            with self._lock:
                self._held = held
            self._retire(before)
            return True

    def close(self) -> None:
        """Close what is open, once its leases end."""
        with self._opening:
            with self._lock:
                held, self._held = self._held, None
            self._retire(held)

    def _is_refused(self, mark: object) -> bool:
        return (
            self._refused is not None
            and self._refused[0] == mark
            and time.monotonic() < self._refused[1]
        )

    def _take(self) -> _Held | None:
        with self._lock:
            if self._held is not None:
                self._held.leases += 1
            return self._held

    def _give_back(self, held: _Held) -> None:
        with self._lock:
            held.leases -= 1
            last = held.retired and not held.leases
        if last:
            held.service.close()

    def _retire(self, held: _Held | None) -> None:
        if held is None:
            return
        with self._lock:
            held.retired = True
            unused = not held.leases
        if unused:
            held.service.close()
