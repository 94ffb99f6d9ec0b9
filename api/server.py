"""The HTTP server: uvicorn, with patience that ends and a stop that finishes what runs."""

from __future__ import annotations

import asyncio
import signal
from asyncio import Transport
from collections.abc import Callable
from http import HTTPStatus
from socket import socket
from types import FrameType

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.logs import LogForm, log_config
from api.problems import problem

# A request's head must have arrived after so many seconds, and have at most so many bytes.
HEAD_SECONDS = 15.0
_HEAD_BYTES = 32 * 1024


class PatientProtocol(H11Protocol):
    """uvicorn's own, but a head that never ends ends the connection, and what is no HTTP is
    answered with a problem document like every other error."""

    head_seconds = HEAD_SECONDS

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head = self.loop.call_later(self.head_seconds, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        waiting = self._head.cancelled()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head.cancel()
        elif waiting and not self.transport.is_closing():
            # The head of the next request on this connection has begun.
            self._head = self.loop.call_later(self.head_seconds, self._too_late)

    def send_400_response(self, msg: str) -> None:
        self._answer(400, msg)

    def _too_late(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._answer(408, "the head of the request did not end in time")

    def _answer(self, status: int, detail: str) -> None:
        body = bytes(problem("", status, detail).body)
        headers = [
            ("content-type", "application/problem+json"), ("content-length", str(len(body))),
            ("connection", "close"),
        ]  # fmt: skip
        phrase = HTTPStatus(status).phrase.encode()
        for event in (
            h11.Response(status_code=status, headers=headers, reason=phrase), h11.Data(data=body),
            h11.EndOfMessage(),
        ):  # fmt: skip
            sent = self.conn.send(event)
            if sent:
                self.transport.write(sent)
        self.transport.close()


class Server(uvicorn.Server):
    """Tells the application at once when it is to stop, so that it refuses what waits."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop
        # Whether it was Ctrl-C that stopped it; uvicorn raises that again, but not every time.
        self.was_interrupted = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.was_interrupted = self.was_interrupted or sig == signal.SIGINT
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._on_stop)


def make_server(
    app: FastAPI, *, form: LogForm, patience: float, protocol: type[H11Protocol] = PatientProtocol
) -> Server:
    """A server of the application. patience: seconds that what runs is given when it stops."""
    # uvicorn's access log would keep every question that came as an address.
    config = uvicorn.Config(
        app, http=protocol, ws="none", access_log=False, log_config=log_config(form),
        server_header=False, h11_max_incomplete_event_size=_HEAD_BYTES,
        timeout_graceful_shutdown=int(patience) + 1, proxy_headers=False,
    )  # fmt: skip
    return Server(config, app.state.stop)
