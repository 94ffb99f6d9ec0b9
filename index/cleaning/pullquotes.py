"""Pull quotes: sentences of a text, set again in short lines to catch the eye, amid its columns.

Taken out of its page, such a quote stands in the middle of a sentence that has nothing to do with
it. A run of lines is one if all of this holds:

- it begins a block, has two lines or more, and at least 40 letters;
- its letters, in order, stand elsewhere in the document too, in a block that goes on beyond them
  and whose lines break at other places (a refrain or a repeated clause breaks at the same ones);
- its lines are short, at most 3/4 of a full line, or it is a block by itself that interrupts a
  sentence: what comes before has no end, and what comes after goes on in small letters;
- where it runs into the text after it without an empty line, it interrupts a sentence.

Letters are compared, case-folded, because quotes lose note numbers, hyphens and punctuation.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from index.cleaning.layout import Layout, goes_on, is_open, neighbour
from index.cleaning.lines import Line

_FEWEST_LETTERS = 40
_KEY = 24
_MOST_LETTERS = 2_000
_MOST_PLACES = 8
_SHORT = 0.75


@dataclass(frozen=True, slots=True)
class _Letters:
    """All letters of a document in one string; starts[i] is where those of line i begin."""

    text: str
    starts: Sequence[int]

    def line_at(self, position: int) -> int:
        """The line that holds the letter at `position`."""
        return bisect_right(self.starts, position) - 1


def find(lines: Sequence[Line], layout: Layout) -> set[int]:
    """The numbers of the lines that are pull quotes, in a text with this layout."""
    if not layout.wrapped:
        return set()
    folded = ["".join(filter(str.isalpha, line.text.casefold())) for line in lines]
    letters = _Letters("".join(folded), [0, *accumulate(map(len, folded))])
    blocks = _blocks(lines)
    found: set[int] = set()
    for first, places in _places(letters, blocks).items():
        for place in places:
            last = _match(letters, blocks, first, place)
            if last is not None and _stands_apart(lines, blocks, first, last, layout):
                found.update(range(first, last + 1))
                break
    return found


def _blocks(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """For each line, the first and last line of its block: the lines between two empty ones."""
    blocks: list[tuple[int, int]] = []
    first = 0
    for number, line in enumerate(lines):
        if not line.text:
            first = number + 1
            blocks.append((number, number))
        else:
            last = number
            while last + 1 < len(lines) and lines[last + 1].text and number == first:
                last += 1
            blocks.append((first, last if number == first else blocks[first][1]))
    return blocks


def _places(letters: _Letters, blocks: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Where else the first letters of each block occur: by the block's first line, positions."""
    keys: dict[str, list[int]] = defaultdict(list)
    for number, (first, last) in enumerate(blocks):
        start = letters.starts[number]
        if number == first < last and letters.starts[last + 1] - start >= _FEWEST_LETTERS:
            keys[letters.text[start : start + _KEY]].append(number)
    places: dict[int, list[int]] = defaultdict(list)
    if keys:
        text = letters.text
        for position in range(len(text) - _KEY + 1):
            key = text[position : position + _KEY]
            if key in keys:
                for number in keys[key][:_MOST_PLACES]:
                    if position != letters.starts[number] and len(places[number]) < _MOST_PLACES:
                        places[number].append(position)
    return places


def _match(
    letters: _Letters,
    blocks: Sequence[tuple[int, int]],
    first: int,
    place: int,
) -> int | None:
    """The last line of the run from `first` whose letters stand at `place` too, in other lines."""
    start = letters.starts[first]
    end = min(letters.starts[blocks[first][1] + 1], start + _MOST_LETTERS)
    if start < place:
        end = min(end, place)
    size = _common(letters.text, start, place, end - start)
    last = blocks[first][1]
    while last > first and letters.starts[last + 1] > start + size:
        last -= 1
    size = letters.starts[last + 1] - start
    if last <= first or size < _FEWEST_LETTERS:
        return None
    home_first, home_last = blocks[letters.line_at(place)]
    if letters.starts[home_last + 1] - letters.starts[home_first] <= size:
        return None
    breaks = {letters.starts[number] - start for number in range(first + 1, last + 1)}
    home = range(letters.line_at(place) + 1, letters.line_at(place + size - 1) + 1)
    return None if breaks == {letters.starts[number] - place for number in home} else last


def _common(text: str, one: int, other: int, most: int) -> int:
    """How many letters, at most `most`, are the same from `one` and from `other` on."""
    size = 0
    while size < most:
        step = min(64, most - size)
        left, right = text[one + size : one + size + step], text[other + size : other + size + step]
        if left != right:
            same = (a == b for a, b in zip(left, right, strict=False))
            return size + next((n for n, equal in enumerate(same) if not equal), len(right))
        size += step
    return size


def _stands_apart(
    lines: Sequence[Line], blocks: Sequence[tuple[int, int]], first: int, last: int, layout: Layout
) -> bool:
    """Whether the shape and the surroundings of a run of lines are those of a pull quote."""
    before, after = neighbour(lines, first, -1), neighbour(lines, last, 1)
    interrupts = (
        before is not None
        and after is not None
        and is_open(lines[before].text)
        and goes_on(lines[after].text)
    )
    whole = last == blocks[first][1]
    short = all(len(line.text) <= _SHORT * layout.width for line in lines[first : last + 1])
    return (short and (whole or interrupts)) or (whole and interrupts)
