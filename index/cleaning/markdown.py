"""Markdown's marks: which characters of a text are markup, and what each of its lines is.

Only what is certainly a mark counts, so some of what CommonMark would read as one is kept: emphasis
inside words (`snake_case`, `2*3*4`), indented code (read as prose), raw HTML but for known tags.
Words are always kept; what goes are marks, link targets, pictures, comments and rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.cleaning.editmap import Edit
from index.cleaning.inline import find_marks
from index.cleaning.lines import Kind, merge, see, split
from index.types import Span

_QUOTE = re.compile(r" {0,3}(?:> ?)+")
_HEADING = re.compile(r" {0,3}#{1,6}(?=\s|$)")
_HEADING_END = re.compile(r"(?<=\s)#+\s*$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})\s*")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})([^`]*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|(\d{1,3})[.)])(?:[ \t]+(?:\[[ xX]\][ \t]+)?|$)")
_TABLE_RULE = re.compile(r"[ \t]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+")
_DEFINITION = re.compile(r" {0,3}\[(?!\^)([^\]]+)\]:[ \t]*\S+.*")
_NOTE = re.compile(r" {0,3}\[\^[^\]]+\]:[ \t]*")
_OUTER_BARS = re.compile(r"^[ \t]*\||\|[ \t]*$")


@dataclass(slots=True)
class _State:
    """What has been found so far, and what the lines before say about the next."""

    drops: list[Edit] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    definitions: set[str] = field(default_factory=set)
    fence: str = ""
    comment_end: int = 0
    #: Whether no comment ends any more: what begins like one is text.
    comments_over: bool = False
    #: Whether a table, a list or a paragraph is open.
    table: bool = False
    block: str = ""

    def drop(self, start: int, end: int) -> None:
        if start < end:
            self.drops.append(Edit(start, end, ""))


def scan(
    text: str, spans: Sequence[Span], set_aside: Sequence[Span] = ()
) -> tuple[list[Edit], list[Kind]]:
    """What to drop from a Markdown text, and the kind of each of its lines.

    spans: its lines. set_aside: runs that are no Markdown (front matter). Drops are sorted and
    apart; a tag that stands for a line end is replaced by a space.
    """
    state = _State()
    for number, span in enumerate(spans):
        if any(aside.start <= span.start < aside.end for aside in set_aside):
            state.kinds.append(Kind.PROSE)
            continue
        below = spans[number + 1] if number + 1 < len(spans) else Span(len(text), len(text))
        state.kinds.append(_line(text, span, text[below.start : below.end], state))
    return merge([*state.drops, *_inline(text, spans, state)]), state.kinds


def first_heading(text: str, set_aside: Sequence[Span] = ()) -> str | None:
    """The first heading of a Markdown text, without marks; looked for near its start."""
    text = text[: 1 << 16]
    spans = split(text)
    drops, kinds = scan(text, spans, set_aside)
    lines = see(text, spans, kinds, drops, ())
    return next((line.text for line in lines if line.kind is Kind.HEADING and line.text), None)


def _line(text: str, span: Span, below: str, state: _State) -> Kind:
    """The kind of one line; its block marks go into `state.drops`."""
    start, end = span
    if _fenced(text, span, state):
        return Kind.CODE
    if end <= state.comment_end and start < end:
        return Kind.PROSE
    _comments(text, span, state)
    if match := _QUOTE.match(text, start, end):
        state.drop(start, match.end())
        start = match.end()
    line = text[start:end]
    if not line.strip():
        state.block, state.table = "", False
        return Kind.PROSE
    if state.table and "|" in line:
        return _row(text, start, end, state)
    if "|" in below and _TABLE_RULE.fullmatch(below) and "|" in line:
        state.table = True
        return _row(text, start, end, state)
    if _RULE.fullmatch(line):
        state.drop(start, end)
        state.block = ""
        return Kind.PROSE
    return _block(text, Span(start, end), below, state)


def _block(text: str, span: Span, below: str, state: _State) -> Kind:
    """The kind of a line that is no table, rule or code."""
    start, end = span
    line = text[start:end]
    if match := _HEADING.match(line):
        state.drop(start, start + match.end())
        if closing := _HEADING_END.search(line, match.end()):
            state.drop(start + closing.start(), end)
        state.block = ""
        return Kind.HEADING
    if state.block == "underlined":
        state.drop(start, end)
        state.block = ""
        return Kind.PROSE
    if match := _DEFINITION.fullmatch(line):
        state.definitions.add(match[1].casefold())
        state.drop(start, end)
        return Kind.PROSE
    if match := _NOTE.match(line):
        state.drop(start, start + match.end())
        state.block = "paragraph"
        return Kind.ITEM
    match = _ITEM.match(line)
    # A number inside a paragraph begins a list only if it is the first.
    if match and (match[1] in (None, "1") or state.block != "paragraph"):
        state.drop(start, start + match.end())
        state.block = "list"
        return Kind.ITEM
    if state.block != "paragraph" and below.strip() and _UNDERLINE.fullmatch(below):
        state.block = "underlined"
        return Kind.HEADING
    state.block = state.block or "paragraph"
    return Kind.PROSE


def _fenced(text: str, span: Span, state: _State) -> bool:
    """Whether a line is code, or a fence around it, which is dropped."""
    match = _FENCE.fullmatch(text, span.start, span.end)
    if state.fence:
        if match and match[1].startswith(state.fence) and not match[2].strip():
            state.fence = ""
            state.drop(*span)
        return True
    if match and span.start >= state.comment_end:
        state.fence = match[1]
        state.drop(*span)
        state.block = ""
        return True
    return False


def _comments(text: str, span: Span, state: _State) -> None:
    """Drop the comments that begin in a line; the last may end lines later."""
    position = max(span.start, state.comment_end)
    while not state.comments_over and (start := text.find("<!--", position, span.end)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            state.comments_over = True
            return
        state.comment_end = position = end + 3
        state.drop(start, state.comment_end)


def _row(text: str, start: int, end: int, state: _State) -> Kind:
    line = text[start:end]
    if _TABLE_RULE.fullmatch(line):
        state.drop(start, end)
    for match in _OUTER_BARS.finditer(line):
        state.drop(start + match.start(), start + match.end())
    return Kind.ROW


def _inline(text: str, spans: Sequence[Span], state: _State) -> list[Edit]:
    """The marks inside blocks: emphasis and links may run over the line ends of a paragraph."""
    found: list[Edit] = []
    start: int | None = None
    for number, (span, kind) in enumerate(zip(spans, state.kinds, strict=True)):
        blank = not text[span.start : span.end].strip()
        if start is not None and (blank or kind is not Kind.PROSE):
            found += find_marks(text, start, spans[number - 1].end, state.definitions)
            start = None
        if not blank and kind is not Kind.CODE and start is None:
            start = span.start
    if start is not None:
        found += find_marks(text, start, spans[-1].end, state.definitions)
    return found
