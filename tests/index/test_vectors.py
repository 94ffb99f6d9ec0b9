from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.errors import IndexDamagedError
from index.vectors import VectorIndex, serialise_vectors


def unit_rows(seed: int, rows: int, dimension: int = 16) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@given(st.integers(0, 1000), st.integers(1, 60), st.integers(1, 12), st.booleans())
def test_the_nearest_are_those_of_exact_search(
    seed: int, rows: int, count: int, filtered: bool
) -> None:
    vectors = unit_rows(seed, rows)
    query = unit_rows(seed + 1, 1)[0]
    allowed = np.arange(0, rows, 2, dtype=np.int64) if filtered else None
    found = VectorIndex(serialise_vectors(vectors), "test").search(query, count, allowed)
    candidates = np.arange(rows) if allowed is None else allowed
    assert len(found) == min(count, len(candidates))
    assert {n for n, _ in found} <= set(candidates.tolist())
    exact = np.sort(vectors[candidates] @ query)[::-1][: len(found)]
    # fp16 keeps three digits: what is near enough to tie may swap places.
    assert [score for _, score in found] == pytest.approx(exact.tolist(), abs=2e-3)


def test_nothing_is_allowed_or_there() -> None:
    index = VectorIndex(serialise_vectors(unit_rows(1, 5)), "test")
    assert index.search(unit_rows(2, 1)[0], 3, np.array([], dtype=np.int64)) == []
    empty = VectorIndex(serialise_vectors(np.zeros((0, 16), np.float32)), "test")
    assert empty.search(unit_rows(2, 1)[0], 3) == []
    assert len(empty) == 0


def test_bytes_that_are_no_index_are_damaged() -> None:
    with pytest.raises(IndexDamagedError, match="test"):
        VectorIndex(b"not an index at all", "test")


def test_cosines_are_those_of_the_search() -> None:
    vectors, query = unit_rows(1, 30), unit_rows(2, 1)[0]
    index = VectorIndex(serialise_vectors(vectors), "test")
    found = dict(index.search(query, 30))
    assert index.cosines(query, [7, 0, 29]) == pytest.approx([found[7], found[0], found[29]])
    assert index.cosines(query, []) == []
