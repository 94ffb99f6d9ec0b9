"""Footnote numbers glued to the words they belong to: "as was said.12 The", "setbacks34 and".

One such number proves nothing: "TB2", "2.74" and "France24" look the same. A series does. The
numbers taken are the longest chain that rises by one, two or three through a stretch of text, has
at least five members, and whose members stand after different words ("Art.1", "Art.2" do not). A
number after a digit ("7,630.64") or after capitals ("TB2") is taken only where it fills the place
between its neighbours in the chain. A text may have several chains, one a chapter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FEWEST = 5
_MOST_CHAINS = 40
_LARGEST_STEP = 3
_RAISED = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "0123456789"
)
# A number of up to three digits, after a letter or a mark that ends words, before a space or mark.
_GLUED = re.compile(
    r"(?<=[^\W\d_.]|[.,;:!?)\]'\"\u2019\u201d\u2026\u00bb%])"
    r"(?<!\d,)([1-9]\d{0,2}|[\u00b9\u00b2\u00b3\u2074-\u2079][\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{0,2})(?=[\s.,;:)\]\u2014\u2013]|\Z)(?![.,:]\d)"
)
_WORD_BEFORE = re.compile(r"([^\W\d_]+|\d+)\W*$")


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    value: int
    word: str
    doubtful: bool  # more likely a part of what stands before it


def find(text: str) -> list[tuple[int, int]]:
    """Where the footnote numbers stand in `text`, in order."""
    numbers = [_number(text, match) for match in _GLUED.finditer(text)]
    found: list[_Number] = []
    stretches = [numbers]
    for _ in range(_MOST_CHAINS):
        if not stretches:
            break
        stretch = stretches.pop()
        chain = _longest(stretch)
        if _convinces([stretch[index] for index in chain]):
            found += _certain([stretch[index] for index in chain])
            stretches += [stretch[: chain[0]], stretch[chain[-1] + 1 :]]
    return sorted((number.start, number.end) for number in found)


def _number(text: str, match: re.Match[str]) -> _Number:
    before = text[max(0, match.start() - 40) : match.start()]
    word = _WORD_BEFORE.search(before)
    glued = before[-1:].isupper()
    after_digit = before[-1:] in ".,:" and before[-2:-1].isdigit()
    return _Number(
        match.start(),
        match.end(),
        int(match[0].translate(_RAISED)),
        word[1].casefold() if word else "",
        glued or after_digit,
    )


def _longest(numbers: Sequence[_Number]) -> list[int]:
    """The indices of the best chain: of each member's predecessors, the one with the best score.

    A doubtful number adds less than a sure one, and a step over a missing number costs a little.
    Time is linear: at each value, only the best chain that ends there is kept.
    """
    best: dict[int, tuple[float, int]] = {}
    previous: list[int] = []
    top = (0.0, -1)
    for index, number in enumerate(numbers):
        score, parent = 0.0, -1
        for step in range(1, _LARGEST_STEP + 1):
            if number.value - step in best:
                reached, at = best[number.value - step]
                if reached - 0.3 * (step - 1) > score:
                    score, parent = reached - 0.3 * (step - 1), at
        previous.append(parent)
        score += 0.2 if number.doubtful else 1.0
        # Of two chains as good, the later one: its numbers lie closer together.
        if score >= best.get(number.value, (0.0, -1))[0]:
            best[number.value] = (score, index)
        top = max(top, (score, index))
    chain: list[int] = []
    index = top[1]
    while index >= 0:
        chain.append(index)
        index = previous[index]
    return chain[::-1]


def _convinces(chain: Sequence[_Number]) -> bool:
    sure = [number for number in chain if not number.doubtful]
    words = [number.word for number in sure]
    return len(sure) >= _FEWEST and len(set(words)) * 10 >= len(words) * 6


def _certain(chain: Sequence[_Number]) -> list[_Number]:
    """The members of a chain without the doubtful ones that do not fill a gap exactly."""
    kept: list[_Number] = []
    for index, number in enumerate(chain):
        inner = 0 < index < len(chain) - 1
        fills = inner and chain[index + 1].value - chain[index - 1].value == 2
        if not number.doubtful or fills:
            kept.append(number)
    return kept
