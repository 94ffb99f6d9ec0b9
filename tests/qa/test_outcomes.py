from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.outcomes import (
    LEGS,
    RECALL_AT,
    Decisions,
    Outcome,
    Retrieved,
    summarise,
    wrong_answers,
    wrong_refusals,
)


def outcome(
    guess: str, confidence: float, *accepted: str, rank: int | None = 1, right_source: bool = True
) -> Outcome:
    ranks = () if rank is None else (rank,)
    retrieved = Retrieved(1, dict.fromkeys(LEGS, ranks)) if accepted else None
    named = (right_source and bool(guess)) if accepted else None
    return Outcome("q", accepted, guess, confidence, 100, 0.5, retrieved, named)


RIGHT = outcome("Iran", 0.9, "Iran")
WRONG = outcome("Oman", 0.8, "Iran", rank=12, right_source=False)
KEPT_BACK = outcome("in 1987", 0.4, "1987", rank=None)
MADE_UP = outcome("Oman", 0.6)
REFUSED = outcome("Jon", 0.1)
NOTHING = outcome("", 0.0, "yes", rank=3)
ALL = (RIGHT, WRONG, KEPT_BACK, MADE_UP, REFUSED, NOTHING)


def test_all_kinds_of_outcomes() -> None:
    scores = summarise(ALL, 0.5)
    assert (scores.questions, scores.answerable, scores.unanswerable) == (6, 4, 2)
    assert scores.decisions == Decisions(1, 2, 1, 2)
    assert scores.exact_match == scores.f1 == pytest.approx(100 * 2 / 6)
    assert scores.best_guess is not None
    assert scores.best_guess.exact_match == 25.0
    assert scores.best_guess.f1 == pytest.approx(100 * (1 + 2 / 3) / 4)
    assert scores.right_of_answered == pytest.approx(100 / 3)
    assert (scores.declined_of_answerable, scores.declined_of_unanswerable) == (50.0, 50.0)
    assert scores.right_source == 50.0
    # Of four that have an answer: one wrong, one without a guess.
    assert scores.best_guess_right_source == 50.0
    assert scores.retrieval is not None
    assert scores.retrieval["fused"].recall == {1: 25.0, 5: 50.0, 10: 50.0, 20: 75.0}
    assert scores.retrieval["dense"].ndcg_at_10 == pytest.approx(100 * 1.5 / 4)
    assert scores.unfindable == 0
    assert (scores.tokens_read, scores.seconds, scores.median_ms) == (600, 3.0, 500.0)
    # Surest first: right, wrong, wrong, right ("in 1987" is near enough), wrong.
    assert scores.area_under_risk_coverage == pytest.approx((0 + 1 / 2 + 2 / 3 + 1 / 2 + 3 / 5) / 5)


def test_what_needs_an_answer_is_none_without_one() -> None:
    scores = summarise([MADE_UP, REFUSED], 0.5)
    assert scores.best_guess is None
    assert scores.declined_of_answerable is None
    assert scores.retrieval is None
    assert scores.unfindable is None
    assert scores.right_source is None
    assert (scores.f1, scores.declined_of_unanswerable) == (50.0, 50.0)


def test_what_needs_a_question_without_an_answer_is_none_without_one() -> None:
    scores = summarise([RIGHT, WRONG], 0.5)
    assert scores.declined_of_unanswerable is None
    assert scores.declined_of_answerable == 0.0


def test_nothing_found_at_all() -> None:
    scores = summarise([NOTHING], 0.0)
    assert scores.decisions == Decisions(0, 0, 0, 1)
    assert scores.right_of_answered is scores.calibration_error is None
    assert scores.area_under_risk_coverage is None
    assert summarise([replace(REFUSED, guess="")], 0.0).f1 == 100.0


def test_the_worst_misses_come_first() -> None:
    assert wrong_answers(ALL, 0.5) == [WRONG, MADE_UP]
    assert wrong_refusals(ALL, 0.5) == [KEPT_BACK, NOTHING]


OUTCOMES = st.builds(
    outcome, st.sampled_from(["", "Iran", "Oman", "in 1987"]), st.floats(0, 1),
    *[st.sampled_from(["Iran", "1987"])] * 2, rank=st.none() | st.integers(1, 20),
    right_source=st.booleans(),
) | st.builds(outcome, st.sampled_from(["", "Iran"]), st.floats(0, 1))  # fmt: skip


@given(st.lists(OUTCOMES, min_size=1, max_size=30), st.floats(0, 1))
def test_scores_are_in_range_and_counts_add_up(outcomes: list[Outcome], least: float) -> None:
    scores = summarise(outcomes, least)
    counts = scores.decisions
    assert (
        counts.answered_right + counts.answered_wrong + counts.declined_right
        + counts.declined_wrong == scores.questions
    )  # fmt: skip
    assert 0 <= scores.exact_match <= scores.f1 <= 100
    shares = [scores.right_of_answered, scores.right_source, scores.declined_of_answerable]
    assert all(share is None or 0 <= share <= 100 for share in shares)
    assert len(wrong_answers(outcomes, least)) == counts.answered_wrong
    assert len(wrong_refusals(outcomes, least)) == counts.declined_wrong
    if scores.retrieval is not None:
        for leg in LEGS:
            recall = [scores.retrieval[leg].recall[k] for k in RECALL_AT]
            assert recall == sorted(recall)
            assert 0 <= scores.retrieval[leg].ndcg_at_10 <= 100 + 1e-9
