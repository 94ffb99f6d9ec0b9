"""What is known of each request from outside: an id, a line in the log, and its count.

The log says which call it was and how it went, and not what was asked: a question, and an address
that may hold one, is nobody's business unless the service's owner wants it there.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.problems import problem

_LOG = logging.getLogger("pincite.requests")
_REQUEST_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
# W3C Trace Context, level 1: version, trace, parent, flags.
_TRACE = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})"
)
# Methods as labels: anybody can send any word for one.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request belongs: its own id, and the trace that it is a part of."""

    request_id: str
    trace_id: str
    traceparent: str


def trace_of(headers: Headers) -> Trace:
    """The ids that a request came with, or new ones where it has none that can be one."""
    request_id = headers.get("x-request-id", "")
    if _REQUEST_ID.fullmatch(request_id) is None:
        request_id = secrets.token_hex(8)
    found = _TRACE.fullmatch(headers.get("traceparent", ""))
    trace_id, flags = found.groups() if found else (secrets.token_hex(16), "00")
    return Trace(request_id, trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-{flags}")


class Observing:
    """ASGI: gives each request its ids, counts it, logs it, and answers for what went wrong."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, log_questions: bool = False) -> None:
        self._app = app
        self._metrics = metrics
        self._log_questions = log_questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = trace_of(Headers(scope=scope))
        state = scope.setdefault("state", {})
        state["trace"] = trace
        begun = time.perf_counter()
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = trace.request_id
                headers["traceparent"] = trace.traceparent
            await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception:
            _LOG.exception("the request failed", extra={"fields": {"request_id": trace.request_id}})
            if status:
                raise
            await problem(scope["path"], 500)(scope, receive, told)
        finally:
            self._tell(scope, state, trace, status, time.perf_counter() - begun)

    def _tell(
        self, scope: Scope, state: dict[str, Any], trace: Trace, status: int, seconds: float
    ) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", None) or "none"
        self._metrics.request(method, route, status, seconds)
        fields: dict[str, Any] = {
            "request_id": trace.request_id, "trace_id": trace.trace_id, "method": method,
            "route": route, "status": status, "ms": round(seconds * 1000, 1),
        }  # fmt: skip
        if "key" in state:
            fields["key"] = state["key"]
        answer = state.get("answer")
        if answer is not None:
            self._metrics.answered(answer)
            fields |= {"outcome": answer.status, "generation": answer.generation}
            if self._log_questions:
                fields["question"] = answer.question
        _LOG.info("%s %s %d", method, route, status, extra={"fields": fields})
