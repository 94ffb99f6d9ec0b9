"""Which answer: candidates of all passages in one ranking, same answers joined. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.folding import Aliases
from index.types import Hit, Span
from qa.attribution import attribution
from qa.equality import NO_ALIASES, conflict, joined, meaning
from qa.types import ReadSpan

# In logits of `score`, which `pincite ask --explain` prints. On disputed questions of the corpus
# the other accepted answers stood 2 to 3.3 below the best.
RIVAL_MARGIN = 3.5
# The same for what somebody is said to claim, in a sentence that speaks of no less of the question
# (`docs/decisions/0014-claims-are-rivals.md`).
CLAIM_MARGIN = 7.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One span that might be the answer.

    canonical: where it stands in the source's canonical text. rank: of its passage, from 1.
    sentence: the sentence or sentences it stands in, as a person reads them.
    covered: how much of the question its sentence has words for, 0 to 1 (`lexical.Terms`).
    misfit: whether it is of another kind than the question asks for (`kinds.misses_kind`).
    score: what candidates are ordered by, see `score`.
    """

    hit: Hit
    rank: int
    read: ReadSpan
    text: str
    canonical: Span
    sentence: str
    covered: float
    misfit: bool
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

    fused: for each unit of the fused score. covered: for a sentence that has words for the whole
    question over one that has none. misfit: against a span of another kind than was asked for.
    """

    fused: float
    covered: float
    misfit: float


def score(margin: float, hit: Hit, covered: float, misfit: bool, weights: Weights) -> float:
    """A candidate's score: the reader's margin, what the retrieval says of its passage, so that
    reading further down the ranking does not drown the answer, and what a small reader does not
    see as well as the words themselves: how much of the question its sentence speaks of, and
    whether it is of the kind that was asked for."""
    return margin + weights.fused * hit.fused + weights.covered * covered - weights.misfit * misfit


def group(candidates: Sequence[Candidate], aliases: Aliases = NO_ALIASES) -> list[Group]:
    """Groups of the same answer, as `equality.joined` has it, best first.

    A candidate that overlaps a better one in the same source is that one said longer or shorter
    (passages overlap, and so do a passage's spans), and is dropped.
    """
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (-c.score, c.rank, c.canonical)):
        if not any(overlap(candidate, other) for other in kept):
            kept.append(candidate)
    grouped: dict[int, list[Candidate]] = {}
    answers = joined([meaning(candidate.text, aliases) for candidate in kept])
    for candidate, answer in zip(kept, answers, strict=True):
        same = grouped.setdefault(answer, [])
        if all(c.hit.source.id != candidate.hit.source.id for c in same):
            same.append(candidate)
    return [Group(tuple(same)) for same in grouped.values()]


def rivals(
    groups: Sequence[Group], aliases: Aliases = NO_ALIASES, *, claim_margin: float = CLAIM_MARGIN
) -> list[bool]:
    """Which of the groups, best first, are rivals: this is the one place that says so.

    A group stands near the best if its score is at most RIVAL_MARGIN below the best's, or at most
    `claim_margin` if it is a claim and its sentence covers as much of the question. A rival stands
    near the best and contradicts (`equality.conflict`) another that does. Neither dates nor the
    number of voices count.
    """
    said = [
        meaning(g.best.text, aliases) if _is_near(g.best, groups[0].best, claim_margin) else None
        for g in groups
    ]
    near = [one for one in said if one is not None]
    return [one is not None and any(conflict(one, other) for other in near) for one in said]


def _is_near(candidate: Candidate, best: Candidate, claim_margin: float) -> bool:
    below = best.score - candidate.score
    if below <= RIVAL_MARGIN:
        return True
    likely = below <= claim_margin and candidate.covered >= best.covered and not candidate.misfit
    return likely and _is_claim(candidate)


def _is_claim(candidate: Candidate) -> bool:
    """Whether its sentence says who says so."""
    at = candidate.sentence.find(candidate.text)
    return (
        at >= 0 and attribution(candidate.sentence, Span(at, at + len(candidate.text))) is not None
    )


def overlap(a: Candidate, b: Candidate) -> bool:
    """Whether two candidates share a place of one source."""
    return (
        a.hit.source.id == b.hit.source.id
        and a.canonical.start < b.canonical.end
        and b.canonical.start < a.canonical.end
    )
