from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cleaning.editmap import Edit, EditMap
from index.types import Span

# Astral, combining, right-to-left and repeated characters.
texts = st.text(alphabet="ab \n-\u0301\u05d0\u0645\U0001f642\U00010330", max_size=40)
replacements = st.sampled_from(["", "", " ", "\n\n", "x", "\U0001f642\u0301"])


@st.composite
def mapped(draw: st.DrawFn) -> tuple[str, EditMap]:
    """A text and edits over it: apart, touching, at either end, over all of it."""
    text = draw(texts)
    marks = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    edits = [
        Edit(start, end, draw(replacements))
        for start, end in pairwise(marks)
        if draw(st.booleans())
    ]
    return text, EditMap(len(text), tuple(edits))


def spans(length: int) -> st.SearchStrategy[Span]:
    ends = st.tuples(st.integers(0, length), st.integers(0, length))
    return ends.map(lambda pair: Span(min(pair), max(pair)))


def restricted(edits: EditMap, span: Span) -> EditMap:
    """The edits inside a canonical span, over the text of that span alone."""
    inside = [
        Edit(edit.start - span.start, edit.end - span.start, edit.replacement)
        for edit in edits.edits
        if span.start <= edit.start and edit.end <= span.end
    ]
    return EditMap(span.end - span.start, tuple(inside))


def test_a_broken_word_maps_both_ways() -> None:
    text = "an inter-\nnational affair"
    edits = EditMap(len(text), (Edit(8, 10, ""),))
    clean = edits.apply(text)
    assert clean == "an international affair"
    start = clean.index("international")
    span = edits.to_canonical(Span(start, start + len("international")))
    assert text[span.start : span.end] == "inter-\nnational"
    assert edits.to_clean(span) == (start, start + len("international"))
    assert edits.to_canonical(Span(3, 8)) == (3, 8)
    assert edits.to_canonical(Span(8, 16)) == (10, 18)


def test_what_was_dropped_at_the_edges_of_a_span_is_left_out() -> None:
    edits = EditMap(9, (Edit(0, 2, ""), Edit(4, 5, " "), Edit(7, 9, "")))
    assert edits.apply("##ab\ncd  ") == "ab cd"
    assert edits.to_canonical(Span(0, 5)) == (2, 7)
    assert edits.to_canonical(Span(2, 3)) == (4, 5)
    assert edits.to_clean(Span(0, 9)) == (0, 5)
    assert edits.to_clean(Span(0, 2)) == (0, 0)
    assert edits.to_clean(Span(1, 4)) == (0, 2)


def test_a_text_that_is_dropped_altogether() -> None:
    edits = EditMap(3, (Edit(0, 3, ""),))
    assert edits.apply("abc") == ""
    assert edits.clean_length == 0
    assert edits.to_clean(Span(1, 2)) == (0, 0)
    assert edits.to_canonical(Span(0, 0)) == (3, 3)


@given(mapped())
def test_clean_length_is_the_length_of_the_clean_text(case: tuple[str, EditMap]) -> None:
    text, edits = case
    assert edits.clean_length == len(edits.apply(text))


@given(st.data(), mapped())
def test_the_canonical_span_contains_the_clean_one(
    data: st.DataObject, case: tuple[str, EditMap]
) -> None:
    text, edits = case
    clean = edits.apply(text)
    span = data.draw(spans(len(clean)))
    found = edits.to_canonical(span)
    assert 0 <= found.start <= found.end <= len(text)
    part = restricted(edits, found).apply(text[found.start : found.end])
    assert clean[span.start : span.end] in part
    back = edits.to_clean(found)
    if span.start < span.end:
        assert back.start <= span.start
        assert span.end <= back.end
    else:
        assert found.start == found.end


@given(st.data(), mapped())
def test_no_smaller_canonical_span_would_do(data: st.DataObject, case: tuple[str, EditMap]) -> None:
    _, edits = case
    span = data.draw(spans(edits.clean_length))
    found = edits.to_canonical(span)
    if span.start == span.end:
        return
    for smaller in (Span(found.start + 1, found.end), Span(found.start, found.end - 1)):
        cut = any(
            edit.start < smaller.start < edit.end or edit.start < smaller.end < edit.end
            for edit in edits.edits
        )
        left = edits.to_clean(smaller)
        assert cut or left.start > span.start or left.end < span.end


@given(st.data(), mapped())
def test_what_is_left_of_a_canonical_span(data: st.DataObject, case: tuple[str, EditMap]) -> None:
    text, edits = case
    clean = edits.apply(text)
    span = data.draw(spans(len(text)))
    found = edits.to_clean(span)
    assert 0 <= found.start <= found.end <= len(clean)
    # Every code point of the span that no edit touches is in it, in order.
    kept = [
        text[at]
        for at in range(*span)
        if not any(edit.start <= at < edit.end for edit in edits.edits)
    ]
    rest = iter(clean[found.start : found.end])
    assert all(letter in rest for letter in kept)
    if not any(edit.start < span.end and span.start < edit.end for edit in edits.edits):
        assert clean[found.start : found.end] == text[span.start : span.end]


@given(mapped())
def test_serialised_and_read_again(case: tuple[str, EditMap]) -> None:
    text, edits = case
    data = edits.to_bytes()
    again = EditMap.from_bytes(data)
    assert again == edits
    assert again.to_bytes() == data
    assert again.apply(text) == edits.apply(text)


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["version", "length", "texts", "edits"]), inner
    ),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="edit"):
        EditMap.from_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"length": 4},
        {"length": -1},
        {"length": True},
        {"texts": []},
        {"texts": [1]},
        {"edits": [0, 1]},
        {"edits": [0, 0, 0]},
        {"edits": [0, -1, 0]},
        {"edits": [0, 1.0, 0]},
        {"edits": [0, 1, -1]},
        {"edits": None},
    ],
)
def test_damaged_bytes_are_refused(change: dict[str, object]) -> None:
    good = {"version": 1, "length": 5, "texts": [""], "edits": [2, 3, 0]}
    assert EditMap.from_bytes(json.dumps(good).encode()).clean_length == 2
    with pytest.raises(ValueError, match="edit"):
        EditMap.from_bytes(json.dumps(good | change).encode())


@pytest.mark.parametrize(
    "edits",
    [(Edit(1, 1, "x"),), (Edit(2, 4, ""), Edit(3, 5, "")), (Edit(4, 9, ""),), (Edit(-1, 2, ""),)],
)
def test_edits_that_do_not_fit_are_refused(edits: tuple[Edit, ...]) -> None:
    with pytest.raises(ValueError, match="edit"):
        EditMap(6, edits)


def test_spans_and_texts_that_do_not_fit_are_refused() -> None:
    edits = EditMap(4, (Edit(0, 2, ""),))
    with pytest.raises(ValueError, match="span"):
        edits.to_canonical(Span(0, 3))
    with pytest.raises(ValueError, match="span"):
        edits.to_clean(Span(3, 2))
    with pytest.raises(ValueError, match="code points"):
        edits.apply("abc")
