"""The command `serve`: the HTTP service, on a loopback address or, with a key, on any."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass

from msgspec.structs import replace

from api.configuration import ServeSettings, cores, load_serve_settings, shares
from api.guard import LOOPBACK_NAMES, Policy
from api.keys import KeyFile
from api.logs import LogForm
from api.service import Published, Service
from api.session import Session
from index.errors import PinciteError, UsageError


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The flags of `serve`; None where one was not given."""

    host: str = "127.0.0.1"
    port: int = 8000
    allow_urls: bool | None = None
    log: LogForm | None = None
    log_questions: bool | None = None


def serve(session: Session, options: ServeOptions) -> int:
    """Serve until interrupted. The index is opened first, so that its faults are told here."""
    flags = {"allow_urls": options.allow_urls, "log_questions": options.log_questions}
    wanted = load_serve_settings(flags, environment=session.environment)
    settings = session.settings()
    keys = KeyFile(settings.index)
    local = _is_loopback(options.host)
    if not local and not keys.all():
        raise UsageError(
            f"listening on {options.host or 'every address'} needs a key, and none is set",
            "make one with pincite key new NAME, or serve on 127.0.0.1",
        )
    concurrency, threads = shares(settings, wanted.concurrency, cores())
    published = session.engine.follow(replace(settings, threads=threads))
    first = _First(published)
    try:
        session.tell(first.service)
        with _listen(options.host, options.port) as listener:
            from api.app import create_app
            from api.jobs.files import job_plan
            from api.server import make_server

            where = f"http://{_authority(listener)}"
            session.terminal.note(
                f"Generation {first.service.generation} is served on {where}, described on "
                f"{where}/docs; Ctrl-C stops it."
            )
            app = create_app(
                first.open, mark=published.mark, settings=replace(wanted, concurrency=concurrency),
                jobs=job_plan(settings, wanted), keys=keys,
                policy=_policy(wanted, options.host, local=local),
            )  # fmt: skip
            on_terminal = session.terminal.stderr.isatty()
            form = options.log or ("text" if on_terminal else "json")
            server = make_server(app, form=form, patience=wanted.deadline)
            server.run(sockets=[listener])
            if server.was_interrupted:
                raise KeyboardInterrupt
    finally:
        first.close()
    return 0


def _policy(wanted: ServeSettings, host: str, *, local: bool) -> Policy:
    """On loopback, requests must be addressed to it, and reading needs no key. Beyond, everything
    needs one, and names are only looked at if some are set."""
    named = frozenset(name.strip().lower() for name in wanted.hosts.split(",") if name.strip())
    hosts = LOOPBACK_NAMES | named | {host} if local or named else None
    return Policy(hosts, local, local, wanted.requests_per_minute)


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


def _is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach a host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
