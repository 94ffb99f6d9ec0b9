"""The map between a canonical text and its clean text: a list of edits, everything else copied.

An edit replaces a run of canonical text; all offsets are code points. Between two edits the texts
agree letter for letter, so a position is mapped by finding the edits around it: O(log n).
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from index.types import Span

_VERSION = 1


class Edit(NamedTuple):
    """`canonical[start:end]` became `replacement`; `start < end`."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class EditMap:
    """Edits over a canonical text of `length` code points, sorted and not overlapping.

    Raises ValueError when made of edits that are empty, out of order or out of the text.
    """

    length: int
    edits: tuple[Edit, ...] = ()
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _clean_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _clean_ends: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        position = 0
        for start, end, _ in self.edits:
            if not position <= start < end:
                raise ValueError(f"edit {start} to {end} is empty or out of order")
            position = end
        if position > self.length:
            raise ValueError(f"edit {start} to {end} is not in a text of {self.length}")
        # How much longer the clean text is than the canonical text, after each edit.
        growth = tuple(accumulate(len(text) - (end - start) for start, end, text in self.edits))
        derived = {
            "_starts": tuple(edit.start for edit in self.edits),
            "_ends": tuple(edit.end for edit in self.edits),
            "_clean_starts": tuple(
                edit.end + grown - len(edit.replacement)
                for edit, grown in zip(self.edits, growth, strict=True)
            ),
            "_clean_ends": tuple(
                edit.end + grown for edit, grown in zip(self.edits, growth, strict=True)
            ),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def clean_length(self) -> int:
        """The length of the clean text."""
        if not self.edits:
            return self.length
        return self._clean_ends[-1] + self.length - self._ends[-1]

    def apply(self, text: str) -> str:
        """The clean text of the canonical text `text`. Raises ValueError if it is not that long."""
        if len(text) != self.length:
            raise ValueError(f"the text has {len(text)} code points, not {self.length}")
        parts: list[str] = []
        position = 0
        for start, end, replacement in self.edits:
            parts += (text[position:start], replacement)
            position = end
        parts.append(text[position:])
        return "".join(parts)

    def to_canonical(self, span: Span) -> Span:
        """The smallest canonical span that contains the clean span.

        A code point that an edit put in stands for the whole run that the edit replaced; runs
        replaced by nothing count only where they lie inside the span. An empty span maps to an
        empty one: before the code point that follows it (at the end of the text if none does), or
        at the start of the run if the position lies inside a replacement.

        Raises ValueError if `span` is not in the clean text.
        """
        self._check(span, self.clean_length)
        start = self._start_of(span.start)
        return Span(start, start if span.start == span.end else self._end_of(span.end))

    def to_clean(self, span: Span) -> Span:
        """The clean span that covers what is left of the canonical span; it may be empty.

        A replacement counts if the span touches any of the run that it replaced.

        Raises ValueError if `span` is not in the canonical text.
        """
        self._check(span, self.length)
        first = bisect_right(self._ends, span.start)
        if first < len(self.edits) and self._starts[first] <= span.start:
            start = self._clean_starts[first]
        else:
            start = span.start + self._shift(first)
        if span.start == span.end:
            return Span(start, start)
        last = bisect_left(self._starts, span.end)
        if last and self._ends[last - 1] >= span.end:
            return Span(start, self._clean_ends[last - 1])
        return Span(start, span.end + self._shift(last))

    def to_bytes(self) -> bytes:
        """A compact form, the same for the same map: JSON with gaps and lengths, not offsets."""
        texts = sorted({edit.replacement for edit in self.edits})
        number = {text: index for index, text in enumerate(texts)}
        flat: list[int] = []
        position = 0
        for start, end, replacement in self.edits:
            flat += (start - position, end - start, number[replacement])
            position = end
        value = {"version": _VERSION, "length": self.length, "texts": texts, "edits": flat}
        return json.dumps(value, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> EditMap:
        """The map that `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ValueError("not an edit map") from error
        if not isinstance(value, dict) or value.get("version") != _VERSION:
            raise ValueError("not an edit map of this version")
        length: Any = value.get("length")
        texts, flat = value.get("texts"), value.get("edits")
        if not isinstance(texts, list) or not isinstance(flat, list) or len(flat) % 3:
            raise ValueError("not an edit map: a list is missing or broken")
        if not all(map(_is_count, (length, *flat))) or any(type(text) is not str for text in texts):
            raise ValueError("not an edit map: a value is of the wrong kind")
        edits: list[Edit] = []
        position = 0
        for gap, size, number in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            if number >= len(texts):
                raise ValueError("not an edit map: a replacement is missing")
            edits.append(Edit(position + gap, position + gap + size, texts[number]))
            position += gap + size
        return cls(length, tuple(edits))

    def _start_of(self, position: int) -> int:
        """Where the clean code point at `position` begins in the canonical text."""
        # The first edit that put in something beyond the position; edits that put in nothing
        # right at it stand before the code point.
        index = bisect_right(self._clean_ends, position)
        if index < len(self.edits) and self._clean_starts[index] <= position:
            return self._starts[index]
        return position - self._shift(index)

    def _end_of(self, position: int) -> int:
        """Where the clean code point before `position` ends in the canonical text."""
        index = bisect_left(self._clean_starts, position)
        if index and self._clean_ends[index - 1] >= position:
            return self._ends[index - 1]
        return position - self._shift(index)

    def _shift(self, index: int) -> int:
        """Clean minus canonical offset in the copied run before edit number `index`."""
        return self._clean_ends[index - 1] - self._ends[index - 1] if index else 0

    @staticmethod
    def _check(span: Span, length: int) -> None:
        if not 0 <= span.start <= span.end <= length:
            raise ValueError(f"span {span.start} to {span.end} is not in a text of {length}")


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
