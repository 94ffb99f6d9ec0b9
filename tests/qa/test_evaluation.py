from __future__ import annotations

import pytest

from qa.evaluation import (
    Scored,
    answerable,
    best_threshold,
    exact_match,
    f1,
    joint,
    squad_normalise,
)


@pytest.mark.parametrize(
    ("given", "accepted", "exact", "overlap"),
    [
        ("The Iran.", ("Iran",), 1, 1.0), ("", (), 1, 1.0), ("Iran", (), 0, 0.0),
        ("", ("Iran",), 0, 0.0), ("in 1987", ("1987",), 0, 2 / 3),
        ("Marta Lind of Lund", ("Jon", "Marta Lind"), 0, 2 / 3),
    ],
)  # fmt: skip
def test_scores_of_one_answer(
    given: str, accepted: tuple[str, ...], exact: float, overlap: float
) -> None:
    assert exact_match(given, accepted) == exact
    assert f1(given, accepted) == pytest.approx(overlap)


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


def test_the_answerable_alone() -> None:
    assert answerable(SCORED)[0] == pytest.approx(200 / 3)
    assert answerable([]) == (0.0, 0.0)
