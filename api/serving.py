"""The command `serve`: the HTTP service on a loopback address."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import TYPE_CHECKING

from msgspec.structs import replace

from api.configuration import cores, load_serve_settings, shares
from api.service import Published, Service
from api.session import Session
from index.errors import PinciteError, UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(session: Session, host: str, port: int) -> int:
    """Serve until interrupted. The index is opened first, so that its faults are told here."""
    _require_loopback(host)
    wanted = load_serve_settings({}, environment=session.environment)
    settings = session.settings()
    concurrency, threads = shares(settings, wanted.concurrency, cores())
    published = session.engine.follow(replace(settings, threads=threads))
    first = _First(published)
    try:
        session.tell(first.service)
        with _listen(host, port) as listener:
            from api.app import create_app
            from api.jobs.files import job_plan

            where = f"http://{_authority(listener)}"
            session.terminal.note(
                f"Generation {first.service.generation} is served on {where}, described on "
                f"{where}/docs; Ctrl-C stops it."
            )
            app = create_app(
                first.open, mark=published.mark, settings=replace(wanted, concurrency=concurrency),
                jobs=job_plan(settings, wanted),
            )  # fmt: skip
            _run(app, listener, colour=session.terminal.colour_messages)
    finally:
        first.close()
    return 0


class _First:
    """The index, opened before anything is served: the application takes what is open first."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self.service = published.open()
        self._taken = False

    def open(self) -> Service:
        if self._taken:
            return self._published.open()
        self._taken = True
        return self.service

    def close(self) -> None:
        """Unless the application took it, which then closes it."""
        if not self._taken:
            self.service.close()


def _require_loopback(host: str) -> None:
    """Raises UsageError on a host that others can reach."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(
            f"listening on {host or 'every address'} needs a key, and none is set",
            "serve on 127.0.0.1",
        )


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: uvicorn would tell of a failure in its log, and in several lines."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise PinciteError(
            f"cannot listen on {host}, port {port}: {reason.lower()}",
            "choose another --port",
        ) from error


def _authority(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _run(app: FastAPI, listener: socket.socket, *, colour: bool) -> None:
    import uvicorn

    # An access log would keep every question that came as an address.
    config = uvicorn.Config(app, access_log=False, use_colors=colour, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])
