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

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]

MAX_ANSWER_TOKENS = 30


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
