"""Addresses of the pages: what can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from index.types import Source, Span

# So many digits of a file's digest tell that a source is no longer what an address was made for.
_VERSION_DIGITS = 12


def query(values: Mapping[str, object]) -> str:
    """A query string with its "?", of the values that are there; empty if none is."""
    given = {name: value for name, value in values.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""


def source_address(root: str, source: Source, span: Span | None = None) -> str:
    """Where a source is read, at a run of its canonical text if one is given. root: the path under
    which the service is mounted."""
    page = f"{root}/sources/{quote(source.id, safe='')}"
    if span is None:
        return page
    place = {"start": span.start, "end": span.end, "v": version(source)}
    return f"{page}{query(place)}#quote"


def version(source: Source) -> str:
    """What tells a source's content from a later one's in an address."""
    return source.sha256[:_VERSION_DIGITS]


def web_address(address: str | None) -> str | None:
    """The address if a browser may be sent there: a source can claim any, `javascript:` too."""
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None
