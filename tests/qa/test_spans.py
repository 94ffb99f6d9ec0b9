from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Span
from qa.spans import best_spans, without_halves


def logits(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float32)


ONE = np.array([0, 0, 1, 1, 1, 1, 0])


def test_the_margin_is_over_no_answer() -> None:
    start = logits([1, 9, 0, 5, 0, 0, 9])
    end = logits([2, 9, 0, 0, 4, 0, 9])
    (best,) = best_spans(start, end, ONE, count=1)
    assert (best.first, best.last) == (3, 4)
    assert best.margin == pytest.approx(5 + 4 - 3)


def test_spans_do_not_overlap_and_come_best_first() -> None:
    start = logits([0, 0, 4, 3, 2, 5, 0])
    end = logits([0, 0, 4, 3, 2, 5, 0])
    found = best_spans(start, end, ONE, count=5)
    assert [(s.first, s.last) for s in found] == [(5, 5), (2, 2), (3, 3), (4, 4)] or [
        s.margin for s in found
    ] == sorted([s.margin for s in found], reverse=True)
    taken: set[int] = set()
    for span in found:
        tokens = set(range(span.first, span.last + 1))
        assert not tokens & taken
        taken |= tokens


def test_an_end_before_its_start_is_no_span() -> None:
    start = logits([0, 0, 0, 0, 0, 9, 0])
    end = logits([0, 0, 9, 0, 0, 0, 0])
    (best,) = best_spans(start, end, ONE, count=1)
    assert best.first <= best.last


def test_a_span_does_not_run_on_into_the_next_part() -> None:
    start = logits([0, 0, 9, 0, 0, 0, 0])
    end = logits([0, 0, 0, 4, 9, 0, 0])
    (best,) = best_spans(start, end, np.array([0, 0, 1, 1, 2, 2, 0]), count=1)
    assert (best.first, best.last) == (2, 3)


def test_nothing_may_hold_an_answer() -> None:
    assert best_spans(logits([1, 2]), logits([1, 2]), np.array([0, 0]), count=3) == []


numbers = st.floats(-10, 10, width=32)


@given(
    st.lists(st.tuples(numbers, numbers, st.integers(0, 3)), min_size=1, max_size=24),
    st.integers(1, 6), st.integers(1, 8),
)  # fmt: skip
def test_spans_are_what_they_must_be(
    rows: list[tuple[float, float, int]], count: int, longest: int
) -> None:
    start, end = logits([r[0] for r in rows]), logits([r[1] for r in rows])
    parts = np.array([r[2] for r in rows])
    parts[0] = 0
    found = best_spans(start, end, parts, count=count, max_tokens=longest)
    assert len(found) <= count
    for span in found:
        assert parts[span.first] == parts[span.last] > 0
        assert 0 <= span.last - span.first < longest
    if found:
        everything = [
            start[i] + end[j]
            for i in np.flatnonzero(parts)
            for j in np.flatnonzero(parts)
            if 0 <= j - i < longest and parts[i] == parts[j]
        ]
        best = max(everything) - (start[0] + end[0])
        assert found[0].margin == pytest.approx(float(best), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "answer", "kept"),
    [
        ("It rose 40,000 feet (12,192 meters).", "12,192 meters)", "12,192 meters"),
        ("It rose 40,000 feet (12,192 meters).", "(12,192 meters", "12,192 meters"),
        ("It rose 40,000 feet (12,192 meters).", "feet (12,192 meters)", "feet (12,192 meters)"),
        ("(sales (net) rose)", "sales (net)", "sales (net)"),
        ("the net) sales (net)", "net) sales", "net) sales"),
        ("the interval [0, 1) is", "[0, 1)", "[0, 1)"),
        ("see (b) treaty (signed) and", "(b) treaty (signed", "(b) treaty (signed"),
        ("They fear a “Sunni ring”.", "“Sunni ring", "Sunni ring"),
        ("They fear (a “Sunni ring”).", "Sunni ring”)", "Sunni ring"),
        ("They fear a “Sunni ring”.", "“Sunni ring”", "“Sunni ring”"),
        ("Bericht der „Alpha” news", "„Alpha” news", "„Alpha” news"),
        ('a 12" gun and a 5" gun', '12"', '12"'),
        ("Ankara’s", "Ankara’s", "Ankara’s"),
        ("( )", ")", ")"),
    ],
)
def test_half_a_pair_is_left_out(text: str, answer: str, kept: str) -> None:
    at = text.index(answer)
    start, end = without_halves(text, Span(at, at + len(answer)))
    assert text[start:end] == kept


@given(st.text('ab ()"“”„«»[]', min_size=1), st.data())
def test_what_is_left_out_is_marks_and_spaces_at_the_ends(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    left = without_halves(text, Span(start, end))
    assert start <= left.start < left.end <= end
    assert set(text[start : left.start] + text[left.end : end]) <= set(" ()“”«»[]")
    # Nothing has its other half outside where there is nothing outside.
    if (start, end) == (0, len(text)):
        assert text[left.start : left.end] in (text, text.strip())
