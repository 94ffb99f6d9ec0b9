"""Pages and files by their address: fetched from the web, and from nowhere else.

Whoever may name an address could otherwise make this machine ask its own network: a router, a
cloud's metadata, another service on loopback (CVE-2024-12450 and its kin). So a name is resolved
once, every address that it has must be a public one, and the connection goes to the address that
was checked. Each redirect is a new address and is checked anew. What comes is bounded in bytes,
in time and in redirects, and must be of a kind that a loader reads.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import httpcore2

from api.jobs.receiving import SUFFIX_OF, Received, file_name
from api.pinning import FetchError, Pinned, Rules, is_public, too_slow
from index.errors import UsageError
from index.loaders import SUFFIXES
from index.uploads import incoming_folder, kept_name

MOST_REDIRECTS = 5
MOST_SECONDS = 60.0
_QUIET_SECONDS = 10.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What says nothing of what it is: then the end of the path does.
_UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})


def checked_address(address: str) -> str:
    """An address that may be asked for, as far as can be told from itself; without its fragment.

    Raises UsageError for another scheme, a name and password in it, or a host that is not public.
    """
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError as error:
        raise UsageError("the address cannot be read", "give one such as https://…") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise UsageError("the address is none of the web", "begin it with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise UsageError("the address holds a name or password", "give one that needs none")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        pass
    else:
        if not is_public(literal):
            raise UsageError("the address is not a public one", "give one of the public web")
    return parts._replace(fragment="").geturl()


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How addresses are fetched. most: bytes of what comes. seconds: for all of it, redirects
    too. rules: where connections may go."""

    most: int
    seconds: float = MOST_SECONDS
    rules: Rules = field(default_factory=Rules)

    def fetch(self, address: str, index: Path) -> Received:
        """What an address holds, staged for the index in a folder.

        Raises UsageError and FetchError, which say why not.
        """
        until = time.monotonic() + self.seconds
        with httpcore2.ConnectionPool(network_backend=Pinned(self.rules, until)) as pool:
            try:
                return self._follow(pool, address, index, until)
            except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
                raise FetchError(f"the fetch failed: {error or type(error).__name__}") from error
            except httpcore2.TimeoutException as error:
                raise too_slow() from error
            except (httpcore2.UnsupportedProtocol, UnicodeError) as error:
                raise UsageError("the address cannot be read", "give another") from error

    def _follow(
        self, pool: httpcore2.ConnectionPool, address: str, index: Path, until: float
    ) -> Received:
        for _ in range(MOST_REDIRECTS + 1):
            address = checked_address(address)
            headers: dict[bytes | str, bytes | str] = {
                "user-agent": "pincite",
                "accept": "*/*",
                "accept-encoding": "identity",
            }
            timeout = dict.fromkeys(("connect", "read", "write", "pool"), _QUIET_SECONDS)
            host = urlsplit(address).netloc
            with pool.stream(
                "GET", _ascii(address), headers={"host": _ascii_host(host), **headers},
                extensions={"timeout": timeout},
            ) as response:  # fmt: skip
                said = {k.decode().lower(): v.decode("latin-1") for k, v in response.headers}
                if response.status in _REDIRECTS and "location" in said:
                    address = urljoin(address, said["location"])
                    continue
                if response.status != 200:
                    raise FetchError(f"the address answers {response.status}", "check it")
                return self._stage(response.iter_stream(), said, address, index, until)
        raise FetchError(f"the address leads on more than {MOST_REDIRECTS} times", "give the last")

    def _stage(
        self, chunks: Iterable[bytes], said: Mapping[str, str], address: str, index: Path,
        until: float,
    ) -> Received:  # fmt: skip
        suffix = _suffix(said.get("content-type", ""), address)
        if said.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise FetchError("what comes is compressed, though it must not be", "download it")
        staged = incoming_folder(index) / f"{secrets.token_hex(16)}{suffix}"
        digest = hashlib.sha256()
        size = 0
        try:
            with staged.open("wb") as out:
                for chunk in chunks:
                    size += len(chunk)
                    if size > self.most:
                        raise FetchError(f"what comes has more than {self.most} bytes", "split it")
                    if time.monotonic() > until:
                        raise too_slow()
                    digest.update(chunk)
                    out.write(chunk)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        name = file_name(urlsplit(address).path) if urlsplit(address).path.strip("/") else address
        about = {"url": address, "name": name}
        return Received(staged, kept_name(digest.hexdigest(), suffix), about, address)


def _ascii_host(host: str) -> str:
    return host.encode("idna").decode() if not host.isascii() else host


def _ascii(address: str) -> str:
    """An address as it goes over the line: what is not ASCII is percent-encoded."""
    parts = urlsplit(address)
    keep = "/:@!$&'()*+,;=%-._~"
    return parts._replace(
        netloc=_ascii_host(parts.netloc), path=quote(parts.path, safe=keep) or "/",
        query=quote(parts.query, safe=keep + "?"),
    ).geturl()  # fmt: skip


def _suffix(media_type: str, address: str) -> str:
    kind = media_type.partition(";")[0].strip().lower()
    suffix = Path(urlsplit(address).path).suffix.lower()
    # A server says text/plain of Markdown, too.
    if kind in _UNTOLD or (kind == "text/plain" and SUFFIXES.get(suffix) == "text/markdown"):
        if suffix in SUFFIXES:
            return suffix
    elif kind in SUFFIX_OF:
        return SUFFIX_OF[kind]
    raise FetchError(
        "what comes is of a kind that cannot be read", f"give one of: {' '.join(SUFFIXES)}"
    )
