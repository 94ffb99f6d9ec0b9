"""Scores of answers, rankings and confidences against what is known to be right. Pure.

Exact match and F1 are those of SQuAD's evaluation script (Rajpurkar et al. 2016 and 2018), to the
letter: lower case, no punctuation, no articles, tokens split at white space.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

# An answer that is no accepted one counts as right all the same from this F1 on: when it shares at
# least half of its words with one.
RIGHT_F1 = 0.5

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def squad_normalise(text: str) -> str:
    """An answer as SQuAD compares it."""
    bare = "".join(c for c in text.lower() if c not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(given: str, accepted: Sequence[str]) -> float:
    """1.0 if the answer is one of the accepted ones; "" is right where none is accepted."""
    compared = _compared(accepted)
    if not compared:
        return float(given.strip().casefold() in {a.strip().casefold() for a in accepted})
    return float(any(squad_normalise(given) == squad_normalise(a) for a in compared))


def f1(given: str, accepted: Sequence[str]) -> float:
    """The best overlap of tokens with an accepted answer, 0 to 1."""
    compared = _compared(accepted)
    if not compared:
        return exact_match(given, accepted)
    return max(_token_f1(given, answer) for answer in compared)


def is_right(given: str, accepted: Sequence[str]) -> bool:
    """Whether an answer is an accepted one, or near enough to one (`RIGHT_F1`); nothing is where
    none is accepted."""
    return bool(accepted) and f1(given, accepted) >= RIGHT_F1


def _compared(accepted: Sequence[str]) -> list[str]:
    """The accepted answers less those that normalising leaves nothing of ("."), as SQuAD's script
    has it; none if nothing is left of any ("A", a grade), where that script would take the
    question for one without an answer."""
    return [a for a in accepted if squad_normalise(a)] if accepted else [""]


def _token_f1(given: str, accepted: str) -> float:
    ours, theirs = squad_normalise(given).split(), squad_normalise(accepted).split()
    if not ours or not theirs:
        return float(ours == theirs)
    same = sum((Counter(ours) & Counter(theirs)).values())
    if not same:
        return 0.0
    precision, recall = same / len(ours), same / len(theirs)
    return 2 * precision * recall / (precision + recall)


@dataclass(frozen=True, slots=True)
class Scored:
    """One question's best guess.

    surety: what the guess is declined by when it is below a threshold, in any unit.
    accepted: empty where the question has no answer.
    """

    guess: str
    surety: float
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JointScore:
    """Means over all questions, in percent, when guesses below `threshold` are declined."""

    threshold: float
    exact_match: float
    f1: float


def joint(scored: Sequence[Scored], threshold: float) -> JointScore:
    """Exact match and F1 over answerable and unanswerable questions at a threshold."""
    given = [s.guess if s.surety >= threshold else "" for s in scored]
    return JointScore(
        threshold,
        _percent([exact_match(g, s.accepted) for g, s in zip(given, scored, strict=True)]),
        _percent([f1(g, s.accepted) for g, s in zip(given, scored, strict=True)]),
    )


def best_threshold(scored: Sequence[Scored]) -> float:
    """The threshold with the highest joint F1: to be fitted on other data than is reported on."""
    total = sum(f1("", s.accepted) for s in scored)
    best, threshold = total, float("inf")
    ranked = sorted(scored, key=lambda s: -s.surety)
    # A threshold cannot part what is equally sure.
    for surety, same in groupby(ranked, key=lambda s: s.surety):
        total += sum(f1(s.guess, s.accepted) - f1("", s.accepted) for s in same)
        if total > best:
            best, threshold = total, surety
    return threshold


def answerable(scored: Sequence[Scored]) -> tuple[float, float]:
    """Exact match and F1, in percent, of the best guess where there is an answer."""
    held = [s for s in scored if s.accepted]
    return (
        _percent([exact_match(s.guess, s.accepted) for s in held]),
        _percent([f1(s.guess, s.accepted) for s in held]),
    )


def _percent(values: Sequence[float]) -> float:
    return 100.0 * sum(values) / len(values) if values else 0.0


def found_within(ranks: Collection[int], k: int) -> bool:
    """Whether a relevant passage is among the first `k`; ranks: of relevant ones, from 1.

    Its mean over questions is recall@k as open-domain question answering counts it, there also
    called top-k accuracy (Karpukhin et al. 2020, section 5).
    """
    return any(rank <= k for rank in ranks)


def ndcg(ranks: Collection[int], relevant: int, k: int) -> float:
    """Normalised discounted cumulative gain of the first `k`, 0 to 1.

    After Järvelin and Kekäläinen (2002), with the discount that is usual since.

    ranks: of the relevant passages that were found, from 1. relevant: how many there are in all.
    A relevant passage at rank r gains 1 / log2(1 + r), any other nothing; the sum is divided by
    that of a ranking with every relevant passage first. 0 where none is relevant.
    """
    ideal = sum(_discount(rank) for rank in range(1, min(relevant, k) + 1))
    return sum(_discount(rank) for rank in ranks if rank <= k) / ideal if ideal else 0.0


def _discount(rank: int) -> float:
    return 1.0 / math.log2(1 + rank)


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about one confidence: how sure they are on average, and how many are right."""

    count: int
    mean_confidence: float
    accuracy: float


def reliability(sure: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin | None]:
    """Answers by confidence, in bins of equal width over 0 to 1; None where a bin is empty."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, correct in zip(sure, right, strict=True):
        held[min(int(confidence * bins), bins - 1)].append((float(confidence), bool(correct)))
    return [
        Bin(len(b), sum(c for c, _ in b) / len(b), sum(r for _, r in b) / len(b)) if b else None
        for b in held
    ]


def calibration_error(sure: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error, 0 to 1: the mean gap between confidence and accuracy over the
    bins of `reliability`, each by its share of answers (Naeini et al. 2015). 0 without answers.
    """
    gaps = [
        b.count * abs(b.mean_confidence - b.accuracy)
        for b in reliability(sure, right, bins)
        if b is not None
    ]
    return sum(gaps) / len(sure) if len(sure) else 0.0


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """When the surest `coverage` (a share) of all are given, `risk` of those are wrong."""

    coverage: float
    risk: float


def risk_coverage(sure: Sequence[float], right: Sequence[bool]) -> list[RiskPoint]:
    """The risk-coverage curve (El-Yaniv and Wiener 2010), a point an answer, surest first.

    Among answers of the same confidence none comes first: their errors are spread evenly over
    them, which is the mean over all their orders.
    """
    ranked = sorted(zip(sure, right, strict=True), key=lambda pair: -pair[0])
    points: list[RiskPoint] = []
    wrong = 0.0
    for _, same in groupby(ranked, key=lambda pair: pair[0]):
        errors = [not correct for _, correct in same]
        for _ in errors:
            wrong += sum(errors) / len(errors)
            covered = len(points) + 1
            points.append(RiskPoint(covered / len(ranked), min(1.0, wrong / covered)))
    return points


def area_under_risk(curve: Sequence[RiskPoint]) -> float:
    """Area under a risk-coverage curve, 0 to 1, less is better: the mean risk over its points
    (Geifman and El-Yaniv 2017). 0 without points."""
    return sum(point.risk for point in curve) / len(curve) if curve else 0.0
