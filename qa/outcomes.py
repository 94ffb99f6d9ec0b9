"""What came of each question of an evaluation, and the scores of all of them: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from index.types import Span
from qa.evaluation import (
    Scored,
    answerable,
    area_under_risk,
    calibration_error,
    found_within,
    is_right,
    joint,
    ndcg,
    risk_coverage,
)

# How many passages of each ranking are looked at, and where recall is taken.
DEPTH = 20
RECALL_AT = (1, 5, 10, DEPTH)
NDCG_AT = 10
LEGS = ("dense", "lexical", "fused")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as a person is shown it.

    text: on one line. mark: where the answer stands in it. rank: of the passage in the fused
    ranking, from 1; None where it was not looked at.
    """

    source: str
    text: str
    mark: Span | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """How well the passages that answer a question were found.

    relevant: how many there are in the index. ranks: by leg, the ranks of those among the first
    `DEPTH`, from 1, ascending.
    """

    relevant: int
    ranks: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question.

    accepted: its answers, none where there is none. guess: the best answer, whether or not it is
        sure enough to be given; "" if nothing was found. confidence: of the guess, 0 to 1.
    seconds: wall clock. retrieved: None where there is no answer, or no retrieval.
    right_source: whether the guess's first citation is of a source that answers the question,
        False where nothing was found; None where nobody says which source that is.
    given: the passage of the guess. wanted: a passage that answers, the best ranked one.
    """

    question: str
    accepted: tuple[str, ...]
    guess: str
    confidence: float
    tokens: int
    seconds: float
    retrieved: Retrieved | None = None
    right_source: bool | None = None
    given: Excerpt | None = None
    wanted: Excerpt | None = None

    def answered(self, min_confidence: float) -> bool:
        """Whether the guess is given as the answer."""
        return bool(self.guess) and self.confidence >= min_confidence

    @property
    def is_right(self) -> bool:
        """Whether the guess is an accepted answer, or near enough to one (`RIGHT_F1`)."""
        return is_right(self.guess, self.accepted)


@dataclass(frozen=True, slots=True)
class TextScore:
    """Means in percent."""

    exact_match: float
    f1: float


@dataclass(frozen=True, slots=True)
class Decisions:
    """Counts of questions. Answered rightly: with a right answer. Answered wrongly: with another
    one, or though there is none. Declined rightly: there is no answer."""

    answered_right: int
    answered_wrong: int
    declined_right: int
    declined_wrong: int


@dataclass(frozen=True, slots=True)
class LegScores:
    """Means in percent, over the questions that have an answer. recall: by k."""

    recall: Mapping[int, float]
    ndcg_at_10: float


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of an evaluation; shares and means in percent, None where nothing counts.

    exact_match, f1: over all questions; one that was declined counts as right where there is no
        answer and as wrong where there is one (SQuAD 2.0: Rajpurkar et al. 2018).
    best_guess: the same over the questions that have an answer, declined or not.
    right_of_answered: answered rightly, of those answered. declined_of_answerable,
        declined_of_unanswerable: declined, of those that have an answer and of those without.
    right_source: answers to questions that name their source whose first citation is of it.
    best_guess_right_source: the same of all questions that have an answer and name their source,
        whether or not the guess was given.
    retrieval: by leg. unfindable: questions that no passage of the index answers; all their
        retrieval scores are 0.
    calibration_error: of the best guesses, given or not, 0 to 1. area_under_risk_coverage: of
        the same, 0 to 1. A guess is wrong where there is no answer.
    tokens_read, seconds: of all questions. median_ms: of one.
    """

    questions: int
    answerable: int
    unanswerable: int
    min_confidence: float
    exact_match: float
    f1: float
    best_guess: TextScore | None
    decisions: Decisions
    right_of_answered: float | None
    declined_of_answerable: float | None
    declined_of_unanswerable: float | None
    right_source: float | None
    best_guess_right_source: float | None
    retrieval: Mapping[str, LegScores] | None
    unfindable: int | None
    calibration_error: float | None
    area_under_risk_coverage: float | None
    tokens_read: int
    seconds: float
    median_ms: float


def summarise(outcomes: Sequence[Outcome], min_confidence: float) -> Scores:
    """The scores when guesses below `min_confidence` are declined. Needs a question at least."""
    scored = [Scored(o.guess, o.confidence, o.accepted) for o in outcomes]
    both = joint(scored, min_confidence)
    held = [o for o in outcomes if o.accepted]
    free = [o for o in outcomes if not o.accepted]
    answered = [o for o in outcomes if o.answered(min_confidence)]
    right = sum(o.is_right for o in answered)
    declined_right = sum(not o.answered(min_confidence) for o in free)
    declined_wrong = sum(not o.answered(min_confidence) for o in held)
    sourced = [o.right_source for o in answered if o.right_source is not None]
    named = [o.right_source for o in held if o.right_source is not None]
    retrieved = [o.retrieved for o in held if o.retrieved is not None]
    guesses = [o for o in outcomes if o.guess]
    sure, correct = [o.confidence for o in guesses], [o.is_right for o in guesses]
    return Scores(
        questions=len(outcomes), answerable=len(held), unanswerable=len(free),
        min_confidence=min_confidence, exact_match=both.exact_match, f1=both.f1,
        best_guess=TextScore(*answerable(scored)) if held else None,
        decisions=Decisions(right, len(answered) - right, declined_right, declined_wrong),
        right_of_answered=_percent(right, len(answered)),
        declined_of_answerable=_percent(declined_wrong, len(held)),
        declined_of_unanswerable=_percent(declined_right, len(free)),
        right_source=_percent(sum(sourced), len(sourced)),
        best_guess_right_source=_percent(sum(named), len(named)),
        retrieval={leg: _leg(retrieved, leg) for leg in LEGS} if retrieved else None,
        unfindable=sum(not r.relevant for r in retrieved) if retrieved else None,
        calibration_error=calibration_error(sure, correct) if guesses else None,
        area_under_risk_coverage=(
            area_under_risk(risk_coverage(sure, correct)) if guesses else None
        ),
        tokens_read=sum(o.tokens for o in outcomes), seconds=sum(o.seconds for o in outcomes),
        median_ms=1000 * median(o.seconds for o in outcomes),
    )  # fmt: skip


def _leg(retrieved: Sequence[Retrieved], leg: str) -> LegScores:
    recall = {
        k: 100 * sum(found_within(r.ranks[leg], k) for r in retrieved) / len(retrieved)
        for k in RECALL_AT
    }
    gain = sum(ndcg(r.ranks[leg], r.relevant, NDCG_AT) for r in retrieved)
    return LegScores(recall, 100 * gain / len(retrieved))


def _percent(count: int, total: int) -> float | None:
    return 100 * count / total if total else None


def wrong_answers(outcomes: Sequence[Outcome], min_confidence: float) -> list[Outcome]:
    """Questions answered wrongly, the surest answer first."""
    wrong = [o for o in outcomes if o.answered(min_confidence) and not o.is_right]
    return sorted(wrong, key=lambda o: -o.confidence)


def wrong_refusals(outcomes: Sequence[Outcome], min_confidence: float) -> list[Outcome]:
    """Questions declined though they have an answer: first those whose guess was right, the least
    sure first, then the others, whose guess was kept back with reason, likewise."""
    wrong = [o for o in outcomes if o.accepted and not o.answered(min_confidence)]
    return sorted(wrong, key=lambda o: (not o.is_right, o.confidence))
