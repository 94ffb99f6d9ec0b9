"""English sentences as tokens, cut where one statement ends and another begins. Pure.

By rules, without a parser: what is not certain is cut, for a word that stands in another
statement says nothing of this one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.types import Span

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"
    r"|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Maj|Capt|Sgt|Sen|Rep|Gov|St|No|Jan|Feb|Aug|Sept|Oct|Nov|Dec)\."
    r"|[^\W_]+(?:[.,]\d+)*(?:[-'’&.][^\W_]+)*|[^\w\s]"
)
_END = frozenset(".!?")
_CLOSING = frozenset("\"”’')]")
_BREAKS = frozenset((";", "|"))
# Words that begin a statement of their own after a comma or a dash.
_TURNS = frozenset(
    ("while", "whereas", "but", "although", "though", "and", "or", "yet", "nor", "when", "as", "so",
     "because", "however", "since", "where")
)  # fmt: skip
# Words that begin a sentence with what is granted, up to a comma, before what is said.
_CONCESSIONS = frozenset(("although", "though", "while", "whereas"))
# What "but" may be followed by where it begins a statement without a comma before it: what a
# subject begins with. "A small but growing fleet" is one statement.
_SUBJECTS = frozenset(
    ("the", "a", "an", "this", "that", "these", "those", "its", "their", "his", "her", "it", "he",
     "she", "they", "we", "there")
)  # fmt: skip
# After these, "but" means "except".
_NO_TURN = frozenset(
    ("nothing", "all", "anything", "none", "no", "everything", "choice", "nobody", "anyone")
)
_DASHES = frozenset("—–")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark with its place in the text."""

    text: str
    span: Span

    @property
    def folded(self) -> str:
        return self.text.casefold().replace("’", "'")

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()


def tokens(text: str) -> list[Token]:
    """The tokens of a text in order; white space and underscores are in none."""
    return [Token(m[0], Span(*m.span())) for m in _TOKEN.finditer(text)]


def statement(text: str, answer: Span) -> list[Token]:
    """The tokens of the statement that `answer`, a span of `text`, stands in.

    A statement is a sentence, or the part of one between semicolons, before and after a turn such
    as ", while", or before and after the comma that ends an "Although …". An answer that runs over
    several has the tokens of all.
    """
    found = tokens(text)
    within = [i for i, t in enumerate(found) if t.span.end > answer.start
              and t.span.start < answer.end]  # fmt: skip
    if not within:
        return []
    first, last = within[0], within[-1]
    start = next((i for i in range(first, 0, -1) if _begins(found, i)), 0)
    end = next((i for i in range(last + 1, len(found)) if _begins(found, i)), len(found))
    if start == 0 or found[start - 1].text in _END:
        start, end = _without_concession(found, start, end, first, last)
    return found[start:end]


def _without_concession(
    found: Sequence[Token], start: int, end: int, first: int, last: int
) -> tuple[int, int]:
    """The part of a sentence that begins with a concession, and holds the tokens from `first` to
    `last`. Where more than one comma stands before these, none is known to end the concession."""
    begins = start + (found[start].folded == "even")
    if begins >= end or found[begins].folded not in _CONCESSIONS:
        return start, end
    commas = [at for at in range(begins, end) if found[at].text == ","]
    before = [at for at in commas if at < first]
    if not before:
        return start, next((at for at in commas if at > last), end)
    return (before[0] + 1 if len(before) == 1 else start), end


def _begins(found: Sequence[Token], at: int) -> bool:
    """Whether a statement begins at a token, or with the mark just before it."""
    before, here = found[at - 1], found[at]
    if here.text in _BREAKS or before.text in _BREAKS:
        return True
    if here.folded in _TURNS and (before.text == "," or before.text in _DASHES):
        return True
    if here.folded in ("but", "whereas") and before.folded not in _NO_TURN and at + 1 < len(found):
        following = found[at + 1]
        if following.is_capital or following.folded in _SUBJECTS:
            return True
    if here.text in _CLOSING or not (here.is_capital or not here.is_word or here.text.isdigit()):
        return False
    back = at - 1
    while back > 0 and found[back].text in _CLOSING:
        back -= 1
    # "12.5" is one token, so that a point followed by white space ends a sentence.
    return found[back].text in _END and here.span.start > found[back].span.end
