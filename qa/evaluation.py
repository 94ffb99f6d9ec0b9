"""Scores of answers against accepted ones: exact match, F1, recall, and the best threshold. Pure.

Exact match and F1 are those of SQuAD's evaluation script (Rajpurkar et al. 2016 and 2018), to the
letter: lower case, no punctuation, no articles, tokens split at white space.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def squad_normalise(text: str) -> str:
    """An answer as SQuAD compares it."""
    bare = "".join(c for c in text.lower() if c not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(given: str, accepted: Sequence[str]) -> float:
    """1.0 if the answer is one of the accepted ones; "" is right where none is accepted."""
    return float(any(squad_normalise(given) == squad_normalise(a) for a in accepted or [""]))


def f1(given: str, accepted: Sequence[str]) -> float:
    """The best overlap of tokens with an accepted answer, 0 to 1."""
    return max(_token_f1(given, answer) for answer in accepted or [""])


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
    for s in sorted(scored, key=lambda s: -s.surety):
        total += f1(s.guess, s.accepted) - f1("", s.accepted)
        if total > best:
            best, threshold = total, s.surety
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
