"""Span decoding: from a reader's logits to answer spans and their margin over no-answer. Pure.

A reader in the manner of BERT (Devlin et al. 2019, section 4.3) gives each token a start and an
end logit; the sum at position 0, the `[CLS]` token, is the score of "not here". A span's
**margin** is its own sum less that score. Unlike a softmax within one passage, margins compare
across passages (Clark and Gardner 2018), so that one ranking holds over all that was read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.types import Span

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]

MAX_ANSWER_TOKENS = 30
# What opens, by what closes it. Straight quotation marks are inches too, and the curly ones pair
# otherwise in other languages: only the English way is known here.
_OPENS = {")": "(", "]": "[", "”": "“", "»": "«"}


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """First and last token of a span (inclusive) and its margin over no-answer, in logits."""

    first: int
    last: int
    margin: float


def best_spans(
    start: FloatArray,
    end: FloatArray,
    parts: IntArray,
    *,
    count: int,
    max_tokens: int = MAX_ANSWER_TOKENS,
) -> list[TokenSpan]:
    """The `count` best spans of one passage that do not overlap, best first.

    start, end: logits, shape (tokens,); position 0 is the no-answer position.
    parts: shape (tokens,), the number of the part of the passage that a token stands in, from 1; 0
    for those that no answer may hold. A span lies in one part: a small reader sees no line ends,
    and runs on from a heading into what stands below.
    Fewer spans come back where fewer fit; none where `parts` is nowhere above 0.
    """
    where = np.flatnonzero(parts)
    if not len(where):
        return []
    offset, stop = int(where[0]), int(where[-1]) + 1
    starts, ends, inside = start[offset:stop], end[offset:stop], parts[offset:stop]
    scores = starts[:, None] + ends[None, :]
    size = stop - offset
    distance = np.arange(size)[None, :] - np.arange(size)[:, None]
    together = (inside[:, None] == inside[None, :]) & (inside > 0)
    valid = (distance >= 0) & (distance < max_tokens) & together
    scores = np.where(valid, scores, -np.inf)
    null = float(start[0] + end[0])
    spans: list[TokenSpan] = []
    for _ in range(count):
        best = int(np.argmax(scores))
        first, last = divmod(best, size)
        score = float(scores[first, last])
        if score == -np.inf:
            break
        spans.append(TokenSpan(first + offset, last + offset, score - null))
        # What overlaps is the same answer said longer or shorter: spans that start before its
        # end and end after its start.
        scores[: last + 1, first:] = -np.inf
    return spans


def without_halves(text: str, span: Span) -> Span:
    """The span without a bracket or quotation mark at its ends whose other half stands outside it:
    `12,192 meters)` of a text with `(12,192 meters)` is `12,192 meters`. What holds nothing else
    stays as it is."""
    start, end = span
    unpaired = _unpaired(text[start:end])
    while start < end and end - 1 - span.start in unpaired and _opened(text[end - 1], text[:start]):
        end -= 1
    while start < end and start - span.start in unpaired and _closed(text[start], text[end:]):
        start += 1
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip())
    end = start + len(inner.strip())
    return Span(start, end) if start < end else span


def _unpaired(text: str) -> set[int]:
    """Where the marks stand that lack their other half."""
    opened: list[int] = []
    lost: set[int] = set()
    for place, mark in enumerate(text):
        if mark in _OPENS.values():
            opened.append(place)
        elif mark in _OPENS:
            if opened and text[opened[-1]] == _OPENS[mark]:
                opened.pop()
            else:
                lost.add(place)
    return lost.union(opened)


def _opened(mark: str, before: str) -> bool:
    return mark in _OPENS and _OPENS[mark] in before


def _closed(mark: str, after: str) -> bool:
    return any(opens == mark and closes in after for closes, opens in _OPENS.items())
