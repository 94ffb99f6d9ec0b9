"""Text cut where marks begin and end: pure.

Offsets are Unicode code points, which JavaScript does not count in; so texts are marked here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from markupsafe import Markup, escape

from index.types import Span

# answer: the answer in a quote. said: who says so, or that it is uncertain. quote: a quote in its
# source.
Kind = Literal["answer", "said", "quote"]

_LONE_RETURN = re.compile(r"\r(?!\n)")


class Mark(NamedTuple):
    """A run of a text, and as what it is to be shown."""

    span: Span
    kind: Kind


class Part(NamedTuple):
    """A run of a text; kind is None where nothing marks it."""

    text: str
    kind: Kind | None = None


def parts(text: str, marks: Sequence[Mark], within: Span | None = None) -> tuple[Part, ...]:
    """`text`, or the run `within` of it, in parts that join to it again.

    Where marks overlap the first one holds. What of a mark is outside is left out.
    """
    start, end = within or Span(0, len(text))
    cuts = {start, end}
    for span, _ in marks:
        cuts |= {cut for cut in span if start < cut < end}
    ends = sorted(cuts)
    return tuple(Part(text[first:last], _kind_at(first, marks)) for first, last in pairwise(ends))


def _kind_at(offset: int, marks: Sequence[Mark]) -> Kind | None:
    return next((kind for span, kind in marks if span.start <= offset < span.end), None)


def exact(text: str) -> Markup:
    """HTML whose text content is `text` to the letter, for an element that keeps white space.

    A parser of HTML makes line feeds of carriage returns unless they are references, and browsers
    break no line at a lone one, hence the element. NUL is no character of HTML: it is shown as
    U+FFFD, which is one code point as well.
    """
    escaped = str(escape(text.replace("\0", "\ufffd")))
    broken = _LONE_RETURN.sub("&#13;<br>", escaped)
    return Markup(broken.replace("\r", "&#13;"))
