"""Canonical text as lines, each with the text a person sees in it.

A line's visible text has no surrounding white space, one space where the line has several, and
nothing of what is dropped from it. Its edits lead from the one to the other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from index.cleaning.editmap import Edit
from index.types import Span

_BREAK = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
# Invisible characters that are no part of a word's spelling. The joiners U+200C and U+200D are:
# Persian and the Indic scripts write with them, and so do composed emoji.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff"
_ODD = re.compile(rf"  |[^\S ]|[{_INVISIBLE}]")
_RUN = re.compile(rf"[\s{_INVISIBLE}]+")


class Kind(Enum):
    """What a line is, where its format says so; lines of other formats are all prose."""

    PROSE = "prose"
    HEADING = "heading"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a person sees it.

    start, end: its visible part, in canonical text; equal where there is none.
    text: what is visible. edits: what leads from the canonical run to it.
    page: 0-based, as far as the document has pages.
    soft_hyphen: a discretionary hyphen ends the line, so that its last word goes on in the next.
    """

    start: int
    end: int
    text: str
    edits: tuple[Edit, ...] = ()
    kind: Kind = Kind.PROSE
    page: int = 0
    soft_hyphen: bool = False


def split(text: str) -> list[Span]:
    """The lines of `text`, without their line ends, in order. There is always at least one.

    Blank lines that follow one another count as one: how many there are says nothing.
    """
    lines: list[Span] = []
    position = 0
    was_blank = False
    for end, next_start in _line_ends(text):
        blank = not text[position:end].strip()
        if blank and was_blank:
            lines[-1] = Span(lines[-1].start, end)
        else:
            lines.append(Span(position, end))
        position, was_blank = next_start, blank
    return lines


def _line_ends(text: str) -> Iterator[tuple[int, int]]:
    for match in _BREAK.finditer(text):
        yield match.span()
    yield len(text), len(text)


def page_starts(text: str, pages: Sequence[int]) -> Sequence[int]:
    """The pages of a document: those its loader knows of, else what form feeds tell."""
    if pages or "\f" not in text:
        return pages
    return [0, *(match.end() for match in re.finditer("\f", text))]


def merge(drops: Iterable[Edit]) -> list[Edit]:
    """Edits from several finders, sorted; of those that overlap, one that covers them all."""
    merged: list[Edit] = []
    for edit in sorted(drops):
        if merged and edit.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Edit(last.start, max(last.end, edit.end), last.replacement)
        else:
            merged.append(edit)
    return merged


def see(
    text: str,
    spans: Sequence[Span],
    kinds: Sequence[Kind],
    drops: Sequence[Edit],
    pages: Sequence[int],
) -> list[Line]:
    """The visible lines of `text`.

    spans: from `split`. kinds: one a span. drops: from `merge`; they replace runs of text by
    nothing or by a space, and may run over several lines.
    """
    lines: list[Line] = []
    first = 0
    for span, kind in zip(spans, kinds, strict=True):
        while first < len(drops) and drops[first].end <= span.start:
            first += 1
        inside: list[Edit] = []
        index = first
        while index < len(drops) and drops[index].start < span.end:
            start, end, replacement = drops[index]
            inside.append(Edit(max(start, span.start), min(end, span.end), replacement))
            index += 1
        page = max(0, bisect_right(pages, span.start) - 1)
        lines.append(_line(text, span, kind, inside, page))
    return lines


def _line(text: str, span: Span, kind: Kind, drops: Sequence[Edit], page: int) -> Line:
    raw = text[span.start : span.end]
    if not drops and not _ODD.search(raw):
        visible = raw.strip()
        start = span.start + len(raw) - len(raw.lstrip())
        return Line(start, start + len(visible), visible, (), kind, page)
    gaps = _gaps(text, span, drops)
    start, end = span
    if gaps and gaps[0].start == start:
        start = gaps.pop(0).end
    if gaps and gaps[-1].end == end:
        end = gaps.pop().start
    edits: list[Edit] = []
    parts: list[str] = []
    position = start
    for gap in gaps:
        parts += (text[position : gap.start], gap.replacement)
        position = gap.end
        edits += trimmed(text, gap.start, gap.end, gap.replacement)
    parts.append(text[position:end])
    soft = text[end : span.end].startswith("\u00ad")
    return Line(start, end, "".join(parts), tuple(edits), kind, page, soft)


def _gaps(text: str, span: Span, drops: Sequence[Edit]) -> list[Edit]:
    """Maximal runs of what is not seen: each becomes one space if it holds any, else nothing.

    Spaces inside what is dropped do not count.
    """
    pieces: list[Edit] = []
    position = span.start
    for drop in (*drops, Edit(span.end, span.end, "")):
        for match in _RUN.finditer(text, position, drop.start):
            space = " " if any(map(str.isspace, match[0])) else ""
            pieces.append(Edit(match.start(), match.end(), space))
        if drop.start < drop.end:
            pieces.append(drop)
        position = drop.end
    gaps: list[Edit] = []
    for piece in pieces:
        if gaps and piece.start == gaps[-1].end:
            last = gaps[-1]
            gaps[-1] = Edit(last.start, piece.end, max(last.replacement, piece.replacement))
        else:
            gaps.append(piece)
    return gaps


def trimmed(text: str, start: int, end: int, replacement: str) -> list[Edit]:
    """The edit that makes `text[start:end]` the replacement and touches no more than it must."""
    while start < end and replacement and text[start] == replacement[0]:
        if end - start == 1 < len(replacement):
            break  # what is left to put in needs a run to stand for
        start, replacement = start + 1, replacement[1:]
    while start < end and replacement and text[end - 1] == replacement[-1]:
        if end - start == 1 < len(replacement):
            break
        end, replacement = end - 1, replacement[:-1]
    return [Edit(start, end, replacement)] if start < end else []
