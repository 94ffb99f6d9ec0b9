from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.folding import Aliases
from index.lexical import LexicalIndex, write_lexical
from index.search import LEG_DEPTH, LEXICAL_WEIGHT, fuse
from index.types import Filter
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_index, open_searcher, passage, write_files


def test_words_count_beside_the_meaning() -> None:
    assert list(fuse({1: 0.4, 2: 0.5, 3: 0.45}, {1: 8.0, 3: 1.0}, 100)) == [1, 2, 3]
    # Where no word is shared the cosine alone ranks; equal scores are ordered by number.
    assert fuse({5: 0.4, 2: 0.4, 9: 0.6}, {}, 100) == {9: 0.6, 2: 0.4, 5: 0.4}
    assert list(fuse({5: 0.4, 2: 0.4, 9: 0.6}, {}, 100)) == [9, 2, 5]
    assert fuse({}, {}, 0) == {}


@pytest.mark.parametrize("passages", [2, 40, 300])
def test_a_word_of_one_passage_counts_alike_in_an_index_of_any_size(
    passages: int, tmp_path: Path
) -> None:
    texts = [passage(i, f"harbour number{i} lamp") for i in range(passages)]
    write_lexical(tmp_path / "index", texts)
    found = dict(LexicalIndex(tmp_path / "index", Aliases.of([])).search("number1", 5))
    fused = fuse({0: 0.0, 1: 0.25}, found, passages)
    assert fused == {1: pytest.approx(0.25 + LEXICAL_WEIGHT, abs=1e-3), 0: 0.0}


def test_the_words_of_a_long_question_count_no_more_than_a_cosine_can() -> None:
    assert fuse({1: 0.1, 2: 0.3}, {1: 900.0, 2: 450.0}, 100) == {1: 1.1, 2: 0.8}


cosine = st.floats(-1, 1, width=32)


@given(st.dictionaries(st.integers(0, 50), cosine, min_size=1), st.data())
def test_fused_scores_order_what_was_found(cosines: dict[int, float], data: st.DataObject) -> None:
    words = data.draw(st.dictionaries(st.sampled_from(sorted(cosines)), st.floats(0, 40)))
    found = fuse(cosines, words, 51)
    assert found.keys() == cosines.keys()
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert all(score >= cosines[number] for number, score in found.items())


def test_what_only_words_found_has_its_cosine(tmp_path: Path) -> None:
    files = {
        f"harbour{i}.txt": f"The harbour of place{i} sleeps under snow tonight."
        for i in range(LEG_DEPTH + 5)
    }
    rare = "Nobody in that long and weary winter lit one single lamp."
    build_index(tmp_path / "index", write_files(tmp_path / "sources", {**files, "rare.txt": rare}))
    opened, searcher = open_searcher(tmp_path / "index")
    with closing(opened.store):
        found = searcher.rankings("harbour lamp", LEG_DEPTH, Filter()).lexical[0]
        assert found.source.path.endswith("rare.txt")
        assert found.dense is None
        assert found.lexical is not None
        cosine = float(FakeEmbedder().embed([rare], "document")[0] @ FakeEmbedder().embed(
            ["harbour lamp"], "query")[0])  # fmt: skip
        unit = math.log(1 + (LEG_DEPTH + 6 - 0.5) / 1.5)
        expected = cosine + LEXICAL_WEIGHT * found.lexical / unit
        assert found.fused == pytest.approx(expected, abs=2e-3)
        # A filter leaves nothing else to find, and the score is the same.
        (alone,) = searcher.search("harbour lamp", 9, Filter(source="rare*"))
        assert alone.fused == pytest.approx(found.fused, abs=2e-3)
