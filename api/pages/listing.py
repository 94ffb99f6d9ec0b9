"""Which sources the list shows, in which order, a page at a time: pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from api.pages.wording import FORMATS
from index.errors import UsageError
from index.folding import fold
from index.types import Source

PAGE_SIZE = 50

#: Orders by name, each with its words.
ORDERS: Mapping[str, str] = {
    "path": "Path",
    "title": "Title",
    "newest": "Newest first",
    "oldest": "Oldest first",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for. words: all of which a source's title, author, publisher or path
    has. since, until: inclusive ISO dates; a source without a date matches neither. format: a
    media type. page: from 1."""

    words: str = ""
    since: str = ""
    until: str = ""
    format: str = ""
    order: str = "path"
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.since or self.until or self.format)

    def address(self, page: int) -> dict[str, object]:
        """The values of the address of another page of the same list."""
        values = asdict(self) | {"page": page if page > 1 else None}
        return values | {"order": None if self.order == "path" else self.order}


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list. total: of all that match. pages: at least 1."""

    sources: tuple[Source, ...]
    total: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        """The place of the first source shown among all that match, from 1."""
        return (self.page - 1) * PAGE_SIZE + 1


def wanted(address: Mapping[str, str]) -> Wanted:
    """What an address asks for; what it does not know it passes over. Raises UsageError."""
    chosen = Wanted(
        words=address.get("words", "").strip(),
        since=_day("since", address.get("since", "")),
        until=_day("until", address.get("until", "")),
        format=address.get("format", ""),
        order=address.get("order", "") or "path",
        page=_page(address.get("page", "")),
    )
    if chosen.format and chosen.format not in FORMATS:
        raise UsageError(f"there is no format {chosen.format!r}", "choose one of the list")
    if chosen.order not in ORDERS:
        raise UsageError(f"there is no order {chosen.order!r}", f"use {', '.join(ORDERS)}")
    return chosen


def listed(sources: Sequence[Source], asked: Wanted) -> Listed:
    """The page that is asked for, or the last one if there are not so many."""
    words = fold(asked.words).split()
    found = sorted((s for s in sources if _matches(s, asked, words)), key=_by_path)
    found = _ORDERINGS[asked.order](found)
    pages = max(1, math.ceil(len(found) / PAGE_SIZE))
    page = min(asked.page, pages)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return Listed(tuple(shown), len(found), page, pages)


def _matches(source: Source, asked: Wanted, words: Sequence[str]) -> bool:
    if asked.format and source.media_type != asked.format:
        return False
    day = source.published
    if (asked.since or asked.until) and day is None:
        return False
    if (asked.since and (day or "") < asked.since) or (asked.until and (day or "") > asked.until):
        return False
    if not words:
        return True
    known = (source.title, source.author, source.publisher, source.path)
    text = fold(" ".join(part for part in known if part))
    return all(word in text for word in words)


def _by_path(source: Source) -> bytes:
    return source.path.encode("utf-8", "surrogatepass")


def _by_day(found: list[Source], *, newest: bool) -> list[Source]:
    """Those without a date come last either way."""
    dated = [source for source in found if source.published is not None]
    undated = [source for source in found if source.published is None]
    return [*sorted(dated, key=lambda s: s.published or "", reverse=newest), *undated]


_ORDERINGS: Mapping[str, Callable[[list[Source]], list[Source]]] = {
    "path": list,
    "title": lambda found: sorted(found, key=lambda source: fold(source.title)),
    "newest": lambda found: _by_day(found, newest=True),
    "oldest": lambda found: _by_day(found, newest=False),
}


def _day(name: str, value: str) -> str:
    if not value:
        return ""
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise UsageError(f"{name} is {value!r}, not a date", "write it as YYYY-MM-DD") from error


def _page(value: str) -> int:
    if not value:
        return 1
    if value.isascii() and value.isdecimal() and len(value) < 10 and int(value) > 0:
        return int(value)
    raise UsageError("that is no page", "give a number from 1")
