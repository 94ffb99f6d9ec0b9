"""Limits on request bodies: ASGI, so that they hold before anything is parsed."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

# What a form has beside its file.
_FORM_BYTES = 64 * 1024
# A body must have arrived after so many seconds, and one more for so many bytes.
PATIENCE_SECONDS = 20.0
_LEAST_BYTES_A_SECOND = 32 * 1024


class BodyLimit:
    """Refuses a body of more than `most` bytes with 413, by its announced or its actual length,
    and one that takes too long to arrive with 408. A form may be larger: it may hold a file."""

    def __init__(
        self, app: ASGIApp, most: int, most_upload: int, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._app = app
        self._most = most
        self._most_form = most_upload + _FORM_BYTES
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        # Only one call takes forms; others refuse one before they read it.
        most = self._most_form if is_form and scope["path"] == "/v1/sources" else self._most
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > most:
            await problem(scope["path"], 413, _detail(most))(scope, receive, send)
            return
        await self._app(scope, self._counting(receive, most), send)

    def _counting(self, receive: Receive, most: int) -> Receive:
        taken = 0
        ended = False
        begun = time.monotonic()

        async def counted() -> Message:
            nonlocal taken, ended
            if ended:
                return await receive()
            until = begun + self._patience + taken / _LEAST_BYTES_A_SECOND
            try:
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "the request body did not end in time") from None
            taken += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if taken > most:
                # The application reads bodies inside its exception handlers, which answer this.
                raise HTTPException(413, _detail(most))
            return message

        return counted


def _detail(most: int) -> str:
    return f"a request body has at most {most} bytes"
