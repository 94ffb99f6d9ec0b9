from __future__ import annotations

import pytest

from index.errors import UsageError
from qa.confidence import Calibration
from qa.risk import LEAST_ANSWERED, Promise, least_confidence, least_error
from qa.selection import Weights

MEASURED = [
    Promise(0.95, LEAST_ANSWERED - 1, 0, 0.01),
    Promise(0.9, 80, 2, 0.08),
    Promise(0.8, 200, 8, 0.07),
    Promise(0.7, 300, 30, 0.14),
    # Chance: fewer wrong further down. What failed above is not undone by it.
    Promise(0.6, 400, 30, 0.1),
]


@pytest.mark.parametrize(
    ("most", "least"), [(0.05, None), (0.07, None), (0.08, 0.8), (0.1, 0.8), (0.14, 0.6)]
)
def test_the_surest_are_tested_first_and_the_first_failure_ends_it(
    most: float, least: float | None
) -> None:
    assert least_confidence(MEASURED, most) == least
    assert least_confidence(MEASURED[::-1], most) == least


def test_what_cannot_be_promised_is_refused_with_what_can() -> None:
    assert least_error(MEASURED) == 0.08
    assert least_error([]) == 1.0
    calibration = Calibration((0.0,) * 5, Weights(0, 0, 0), 0.0, tuple(MEASURED))
    assert calibration.promised(0.1) == 0.8
    with pytest.raises(UsageError, match=r"at most 5% cannot be promised.*ask for 8% or more"):
        calibration.promised(0.05)


def test_the_bundled_promises_are_in_order() -> None:
    promises = Calibration.load().promises
    assert promises
    for promise in promises:
        assert 0 <= promise.wrong <= promise.answered
        assert promise.wrong / promise.answered <= promise.bound <= 1
    answered = [p.answered for p in sorted(promises, key=lambda p: p.confidence)]
    assert answered == sorted(answered, reverse=True)


def test_with_other_models_or_settings_nothing_is_promised() -> None:
    fitted = Calibration.load()
    assert fitted.over(fitted.models, fitted.reading) is fitted
    for other in (
        fitted.over({**fitted.models, "reader": "another"}, fitted.reading),
        fitted.over(fitted.models, {**fitted.reading, "depth": 1}),
        fitted.over(fitted.models, {**fitted.reading, "tokens": 64}),
    ):
        assert other.weights == fitted.weights
        with pytest.raises(UsageError, match="with these models, passages and read_depth"):
            other.promised(0.5)
