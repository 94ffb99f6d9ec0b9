"""Markdown's marks inside a block: code, emphasis, links, pictures, tags and escapes.

One pass with a stack a kind of mark, so that time grows with the text alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container

from index.cleaning.editmap import Edit

_TOKEN = re.compile(
    r"\\(?:[!-/:-@\[-`{-~]|(?=[\r\n]))"  # an escaped mark, or a line end that is to show
    r"|`+|\*+|_+|~~|!\[|\[\^[^\]\s]{1,40}\]|\[|\]"
    r"|<(?:https?://[^\s<>]*|[^\s<>@]{1,80}@[^\s<>]{1,80})>"
    r"|</?(?:a|abbr|b|big|blockquote|br|center|cite|code|dd|del|details|dfn|div|dl|dt|em|figcaption"
    r"|figure|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|small|span|strike|strong|sub"
    r"|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video)\b[^<>]{0,1000}>",
    re.IGNORECASE,
)
# Where a link goes, and its title: after the bracket that ends its text.
_TARGET = re.compile(
    r"\(\s{0,9}(?:<[^<>\n]{0,2000}>|[^\s()<>]{0,2000}(?:\([^\s()]{0,500}\)[^\s()]{0,500}){0,9})"
    r"(?:\s{1,9}(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\)))?\s{0,9}\)"
)
_REFERENCE = re.compile(r"\[([^\[\]\n]{0,200})\]")
# Tags between whose sides a line may end.
_BREAKING = re.compile(r"</?(?:br|dd|div|dt|h|li|p\b|td|th|tr)", re.IGNORECASE)


def find_marks(text: str, start: int, end: int, definitions: Container[str]) -> list[Edit]:
    """The marks in a block, as edits that drop them; not sorted, and some inside others.

    definitions: the labels, case-folded, that links of the form `[text][label]` may name.
    """
    edits: list[Edit] = []
    brackets: list[tuple[int, bool]] = []
    open_runs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    code_ends = _code_ends(text, start, end)
    position = start
    while match := _TOKEN.search(text, position, end):
        token, at, position = match[0], match.start(), match.end()
        if token[0] == "\\":
            edits.append(Edit(at, at + 1, ""))
        elif token[0] == "`":
            if at in code_ends:
                close = code_ends[at]
                edits += (Edit(at, position, ""), Edit(close, close + len(token), ""))
                position = close + len(token)
        elif token[0] == "<":
            if "@" in token or "://" in token[:9]:
                edits += (Edit(at, at + 1, ""), Edit(position - 1, position, ""))
            else:
                edits.append(Edit(at, position, " " if _BREAKING.match(token) else ""))
        elif token.startswith("[^"):
            edits.append(Edit(at, position, ""))
        elif token in ("[", "!["):
            brackets.append((at, token == "!["))
        elif token == "]":
            if brackets:
                position = _close_link(text, brackets.pop(), at, end, definitions, edits)
        else:
            edits += _emphasis(text, at, position, start, end, open_runs[token[0]])
    return edits


def _code_ends(text: str, start: int, end: int) -> dict[int, int]:
    """For each run of backticks, where the next run as long begins."""
    ends: dict[int, int] = {}
    last: dict[int, int] = {}
    for match in reversed(list(re.finditer("`+", text[start:end]))):
        size = match.end() - match.start()
        if size in last:
            ends[start + match.start()] = last[size]
        last[size] = start + match.start()
    return ends


def _close_link(
    text: str,
    bracket: tuple[int, bool],
    close: int,
    end: int,
    definitions: Container[str],
    edits: list[Edit],
) -> int:
    """Drop what belongs to the link whose text ends at `close`; where to go on reading."""
    opening, picture = bracket
    label = text[opening + 1 + picture : close]
    after = close + 1
    target, reference = _TARGET.match(text, after, end), _REFERENCE.match(text, after, end)
    if reference and (reference[1] or label).casefold() not in definitions:
        reference = None
    if match := target or reference:
        after = match.end()
    elif label.casefold() not in definitions:
        return close + 1
    if picture:
        edits.append(Edit(opening, after, ""))
    else:
        edits += (Edit(opening, opening + 1, ""), Edit(close, after, ""))
    return after


def _emphasis(
    text: str, at: int, after: int, start: int, end: int, runs: list[tuple[int, int]]
) -> list[Edit]:
    """The marks that a run of `*`, `_` or `~~` closes; else it may open, and goes on the stack.

    A run opens after a space or mark and before a word, and closes the other way round.
    """
    before = text[at - 1] if at > start else " "
    behind = text[after] if after < end else " "
    size = after - at
    edits: list[Edit] = []
    if not before.isspace() and not behind.isalnum():
        while runs and size:
            opening, length = runs.pop()
            used = min(length, size)
            # Of the opening run the marks nearest to the words, of the closing one likewise.
            edits += (
                Edit(opening + length - used, opening + length, ""),
                Edit(at, at + used, ""),
            )
            at, size = at + used, size - used
            if length > used:
                runs.append((opening, length - used))
    if size and size <= 3 and not behind.isspace() and not before.isalnum():
        runs.append((at, size))
    return edits
