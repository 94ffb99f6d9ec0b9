"""What `max_error` can promise: measured of answers, and tested on others.

Questions about one article are not independent of one another: a reader that goes wrong there once
goes wrong there again. The bounds are those of Korn and Graubard (1998), "Confidence intervals for
proportions with small expected number of positive counts estimated from survey data", for a
sample of clusters: the interval of Clopper and Pearson (1934) of as many independent questions as
these are worth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy.stats import beta, t

from qa.evaluation import Scored, is_right
from qa.risk import Promise, least_confidence, least_error

# Confidences that a promise is measured at, and how sure it must be.
CONFIDENCES = tuple(round(0.3 + step / 100, 2) for step in range(70))
CERTAINTY = 0.95
# What is tested on the other half of the articles.
PROMISED = (0.05, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3)


@dataclass(frozen=True, slots=True)
class Guess:
    """The best guess of a question about the article `source`: how sure it is, 0 to 1, and whether
    it is right."""

    source: str
    surety: float
    right: bool


def guess(source: str, scored: Scored) -> Guess:
    """A scored answer as promises see it."""
    return Guess(source, scored.surety, is_right(scored.guess, scored.accepted))


def promises(guesses: Sequence[Guess]) -> Iterator[Promise]:
    """What was measured of the answers from each of CONFIDENCES on."""
    for least in CONFIDENCES:
        given = [g for g in guesses if g.surety >= least]
        if given:
            wrong = sum(not g.right for g in given)
            yield Promise(least, len(given), wrong, upper_bound(given))


def upper_bound(given: Sequence[Guess]) -> float:
    """The upper end of the one-sided 95 % interval of the share that is wrong, 0 to 1.

    The number of independent questions that `given` are worth is theirs divided by the design
    effect, how many times as much the share varies as that of independent questions would, and
    by (t / z)^2 for the few articles that this was estimated from (Korn and Graubard 1998,
    section 2.2). A design effect below 1 is taken for chance. 1.0 where all are wrong or all are
    of one article, of which nothing can be said.
    """
    count = len(given)
    wrong = sum(not g.right for g in given)
    articles = defaultdict(list)
    for g in given:
        articles[g.source].append(g)
    if wrong == count or len(articles) < 2:
        return 1.0
    share = wrong / count
    # Of a ratio, whose denominator varies from article to article as well (Cochran 1977,
    # section 3.9): linearised, between clusters.
    residuals = [sum(not g.right for g in of) - share * len(of) for of in articles.values()]
    free = len(articles) - 1
    between = sum(r * r for r in residuals) * len(articles) / free / count**2
    effect = max(1.0, between / (share * (1 - share) / count)) if wrong else 1.0
    # The quantile for independent questions is that of a sample of so many clusters of one.
    few = (t.ppf(CERTAINTY, free) / t.ppf(CERTAINTY, max(count - 1, 1))) ** 2
    worth = count / effect / max(1.0, float(few))
    return float(beta.ppf(CERTAINTY, share * worth + 1, worth * (1 - share)))


def show_promises(made: Sequence[Promise], first: Sequence[Guess], second: Sequence[Guess]) -> None:
    """What is promised; and whether what one half promises is kept on the other."""
    print(f"least error that can be promised: {least_error(made):.3f}")
    for most in PROMISED:
        print(f"at most {most:.0%} wrong: from {least_confidence(made, most)} on")
        for here, there in ((first, second), (second, first)):
            least = least_confidence(list(promises(here)), most)
            if least is not None:
                given = [g for g in there if g.surety >= least]
                wrong = sum(not g.right for g in given)
                print(f"  half: from {least} on; on the other half {wrong} of {len(given)} wrong")
