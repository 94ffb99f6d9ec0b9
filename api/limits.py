"""A limit on request bodies: ASGI, so that it holds before anything is parsed."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem


class BodyLimit:
    """Refuses a body of more than `most` bytes with 413, by its announced or its actual length."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._most:
            await problem(scope["path"], 413, self._detail)(scope, receive, send)
            return
        await self._app(scope, self._counting(receive), send)

    @property
    def _detail(self) -> str:
        return f"a request body has at most {self._most} bytes"

    def _counting(self, receive: Receive) -> Receive:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                # The application reads bodies inside its exception handlers, which answer this.
                raise HTTPException(413, self._detail)
            return message

        return counted
