from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.splitting import SplitSettings, sentence_range, sentences, split
from index.types import Span


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(re.findall(r"\S+", text)) for text in texts]


prose = st.lists(
    st.sampled_from(
        ["The lamp is lit.", "It is lit.", "The lamp is lit.", "Why?", "Dr. Lind said no!",
         "كان هناك ضوء.", "🙂 went home.", "No end here", "\n\n", "\n", "   ", "a" * 40,
         "one, two; three four five six seven eight nine ten eleven twelve thirteen."]
    ),
    max_size=40,
).map(" ".join)  # fmt: skip


def test_sentences_end_where_a_person_says() -> None:
    text = 'It began on Sept. 27, 2020. Dr. Lind said "No." Then she left.\n\nA heading\n\nMore.'
    assert [text[a:b] for a, b in sentences(text)] == [
        "It began on Sept. 27, 2020.", 'Dr. Lind said "No."', "Then she left.", "A heading",
        "More.",
    ]  # fmt: skip


@given(prose | st.text())
def test_every_printed_character_lies_in_one_sentence(text: str) -> None:
    found = sentences(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    covered = "".join(text[a:b] for a, b in found)
    assert "".join(covered.split()) == "".join(text.split())


@given(prose, st.integers(4, 30), st.integers(0, 10))
def test_passages_cover_the_text_and_fit(text: str, tokens: int, overlap: int) -> None:
    bounds = sentences(text)
    wanted = SplitSettings(tokens, min(overlap, tokens - 1))
    passages = split(text, bounds, count_words, wanted)
    held = set()
    for span in passages:
        piece = text[span.start : span.end]
        assert piece == piece.strip() != ""
        assert count_words([piece])[0] <= tokens
        held |= set(range(span.start, span.end))
    for start, end in bounds:
        assert all(i in held or text[i].isspace() for i in range(start, end))
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(passages))


def test_equal_sentences_keep_their_own_places() -> None:
    text = "The lamp is lit. " * 20
    passages = split(text, sentences(text), count_words, SplitSettings(8, 0))
    assert [span.start for span in passages] == [34 * i for i in range(10)]


def test_overlap_is_whole_sentences() -> None:
    text = "One two. Three four. Five six. Seven eight. Nine ten."
    passages = split(text, sentences(text), count_words, SplitSettings(6, 2))
    assert [text[a:b] for a, b in passages] == [
        "One two. Three four.", "Three four. Five six. Seven eight.", "Seven eight. Nine ten.",
    ]  # fmt: skip


def test_nothing_makes_no_passage() -> None:
    assert split("  \n ", sentences("  \n "), count_words, SplitSettings(8, 2)) == ()


def test_a_span_widens_to_its_sentences() -> None:
    text = "One two. Three four. Five."
    bounds = sentences(text)
    assert sentence_range(bounds, Span(9, 14)) == Span(9, 20)
    assert sentence_range(bounds, Span(4, 10)) == Span(0, 20)
    assert sentence_range(bounds, Span(9, 20)) == Span(9, 20)
    assert sentence_range((), Span(1, 2)) == Span(1, 2)


def count_printed(texts: Sequence[str]) -> list[int]:
    """As BERT's tokenizer does, see nothing in soft hyphens and zero-width characters."""
    return [len(re.findall(r"\w+", re.sub("[\u00ad\u200b]", " ", text))) for text in texts]


@given(
    st.lists(
        st.sampled_from(["\u00ad", "\u200b\u200b", "One two three.", "four, five", "\n\n", "   "]),
        max_size=40,
    ).map(" ".join),
    st.integers(3, 12),
)
def test_pieces_without_tokens_move_nothing(text: str, tokens: int) -> None:
    for start, end in split(text, sentences(text), count_printed, SplitSettings(tokens, 0)):
        assert start == 0 or not (text[start].isalnum() and text[start - 1].isalnum())
        assert end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum())


def test_settings_are_kept_within_a_model() -> None:
    assert SplitSettings(512, 256).within(254) == SplitSettings(254, 127)
    assert SplitSettings(128, 32).within(254) == SplitSettings(128, 32)
