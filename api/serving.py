"""The command `serve`: the HTTP service on a loopback address."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import TYPE_CHECKING

from api.session import Session
from index.errors import PinciteError, UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(session: Session, host: str, port: int) -> int:
    """Serve until interrupted. The index is opened first, so that its faults are told here."""
    _require_loopback(host)
    service = session.engine.open(session.settings())
    try:
        session.tell(service)
        with _listen(host, port) as listener:
            from api.app import create_app

            where = f"http://{_authority(listener)}"
            session.terminal.note(
                f"Generation {service.generation} is served on {where}, described on {where}/docs; "
                "Ctrl-C stops it."
            )
            _run(create_app(lambda: service), listener, colour=session.terminal.colour_messages)
    finally:
        service.close()
    return 0


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
