"""What `max_error` can promise: bounds over articles."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from training.promises import Guess, promises, upper_bound


def independent(wrong: int, count: int) -> float:
    """The bound of Clopper and Pearson for independent questions."""
    return float(beta.ppf(0.95, wrong + 1, count - wrong))


def guesses(*articles: tuple[int, int]) -> list[Guess]:
    """Of each article so many wrong of so many."""
    return [
        Guess(f"article-{number}", 0.9, index >= wrong)
        for number, (wrong, count) in enumerate(articles)
        for index in range(count)
    ]


def test_articles_that_differ_widen_the_bound() -> None:
    alike = guesses(*[(2, 10)] * 8)
    apart = guesses(*[(0, 10)] * 4, *[(4, 10)] * 4)
    assert independent(16, 80) < upper_bound(alike) < upper_bound(apart)


def test_many_articles_of_one_question_each_are_independent_questions() -> None:
    wrong = 40
    made = guesses(*[(1, 1)] * wrong, *[(0, 1)] * (400 - wrong))
    assert upper_bound(made) == pytest.approx(independent(wrong, 400), abs=0.001)


def test_nothing_can_be_said_of_one_article_or_where_all_are_wrong() -> None:
    assert upper_bound(guesses((1, 100))) == 1.0
    assert upper_bound(guesses((5, 5), (5, 5))) == 1.0


def test_no_wrong_answer_still_has_a_bound() -> None:
    assert independent(0, 80) < upper_bound(guesses(*[(0, 10)] * 8)) < 0.1


@given(
    st.lists(
        st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        min_size=2, max_size=12,
    )
)  # fmt: skip
def test_a_bound_is_never_below_that_of_independent_questions(
    articles: list[tuple[int, int]],
) -> None:
    wrong, count = sum(w for w, _ in articles), sum(n for _, n in articles)
    bound = upper_bound(guesses(*articles))
    assert bound <= 1.0
    if wrong < count:
        assert bound >= independent(wrong, count) - 1e-9


def test_the_bound_holds_for_articles_that_differ() -> None:
    """Of samples whose articles have shares of their own, it lies below the true share in one of
    twenty; that of independent questions far oftener."""
    rng = random.Random(5)
    trials = 300
    missed = naive = 0
    for _ in range(trials):
        drawn = []
        for _ in range(8):
            share = rng.betavariate(2, 8)  # 0.2 on average
            drawn.append((sum(rng.random() < share for _ in range(15)), 15))
        missed += upper_bound(guesses(*drawn)) < 0.2
        naive += independent(sum(w for w, _ in drawn), 120) < 0.2
    assert missed / trials <= 0.08
    assert naive > missed


def test_promises_count_what_is_given_from_each_confidence_on() -> None:
    made = [Guess("a", 0.5, True), Guess("b", 0.5, False), Guess("a", 0.95, True)]
    by_confidence = {p.confidence: (p.answered, p.wrong) for p in promises(made)}
    assert by_confidence[0.5] == (3, 1)
    assert by_confidence[0.51] == (1, 0)
    assert 0.96 not in by_confidence
