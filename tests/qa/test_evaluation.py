from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import (
    Bin,
    Scored,
    answerable,
    area_under_risk,
    best_threshold,
    calibration_error,
    exact_match,
    f1,
    found_within,
    joint,
    ndcg,
    reliability,
    risk_coverage,
    squad_normalise,
)


@pytest.mark.parametrize(
    ("answer", "accepted", "exact", "overlap"),
    [
        ("The Iran.", ("Iran",), 1, 1.0), ("", (), 1, 1.0), ("Iran", (), 0, 0.0),
        ("", ("Iran",), 0, 0.0), ("in 1987", ("1987",), 0, 2 / 3),
        ("Marta Lind of Lund", ("Jon", "Marta Lind"), 0, 2 / 3),
        # What normalising leaves nothing of is not compared, and never makes "" right.
        ("", (".", "Iran"), 0, 0.0), ("", ("A", "letter A"), 0, 0.0), ("", ("A",), 0, 0.0),
        ("a ", ("A",), 1, 1.0), ("the", ("A",), 0, 0.0), ("B", ("A",), 0, 0.0), ("the", (), 1, 1.0),
    ],
)  # fmt: skip
def test_scores_of_one_answer(
    answer: str, accepted: tuple[str, ...], exact: float, overlap: float
) -> None:
    assert exact_match(answer, accepted) == exact
    assert f1(answer, accepted) == pytest.approx(overlap)


def test_normalised_as_squad_does() -> None:
    assert squad_normalise("  The  U.S. Army's ") == "us armys"


SCORED = [
    Scored("Iran", 3.0, ("Iran",)), Scored("Oman", 2.0, ()), Scored("1987", 1.0, ("1987",)),
    Scored("Jon", -1.0, ()), Scored("no", -2.0, ("yes",)),
]  # fmt: skip


def test_joint_scores_decline_below_the_threshold() -> None:
    assert joint(SCORED, 0.0).exact_match == pytest.approx(60)
    assert joint(SCORED, -9.0).exact_match == pytest.approx(40)
    assert joint(SCORED, 9.0).exact_match == pytest.approx(40)


def test_the_best_threshold_is_the_best() -> None:
    best = best_threshold(SCORED)
    assert all(joint(SCORED, best).f1 >= joint(SCORED, t).f1 for t in (-9, -1.5, 0, 1.5, 2.5, 9))
    assert best_threshold([Scored("x", 1.0, ())]) == float("inf")


def test_no_threshold_parts_what_is_equally_sure() -> None:
    tied = [Scored("x", 0.5, ("x",)), Scored("y", 0.5, ()), Scored("z", 0.5, ())]
    assert best_threshold(tied) == float("inf")


def test_the_answerable_alone() -> None:
    assert answerable(SCORED)[0] == pytest.approx(200 / 3)
    assert answerable([]) == (0.0, 0.0)


def test_a_passage_found_within_the_first() -> None:
    assert [found_within([3, 7], k) for k in (1, 2, 3, 9)] == [False, False, True, True]
    assert not found_within([], 20)


def test_ndcg_of_known_rankings() -> None:
    assert ndcg([1], 1, 10) == 1.0
    assert ndcg([3], 1, 10) == pytest.approx(0.5)
    assert ndcg([11], 1, 10) == 0.0
    # 1/log2(2) + 1/log2(5), over 1/log2(2) + 1/log2(3) + 1/log2(4).
    assert ndcg([1, 4], 3, 10) == pytest.approx(1.430677 / 2.130930, abs=1e-6)
    assert ndcg([], 0, 10) == 0.0


@given(st.sets(st.integers(1, 30)), st.integers(0, 30), st.integers(1, 20))
def test_ndcg_is_a_share_and_one_only_when_perfect(ranks: set[int], more: int, k: int) -> None:
    relevant = len(ranks) + more
    assert 0.0 <= ndcg(ranks, relevant, k) <= 1.0 + 1e-9
    if relevant:
        assert ndcg(range(1, relevant + 1), relevant, k) == pytest.approx(1.0)
    if min(relevant, k) > sum(rank <= k for rank in ranks):
        assert ndcg(ranks, relevant, k) < 1.0


def test_calibration_of_known_answers() -> None:
    assert calibration_error([0.8] * 5, [True] * 4 + [False]) == pytest.approx(0.0)
    assert calibration_error([1.0, 0.0], [False, True]) == pytest.approx(1.0)
    assert calibration_error([0.9, 0.1], [True, False]) == pytest.approx(0.1)
    assert calibration_error([], []) == 0.0
    bins = reliability([0.95, 1.0, 0.1], [True, False, False])
    assert bins[9] == Bin(2, 0.975, 0.5)
    assert bins[1] == Bin(1, 0.1, 0.0)
    assert bins.count(None) == 8


def test_risk_of_known_answers() -> None:
    curve = risk_coverage([0.9, 0.8, 0.1], [True, False, True])
    assert [p.coverage for p in curve] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert [p.risk for p in curve] == pytest.approx([0.0, 1 / 2, 1 / 3])
    assert area_under_risk(curve) == pytest.approx(5 / 18)
    assert area_under_risk(risk_coverage([], [])) == 0.0


ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


@given(ANSWERS)
def test_calibration_error_and_area_are_shares(answers: list[tuple[float, bool]]) -> None:
    sure, right = [c for c, _ in answers], [r for _, r in answers]
    curve = risk_coverage(sure, right)
    assert 0.0 <= calibration_error(sure, right) <= 1.0
    assert 0.0 <= area_under_risk(curve) <= 1.0
    assert curve[-1].coverage == 1.0
    assert curve[-1].risk == pytest.approx(right.count(False) / len(right))
    if all(right):
        assert area_under_risk(curve) == 0.0


@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(
    answers: list[tuple[float, bool]], random: Random
) -> None:
    def area(pairs: list[tuple[float, bool]]) -> float:
        return area_under_risk(risk_coverage([c for c, _ in pairs], [r for _, r in pairs]))

    shuffled = random.sample(answers, len(answers))
    assert area(shuffled) == pytest.approx(area(answers))


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_right_answers_first_is_the_least_area(right: list[bool]) -> None:
    sure = [1 - i / len(right) for i in range(len(right))]
    best = area_under_risk(risk_coverage(sure, sorted(right, reverse=True)))
    assert best <= area_under_risk(risk_coverage(sure, right)) + 1e-9
