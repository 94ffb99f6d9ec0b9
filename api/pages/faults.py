"""Faults as pages: what goes wrong, told to a browser in the site's own design.

The calls answer with a problem document whoever asks, as they are described, and so does all else
to a client that would not rather have HTML. The page keeps the status and the headers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.negotiation import prefers
from api.pages.rendering import Pages

_CALLS = re.compile(r"/(v1|healthz|readyz|metrics|openapi\.json)(/|$)")
_PROBLEM = "application/problem+json"
# The page brings its own.
_REPLACED = frozenset({b"content-type", b"content-length"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, and what to do: each without a capital and a full stop, the remedy empty
    if there is none."""

    message: str
    remedy: str = ""


def wants_page(accept: str) -> bool:
    """Whether an Accept header would rather have HTML than JSON of any kind: browsers' do."""
    return all(prefers(accept, "text/html", other) for other in (_PROBLEM, "application/json"))


def refuses_page(accept: str) -> bool:
    """Whether it would rather have a problem document."""
    return any(prefers(accept, other, "text/html") for other in (_PROBLEM, "application/json"))


class FaultPages:
    """ASGI: makes a page of each problem document that a browser would get."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_browsers(scope):
            await self._app(scope, receive, send)
            return
        # The start of a response that is a problem, until its body is there.
        begun: Message | None = None
        body = b""

        async def paged(message: Message) -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start" and _is_problem(message):
                begun = message
            elif begun is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._tell(scope, receive, send, begun, json.loads(body))

        await self._app(scope, receive, paged)

    async def _tell(
        self, scope: Scope, receive: Receive, send: Send, begun: Message, told: Mapping[str, Any]
    ) -> None:
        kept = [(name, value) for name, value in begun["headers"] if name not in _REPLACED]
        title, fault = _words(told, Headers(raw=kept).get("x-request-id"))
        values = {"index": None, "here": "", "title": title, "fault": fault}
        root = scope.get("root_path", "")
        response = self._pages.render("fault.html", root, values, begun["status"])
        response.raw_headers += kept
        await response(scope, receive, send)


def _is_browsers(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return not _CALLS.match(path) and wants_page(Headers(scope=scope).get("accept", ""))


def _is_problem(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type") == _PROBLEM


def _words(told: Mapping[str, Any], request_id: str | None) -> tuple[str, Fault]:
    """A title and a fault for a person, of a problem that was worded for programs."""
    if told["status"] == 404:
        return "There is no such page", Fault(
            "nothing stands at this address", "check it, or begin at one of these"
        )
    if told["status"] == 401:
        return told["title"], Fault(
            told["detail"],
            "reload this page to be asked for it: the key is the password, with any name",
        )
    if told["status"] == 500 and request_id is not None:
        return "Something went wrong", Fault(
            told["detail"], f"there it is the request {request_id}"
        )
    return told["title"], Fault(told["detail"])
