"""Which answer: candidates of all passages in one ranking, same answers joined. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.folding import fold
from index.types import Hit, Span
from qa.types import ReadSpan

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NOT_WORD = re.compile(r"[^\w%$€£.,-]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One span that might be the answer.

    canonical: where it stands in the source's canonical text. rank: of its passage, from 1.
    covered: how much of the question its sentence has words for, 0 to 1 (`lexical.Terms`).
    score: what candidates are ordered by, see `score`.
    """

    hit: Hit
    rank: int
    read: ReadSpan
    text: str
    canonical: Span
    covered: float
    score: float


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates that give the same answer, the best of each source, best first."""

    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        return self.candidates[0]


@dataclass(frozen=True, slots=True)
class Weights:
    """What else counts beside the reader's margin, in logits.

    fused: for each unit of the natural logarithm of the fused score. covered: for a sentence that
    has words for the whole question over one that has none.
    """

    fused: float
    covered: float


def score(margin: float, hit: Hit, covered: float, weights: Weights) -> float:
    """A candidate's score: the reader's margin, what the retrieval says of its passage, so that
    reading further down the ranking does not drown the answer, and how much of the question its
    sentence speaks of, which a small reader does not see as well as the words themselves."""
    return margin + weights.fused * math.log(hit.fused) + weights.covered * covered


def normalise(answer: str) -> str:
    """The form in which two answers are compared: folded, without articles and outer points.

    After SQuAD's evaluation (Rajpurkar et al. 2016), but points and commas inside numbers stay.

    >>> normalise("The Bayraktar TB2.")
    'bayraktar tb2'
    """
    bare = _NOT_WORD.sub(" ", fold(answer))
    bare = _ARTICLES.sub(" ", bare)
    return " ".join(word.strip(".,-") for word in bare.split()).strip()


def group(candidates: Sequence[Candidate]) -> list[Group]:
    """Groups of the same answer, best first.

    A candidate that overlaps a better one in the same source is that one said longer or shorter
    (passages overlap, and so do a passage's spans), and is dropped.
    """
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (-c.score, c.rank, c.canonical)):
        if not any(_overlap(candidate, other) for other in kept):
            kept.append(candidate)
    grouped: dict[str, list[Candidate]] = {}
    for candidate in kept:
        key = normalise(candidate.text) or candidate.text
        same = grouped.setdefault(key, [])
        if all(c.hit.source.id != candidate.hit.source.id for c in same):
            same.append(candidate)
    return [Group(tuple(same)) for same in grouped.values()]


def _overlap(a: Candidate, b: Candidate) -> bool:
    return (
        a.hit.source.id == b.hit.source.id
        and a.canonical.start < b.canonical.end
        and b.canonical.start < a.canonical.end
    )
