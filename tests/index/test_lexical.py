from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import IndexDamagedError
from index.folding import Aliases
from index.lexical import LexicalIndex, write_lexical
from tests.index.helpers import passage

TEXTS = [
    "The lighthouse keeper bought two lamps in Türkiye.",
    "Lamps are sold in the harbour by the keeper's brother.",
    "The United Nations counted 7,630 boats.",
    "Running water moved the mill; it runs still.",
    "The harbour has no mill.",
]


@pytest.fixture(scope="module")
def lexical(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    folder = tmp_path_factory.mktemp("lexical") / "index"
    passages = [passage(i, t, f"src_{i % 2}") for i, t in enumerate(TEXTS)]
    assert write_lexical(folder, passages) == len(TEXTS)
    return LexicalIndex(folder, Aliases.of([["Turkey", "Türkiye"], ["UN", "United Nations"]]))


def numbers(found: list[tuple[int, float]]) -> list[int]:
    return [number for number, _ in found]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("turkey", 0), ("TÜRKİYE", 0), ("Turkiye’s", 0), ("how many boats did the UN count", 2),
        ("7630", 2), ("7,630", 2), ("the run of water", 3), ("who is the brother", 1),
    ],
)  # fmt: skip
def test_finds(lexical: LexicalIndex, query: str, first: int) -> None:
    assert numbers(lexical.search(query, 3))[0] == first


def test_a_query_of_question_words_alone_still_finds(lexical: LexicalIndex) -> None:
    assert lexical.search("who is it", 3)


def test_what_shares_no_word_is_not_returned(lexical: LexicalIndex) -> None:
    assert lexical.search("zebra", 3) == []
    assert lexical.search("?!", 3) == []


def test_how_much_of_a_question_a_text_covers(lexical: LexicalIndex) -> None:
    terms = lexical.terms("How many boats did the United Nations count?")
    assert terms.covered("The UN counted boats.") == 1
    assert terms.covered(TEXTS[2]) == 1
    assert terms.covered("Zebras!") == 0
    rare, common = lexical.terms("boats and lamps").weights
    assert rare > common
    # What no passage has tells the most.
    assert max(lexical.terms("zebra boats").weights) == lexical.terms("zebra").weights[0]
    assert lexical.terms("?").covered(TEXTS[0]) == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_coverage_is_a_share(lexical: LexicalIndex, question: str, text: str) -> None:
    covered = lexical.terms(question).covered(text)
    assert 0 <= covered <= 1
    assert lexical.terms(question).covered(f"{text} {question}") >= covered


def test_a_filter_never_starves_the_result(lexical: LexicalIndex) -> None:
    assert numbers(lexical.search("harbour keeper lamps", 1)) == [1]
    assert numbers(lexical.search("harbour keeper lamps", 1, ["src_0"])) == [0]
    assert lexical.search("harbour", 3, []) == []


def test_scores_fall_and_do_not_depend_on_the_filter(lexical: LexicalIndex) -> None:
    everything = dict(lexical.search("harbour mill lamps", 5))
    assert list(everything.values()) == sorted(everything.values(), reverse=True)
    for number, score in lexical.search("harbour mill lamps", 5, ["src_0"]):
        assert everything[number] == pytest.approx(score)


@given(st.text(max_size=200))
def test_no_query_breaks_it(lexical: LexicalIndex, query: str) -> None:
    assert len(lexical.search(query, 3)) <= 3


def test_a_folder_that_is_none_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(IndexDamagedError, match="lexical"):
        LexicalIndex(tmp_path, Aliases.of([]))


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    write_lexical(tmp_path / "index", [])
    assert LexicalIndex(tmp_path / "index", Aliases.of([])).search("anything", 3) == []
