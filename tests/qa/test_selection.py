from __future__ import annotations

from dataclasses import replace

import pytest

from index.folding import Aliases
from index.types import Hit, Passage, Source, Span
from qa.confidence import MAX_GAP, Calibration, features, sigmoid
from qa.selection import (
    CLAIM_MARGIN,
    RIVAL_MARGIN,
    Candidate,
    Group,
    Weights,
    group,
    rivals,
    score,
)
from qa.types import ReadSpan


def candidate(
    text: str, margin: float, *, source: str = "a", start: int = 0, rank: int = 1
) -> Candidate:
    passage = Passage(f"psg_{source}{start}", 0, source, Span(0, 99), Span(0, 99), "")
    hit = Hit(passage, Source(source, source, source, "text/plain", ""), 0.02, 0.5, 1.0)
    span = Span(start, start + len(text))
    return Candidate(hit, rank, ReadSpan(span, margin), text, span, text, 0.25, False, margin)


def test_same_answers_of_several_sources_are_joined() -> None:
    groups = group([candidate("Iran", 3), candidate("iran.", 5, source="b"), candidate("Oman", 4)])
    assert [g.best.text for g in groups] == ["iran.", "Oman"]
    assert [c.hit.source.id for c in groups[0].candidates] == ["b"]


def test_a_source_has_one_voice() -> None:
    groups = group(
        [candidate("Iran", 3), candidate("Iran", 2, start=50), candidate("Iran", 1, source="b")]
    )
    assert [[c.hit.source.id for c in g.candidates] for g in groups] == [["a", "b"]]


def test_the_same_place_said_longer_is_no_other_answer() -> None:
    groups = group([candidate("Tehran", 4, start=10), candidate("in Tehran today", 3, start=7)])
    assert [g.best.text for g in groups] == ["Tehran"]


def test_different_answers_stay_apart() -> None:
    groups = group([candidate("2,783", 4), candidate("7,630", 3.9, start=40)])
    assert [g.best.text for g in groups] == ["2,783", "7,630"]


@pytest.mark.parametrize(
    ("best", "other"),
    [("15", "fifteen"), ("September 27, 2020", "27 September 2020"), ("44-day", "44 days"),
     ("Pashinyan", "Nikol Pashinyan"), ("Türkiye", "Turkey")],
)  # fmt: skip
def test_equal_answers_are_joined_across_wording(best: str, other: str) -> None:
    given = [candidate(best, 4), candidate(other, 3, source="b"), candidate("Oman", 2, source="c")]
    groups = group(given, Aliases.load())
    assert [[c.text for c in g.candidates] for g in groups] == [[best, other], ["Oman"]]
    assert group(list(reversed(given)), Aliases.load()) == groups


def test_a_rival_stands_near_the_best_and_contradicts_it() -> None:
    near, far = 9 - RIVAL_MARGIN, 9 - RIVAL_MARGIN - 0.1
    groups = group(
        [candidate("2,783", 9), candidate("7,630", near, start=20), candidate("Baku", 8, start=40),
         candidate("2,317", far, start=60)]
    )  # fmt: skip
    assert [g.best.text for g in groups] == ["2,783", "Baku", "7,630", "2,317"]
    assert rivals(groups) == [True, False, True, False]
    assert rivals(groups[:2]) == [False, False]
    # Two that contradict one another near a best of another kind are rivals too.
    assert rivals([groups[1], groups[0], groups[2]]) == [False, True, True]
    assert rivals([]) == []


def test_a_claim_is_a_rival_from_further_away() -> None:
    best = replace(candidate("2,317", 9), sentence="They lost 2,317 men.")
    below = 9 - CLAIM_MARGIN
    said = "Armenia claims that 7,630 soldiers died."
    claim = replace(candidate("7,630", below, start=20), sentence=said)
    assert rivals([Group((best,)), Group((claim,))]) == [True, True]
    for other in (
        replace(claim, score=below - 0.1),
        replace(claim, sentence="The soldiers who died were 7,630."),
        replace(claim, covered=best.covered - 0.01),
        replace(claim, misfit=True),
    ):
        assert rivals([Group((best,)), Group((other,))]) == [False, False]


def test_what_is_only_said_less_exactly_is_no_rival() -> None:
    groups = group([candidate("27 September 2020", 9), candidate("September 2020", 8.5, start=30)])
    assert len(groups) == 2
    assert rivals(groups) == [False, False]


def test_retrieval_and_coverage_count_by_their_weights() -> None:
    near = candidate("x", 0).hit
    far = replace(near, fused=-0.25)
    fused = Weights(4.0, 0.0, 0.0)
    assert score(2.0, near, 0.5, True, Weights(0.0, 0.0, 0.0)) == 2.0
    assert score(2.0, near, 0.5, True, fused) == 2.0 + 4 * near.fused
    assert score(2.0, far, 0.5, True, fused) == 1.0
    assert score(2.0, near, 0.5, False, Weights(0.0, 4.0, 3.0)) == 4.0
    assert score(2.0, near, 0.5, True, Weights(0.0, 4.0, 3.0)) == 1.0


def test_features_of_the_best_and_of_its_rival() -> None:
    groups = group([candidate("Iran", 5), candidate("Oman", 3, start=40)])
    assert features(groups, 0, 0.5) == (5, 2, 0.5, 0.0)
    assert features(groups, 1, 0.5)[1] == -2
    assert features(groups[:1], 0, 0.5)[1] == MAX_GAP


def test_confidence_is_a_probability_and_rises_with_the_margin() -> None:
    calibration = Calibration.load()
    last = -1.0
    for margin in (-20.0, -5.0, 0.0, 5.0, 20.0):
        now = calibration.confidence((margin, 0.0, 0.5, 0.5))
        assert 0 <= now <= 1
        assert now > last
        last = now
    assert sigmoid(-800) == 0.0
    assert sigmoid(800) == 1.0
