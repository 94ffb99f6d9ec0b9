from __future__ import annotations

import hashlib
import random
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.sketching import (
    LEAST_SHINGLES,
    PERMUTATIONS,
    SHINGLE_WORDS,
    Sketch,
    containment,
    is_copy,
    resemblance,
    shingles,
    sketch,
)
from tests.index.helpers import build_index, open_searcher, write_files


def prose(seed: int, count: int) -> str:
    """So many words of chance, from a vocabulary as small as a subject's."""
    chance = random.Random(seed)
    return " ".join(f"w{chance.randrange(400)}" for _ in range(count))


STORY = prose(1, 400)


def test_what_is_laid_out_otherwise_is_the_same() -> None:
    again = sketch(STORY.replace(" ", "\n").upper() + ".")
    assert again == sketch(STORY)
    assert is_copy(again, sketch(STORY))


@pytest.mark.parametrize(
    "copy",
    [
        "Agency desk. " + prose(2, 60) + "\n\n" + STORY,
        STORY + "\n\nMore from us: " + prose(3, 200),
        " ".join(STORY.split()[:180]),
        " ".join(STORY.split()[100:]),
        " ".join("X" if n % 25 == 0 else w for n, w in enumerate(STORY.split())),
    ],
    ids=["another header", "teasers below", "cut short", "its end", "one word in 25 edited"],
)
def test_copies_are_one_text(copy: str) -> None:
    assert is_copy(sketch(copy), sketch(STORY))
    assert is_copy(sketch(STORY), sketch(copy))


@pytest.mark.parametrize(
    "other",
    [
        prose(5, 400),
        prose(6, 300) + " ".join(STORY.split()[:60]),
        prose(7, 3000) + STORY,
        "",
        "One short line.",
    ],
    ids=["another text", "one paragraph shared", "a long reader", "nothing", "too short"],
)
def test_other_texts_are_not(other: str) -> None:
    assert not is_copy(sketch(other), sketch(STORY))


def test_very_short_texts_must_be_the_same() -> None:
    line = "In 1987 the lamp was lit by Marta Lind."
    assert is_copy(sketch(line), sketch(line.upper()))
    assert not is_copy(sketch(line), sketch(line + " It still burns."))
    assert not is_copy(Sketch(), Sketch())


def test_the_estimate_is_near_the_truth() -> None:
    part = STORY + " " + prose(8, 250)
    ours, theirs = shingles(STORY), shingles(part)
    true = len(ours & theirs) / min(len(ours), len(theirs))
    assert containment(sketch(STORY), sketch(part)) == pytest.approx(true, abs=0.15)
    true = len(ours & theirs) / len(ours | theirs)
    assert resemblance(sketch(STORY), sketch(part)) == pytest.approx(true, abs=0.1)


def test_what_is_stored_does_not_change_unseen() -> None:
    # If this fails, datasketch or the folding changed: raise index.reading.PIPELINE, for sketches
    # of old builds can no longer be compared with new ones.
    found = sketch("The lamp in the harbour was lit by Marta Lind in 1987.")
    assert found.shingles == 8
    assert hashlib.sha256(found.values).hexdigest()[:16] == "b4183ebc9e5fff2a"


@given(st.lists(st.sampled_from(["lamp", "Türkiye", "1987", "🙂", "."]), max_size=40))
@settings(max_examples=50, deadline=None)
def test_a_sketch_has_its_size_and_compares_both_ways(pieces: list[str]) -> None:
    text = " ".join(pieces)
    one, other = sketch(text), sketch(STORY)
    assert len(one.values) == (4 * PERMUTATIONS if one.shingles else 0)
    assert containment(one, other) == containment(other, one)
    assert containment(one, one) == pytest.approx(1.0 if one.shingles else 0.0)
    assert 0 <= containment(one, other) <= 1
    assert is_copy(one, one) == bool(one.shingles)


def test_texts_on_one_subject_are_not_copies() -> None:
    corpus = Path(__file__).parents[2] / "corpus"
    found = [sketch(path.read_text(encoding="utf-8")) for path in sorted(corpus.glob("*.md"))]
    shared = [containment(a, b) for a, b in combinations(found, 2)]
    assert max(shared) < 0.2
    assert len(shared) > 200


def test_more_shingles_than_one_batch() -> None:
    text = prose(9, 9000)
    assert sketch(text).shingles > 8000
    assert is_copy(sketch(text), sketch(text + " " + prose(10, 1000)))


def test_the_store_keeps_it(tmp_path: Path) -> None:
    write_files(tmp_path / "sources", {"a.txt": STORY + ".\n", "b.txt": "Desk: " + STORY + ".\n"})
    build_index(tmp_path / "index", tmp_path / "sources")
    write_files(tmp_path / "sources", {"c.txt": prose(11, 100)})
    build_index(tmp_path / "index")
    store = open_searcher(tmp_path / "index")[0].store
    a, b, c = (store.text(source.id).sketch for source in store.sources())
    assert a == sketch(STORY)
    assert a.shingles > LEAST_SHINGLES > SHINGLE_WORDS
    assert is_copy(a, b)
    assert not is_copy(a, c)
