"""Who may call what: a guard before all calls.

It asks of each request whether it is addressed to this machine by one of its names (a page that
rebinds its name to 127.0.0.1 is not), whether it comes from a page of another site (a form there
may be sent here without anybody's will), whether it has a key with the right that it needs, and
whether that key has requests left.
"""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.keys import Key, KeyFile, Right
from api.negotiation import quality
from api.problems import problem
from index.errors import PinciteError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# They change nothing, though they have a body.
_ASKING = frozenset({"/v1/ask", "/v1/search"})
# What says nothing of any document.
_OPEN = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})
# A header each: Chromium reads of one header only the first scheme, and asks for no bearer.
_BASIC = ("www-authenticate", 'Basic realm="Pincite", charset="UTF-8"')
_BEARER = ("www-authenticate", 'Bearer realm="Pincite"')


class Refusal(NamedTuple):
    """Why a request may not pass: a status, a detail, its usual one if None, and headers."""

    status: int
    detail: str | None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """hosts: names that requests may be addressed to; None lets all through. open_reads: whether
    what only reads needs no key. open_writes: whether what changes the index needs none as long
    as there is no key at all. per_minute: requests of one key."""

    hosts: frozenset[str] | None = None
    open_reads: bool = True
    open_writes: bool = True
    per_minute: int = 600


class Allowance:
    """How many requests each key has left: a bucket that fills as time goes by."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> float:
        """0 if the key had a request left, which is then gone; else seconds until it has one."""
        now = self._clock()
        left, at = self._left.get(key, (self._most, now))
        left = min(self._most, left + (now - at) * self._most / 60)
        if left < 1:
            self._left[key] = (left, now)
            return (1 - left) * 60 / self._most
        self._left[key] = (left - 1, now)
        return 0.0


def right_for(method: str, path: str) -> Right | None:
    """The right that a request needs; None if it needs none."""
    if path in _OPEN or path.startswith("/static/"):
        return None
    return "read" if method in _SAFE or path in _ASKING else "write"


class Guard:
    """ASGI: passes on what may pass, and answers the rest with a problem."""

    def __init__(self, app: ASGIApp, keys: KeyFile | None, policy: Policy) -> None:
        self._app = app
        self._keys = keys
        self._policy = policy
        self._allowance = Allowance(policy.per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
            return
        response = problem(scope["path"], refusal.status, refusal.detail)
        for name, value in refusal.headers:
            response.headers.append(name, value)
        await response(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Why a request may not pass; None if it may."""
        hosts = self._policy.hosts
        if hosts is not None and _host_name(headers.get("host", "")) not in hosts:
            return Refusal(
                421, "address the service by a name of its own, or add this one to hosts"
            )
        if scope["method"] not in _SAFE and _is_foreign(headers):
            return Refusal(403, "a page of another site may not ask for this")
        needed = right_for(scope["method"], scope["path"])
        if needed is None:
            return None
        try:
            return self._unless_allowed(scope, headers, needed)
        except PinciteError as error:
            return Refusal(500, str(error))

    def _unless_allowed(self, scope: Scope, headers: Headers, needed: Right) -> Refusal | None:
        secret = _secret(headers.get("authorization"))
        if secret is None:
            if self._is_open(needed):
                return None
            return _keyless(headers, f"send a key that may {needed}")
        key = self._keys.find(secret) if self._keys is not None else None
        if key is None:
            if self._is_open(needed):
                # A key where none is asked for does no harm.
                return None
            return _keyless(headers, "the key is not known")
        if needed not in key.rights:
            return Refusal(403, f"this key may not {needed}")
        scope.setdefault("state", {})["key"] = key.name
        return self._unless_exhausted(key)

    def _unless_exhausted(self, key: Key) -> Refusal | None:
        wait = self._allowance.take(key.id)
        if not wait:
            return None
        seconds = math.ceil(wait)
        return Refusal(429, f"try again in {seconds} s", (("retry-after", str(seconds)),))

    def _is_open(self, needed: Right) -> bool:
        if needed == "read":
            return self._policy.open_reads
        return self._policy.open_writes and not (self._keys is not None and self._keys.all())


def _keyless(headers: Headers, detail: str) -> Refusal:
    """401. Whoever takes HTML is offered Basic, for which a browser asks a person; the page's own
    script takes none, and asks on the page."""
    takes_html = quality(headers.get("accept", ""), "text/html") > 0
    return Refusal(401, detail, (_BASIC, _BEARER) if takes_html else (_BEARER,))


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser says that a page of another site sent this."""
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return True
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host", "")


def _secret(authorization: str | None) -> str | None:
    """The secret of an Authorization header: a bearer's, or the password that a browser asks a
    person for, with whatever name. None if there is none."""
    if not authorization:
        return None
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return ""
