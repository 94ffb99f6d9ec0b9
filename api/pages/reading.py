"""A source's canonical text as its page shows it: in sheets, with the quote highlighted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from api.pages.marking import Mark, Part, parts
from index.errors import UsageError
from index.types import Span
from qa.citations import line_at, page_at


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a text, or all of one that has no pages: then number is None."""

    number: int | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Highlight:
    """The run of the text that an address names. line, page: 1-based, of its start."""

    span: Span
    line: int
    page: int | None


def sheets(text: str, pages: Sequence[int], quote: Span | None) -> tuple[Sheet, ...]:
    """The text in sheets whose parts join to it again. pages: where each begins, if there are any.

    A quote that runs over the end of a page is marked on both.
    """
    marks = [] if quote is None else [Mark(quote, "quote")]
    if not pages:
        return (Sheet(None, parts(text, marks)),)
    # What stands before the first page belongs to it.
    starts = [0, *pages[1:], len(text)]
    return tuple(
        Sheet(number, parts(text, marks, Span(start, end)))
        for number, (start, end) in enumerate(pairwise(starts), start=1)
    )


def requested(start: str | None, end: str | None) -> Span | None:
    """The span that an address asks for; None if it asks for none. Raises UsageError."""
    if not start and not end:
        return None
    span = Span(_offset("start", start), _offset("end", end))
    if span.start >= span.end:
        raise UsageError(f"{span.start} to {span.end} is no span", "give a start before the end")
    return span


def _offset(name: str, value: str | None) -> int:
    # int() takes signs, blanks and other digits as well, and a very long number is no offset.
    if value and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    raise UsageError(f"{name} is no offset", f"give {name} as a number of characters")


def highlight(text: str, pages: Sequence[int], span: Span) -> Highlight | None:
    """Where a span stands; None if it reaches beyond the text."""
    if span.end > len(text):
        return None
    return Highlight(span, line_at(text, span.start), page_at(tuple(pages), span.start))
