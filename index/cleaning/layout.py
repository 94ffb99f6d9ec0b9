"""How the lines of a text hang together: which line ends are soft, and where paragraphs end.

A text is *wrapped* if its line ends mostly fall inside sentences, and a line end is then a space
unless something says that a paragraph ends there. In any other text a line is a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from index.cleaning.lines import Kind, Line
from index.cleaning.words import HYPHENS

#: What separates paragraphs in clean text.
PARAGRAPH = "\n\n"

_CLOSERS = "\"'\u2019\u201d\u00bb\u203a)]}*"
_SENTENCE_ENDS = frozenset(".!?:\u2026\u3002\uff01\uff1f\u0964\u061f")
_OPENERS = "\"'\u2018\u201c\u201e\u00ab\u2039([{"
_BULLET = re.compile(r"[\u2022\u25cf\u25aa\u25e6\u2023\u2043\u25a0*-]\s|\(?(?:\d{1,2}|[a-z])[.)]\s")
_LETTER = re.compile(r"[^\W\d_]")
# Scripts without spaces between words: a line end between two of their characters is nothing.
_SPACELESS = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
# Longer lines are not made by wrapping text to a page.
_WIDEST = 200
_NARROWEST = 25
_FULL = 0.6


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text is set.

    wrapped: whether line ends are soft. width: of a full line, in characters; 0 if unknown.
    marked: whether empty lines and marks, and nothing else, part paragraphs, as in Markdown.
    """

    wrapped: bool
    width: float
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between two lines that are kept.

    blank: an empty line at least. page: a page break. aside: lines that were set aside.
    """

    blank: bool = False
    page: bool = False
    aside: bool = False


def measure(lines: Sequence[Line]) -> Layout:
    """The layout of a text, from all pairs of lines that follow one another without a blank."""
    firsts: list[str] = []
    inside = 0
    for above, below in pairwise(lines):
        if above.text and below.text:
            firsts.append(above.text)
            inside += is_open(above.text) and not _starts_afresh(below.text)
    if not firsts:
        return Layout(False, 0)
    widths = sorted(map(len, firsts))
    width = widths[len(widths) * 9 // 10]
    full = median(widths) >= _FULL * width
    wrapped = _NARROWEST <= width <= _WIDEST and full and inside * 3 >= len(firsts)
    return Layout(wrapped, width)


def is_open(text: str) -> bool:
    """Whether a sentence goes on after `text`: nothing that ends one stands at its end.

    An editor's remark in brackets ("[citation needed]") may follow the end.
    """
    if text.endswith("]"):
        text = text[: text.rfind("[")]
    return bool(text) and text.rstrip(_CLOSERS)[-1:] not in _SENTENCE_ENDS


def goes_on(text: str) -> bool:
    """Whether `text` begins inside a sentence: with a small letter, or what never begins one."""
    bare = text.lstrip(_OPENERS)
    return bare[:1].islower() or text[:1] in ",;.)!?%\u2013"


def _starts_afresh(text: str) -> bool:
    """Whether a sentence may begin with `text`. Scripts without capitals do not tell: no."""
    bare = text.lstrip(_OPENERS)[:1]
    return bare.isupper() or bare.istitle() or not bare.isalpha()


def is_full(lines: Sequence[Line], number: int, layout: Layout) -> bool:
    """Whether a line is long enough to have been broken because it was full.

    Beside a picture or a quote, lines are as long as the two above them are.
    """
    length = len(lines[number].text)
    above = _block_lengths(lines[max(0, number - 2) : number], reverse=True)
    return length >= _FULL * (min(above) if len(above) == 2 else layout.width)


def neighbour(
    lines: Sequence[Line], number: int, step: int, aside: Container[int] = ()
) -> int | None:
    """The nearest line with text after this one (step 1) or before it (-1), but for those aside."""
    number += step
    while 0 <= number < len(lines):
        if lines[number].text and number not in aside:
            return number
        number += step
    return None


def separator(lines: Sequence[Line], above: int, below: int, gap: Gap, layout: Layout) -> str:
    """What stands in clean text between two lines that are kept: a space, nothing, or PARAGRAPH.

    lines: of the document; those set aside have no text. above, below: the numbers of the two.
    Words broken at a line end are not looked at here.
    """
    upper, lower = lines[above], lines[below]
    if lower.kind is not Kind.PROSE or upper.kind not in (Kind.PROSE, Kind.ITEM):
        return PARAGRAPH
    if layout.marked:
        return PARAGRAPH if gap.blank else _joint(upper.text, lower.text)
    full = is_full(lines, above, layout)
    title = _is_heading(lines, below, layout)
    if _parted(upper, lower, gap, layout.wrapped, full, title) or (
        not (gap.blank or gap.page or gap.aside) and _ends_early(lines, above, below, layout)
    ):
        return PARAGRAPH
    return _joint(upper.text, lower.text)


def _parted(upper: Line, lower: Line, gap: Gap, wrapped: bool, full: bool, heading: bool) -> bool:
    """Whether a paragraph ends between two lines, by how they read and what lies between them.

    full: whether the upper one may have been broken because it was full. heading: whether the
    lower one looks like a heading.
    """
    unfinished = is_open(upper.text)
    going_on = unfinished and goes_on(lower.text)
    if not wrapped:
        interrupted = gap.aside and not gap.blank
        # A break inside a sentence of a page or word processor text.
        return not (going_on and len(upper.text) >= 40 and (interrupted or gap == Gap()))
    if gap.aside or gap.page:
        return not (going_on or (unfinished and full and not heading))
    if gap.blank:
        return not (going_on and full)
    return False


def _ends_early(lines: Sequence[Line], above: int, below: int, layout: Layout) -> bool:
    """Whether a paragraph ends at a line end of wrapped text that no blank line marks."""
    upper, lower = lines[above].text, lines[below].text
    if goes_on(lower):
        return False
    if _BULLET.match(lower) and (not is_open(upper) or upper[-1] in ",;"):
        return True
    if is_open(upper):
        # A heading that stands right above its text.
        first = above == 0 or not lines[above - 1].text or not is_open(lines[above - 1].text)
        short = len(upper) < _FULL * layout.width <= len(lower)
        return first and short and _is_title(lines[above])
    if _is_heading(lines, below, layout):
        return True
    room = _room(lines, above, layout)
    return len(upper) + 1 + len(lower.partition(" ")[0]) < 0.85 * room


def _room(lines: Sequence[Line], number: int, layout: Layout) -> float:
    """How wide the lines around this one are: text beside a picture or quote is narrower."""
    above = _block_lengths(lines[max(0, number - 2) : number], reverse=True)
    below = _block_lengths(lines[number + 1 : number + 3], reverse=False)
    if len(below) < 2:
        return max(above, default=layout.width)
    return min(max(above, default=layout.width), max(below))


def _block_lengths(lines: Sequence[Line], reverse: bool) -> list[int]:
    lengths: list[int] = []
    for line in reversed(lines) if reverse else lines:
        if not line.text:
            break
        lengths.append(len(line.text))
    return lengths


def _is_title(line: Line) -> bool:
    """Whether a line looks like a heading: short, a capital first, no full stop."""
    text = line.text
    return len(text) <= 100 and is_open(text) and _starts_afresh(text) and text[-1] not in ",;"


def _is_heading(lines: Sequence[Line], number: int, layout: Layout) -> bool:
    """Whether a line is a heading that ends its block: a title, not full, and nothing goes on."""
    last = number + 1 == len(lines) or not lines[number + 1].text
    if not (last and len(lines[number].text) < 0.75 * layout.width and _is_title(lines[number])):
        return False
    after = neighbour(lines, number, 1)
    return after is None or not goes_on(lines[after].text)


def _joint(upper: str, lower: str) -> str:
    """What joins two lines of one paragraph: a space, unless the scripts or the marks need none."""
    last, first = upper[-1], lower[0]
    if _SPACELESS.match(last) and _SPACELESS.match(first):
        return ""
    # "air/" and "sea", "tactics-" and "and": a mark that binds two words has no space after it.
    if last in "/\u2013\u2014\u2011" + HYPHENS and len(upper) > 1 and _LETTER.match(upper[-2]):
        return "" if first.isalnum() else " "
    return " "
