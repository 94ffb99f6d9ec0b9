"""How many of the answers given are wrong, and what can be promised of it. Pure.

A promise holds with a certainty of 95 %, for questions like those it was measured on and with the
models it was measured with: at most the share asked for is answered wrongly. It is fixed-sequence
testing as in Angelopoulos et al. (2021), "Learn then Test", over the risk of selective answering
of Geifman and El-Yaniv (2017): thresholds are gone through from the surest answers down, and the
first whose bound is too high ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A threshold above which fewer were answered is passed over: even without one wrong answer among
# them, too little would be known.
LEAST_ANSWERED = 60


@dataclass(frozen=True, slots=True)
class Promise:
    """What was measured of the answers given from a confidence on.

    confidence: 0 to 1. answered: how many there were, wrong: how many of them were. bound: the
    upper end of the one-sided 95 % interval of the share that is wrong, for questions of a few
    articles (`training.promises.upper_bound`).
    """

    confidence: float
    answered: int
    wrong: int
    bound: float


def least_confidence(promises: Sequence[Promise], max_error: float) -> float | None:
    """The least confidence that keeps the share of wrong answers to `max_error`; None if none.

    promises: in any order, each of another confidence.
    """
    least = None
    for promise in _tested(promises):
        if promise.bound > max_error:
            break
        least = promise.confidence
    return least


def least_error(promises: Sequence[Promise]) -> float:
    """The smallest error that `least_confidence` can promise; 1 if there is none."""
    return next((promise.bound for promise in _tested(promises)), 1.0)


def _tested(promises: Sequence[Promise]) -> list[Promise]:
    """In the order of the test, the surest first."""
    enough = (promise for promise in promises if promise.answered >= LEAST_ANSWERED)
    return sorted(enough, key=lambda promise: -promise.confidence)
