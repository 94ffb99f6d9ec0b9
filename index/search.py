"""Search: a question as text and as vector → ranked passages, by both legs together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder
from index.errors import IndexDamagedError
from index.folding import Aliases
from index.generations import LEXICAL, TRUTH, VECTORS, Generations, Manifest
from index.lexical import LexicalIndex
from index.store import Store
from index.types import Filter, Hit
from index.vectors import VectorIndex

# What a word of the question that only one passage holds counts, in units of cosine
# (`docs/decisions/0016-how-the-legs-are-fused.md`).
LEXICAL_WEIGHT = 0.11
# How many passages each leg brings to the fusion.
LEG_DEPTH = 50


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """One generation, opened: what a searcher and whoever cites from it share.

    aliases: the names that mean the same, to whoever searches and whoever compares answers.
    """

    manifest: Manifest
    store: Store
    vectors: VectorIndex
    lexical: LexicalIndex
    aliases: Aliases


def open_generation(folder: Path, aliases: Aliases, generation: int | None = None) -> OpenIndex:
    """Open a generation of the index in `folder`; the live one if None.

    Raises IndexUnusableError if there is none, or it is of another format, or damaged.
    """
    generations = Generations(folder)
    if generation is not None:
        return open_files(*generations.open(generation), aliases)
    number = generations.live()
    while True:
        try:
            return open_files(*generations.open(number), aliases)
        except IndexDamagedError:
            # Another one may have been made live meanwhile, and this one deleted.
            before, number = number, generations.live()
            if number == before:
                raise


def open_files(path: Path, manifest: Manifest, aliases: Aliases) -> OpenIndex:
    """Open the files of a generation, published or about to be, that were checked or just made."""
    return OpenIndex(
        manifest,
        Store(path / TRUTH),
        _vectors(path / VECTORS),
        LexicalIndex(path / LEXICAL, aliases),
        aliases,
    )


def _vectors(path: Path) -> VectorIndex:
    try:
        return VectorIndex(path.read_bytes(), str(path))
    except OSError as error:
        raise IndexDamagedError(
            f"{path} cannot be read ({error.strerror})", "run: pincite build --full"
        ) from error


@dataclass(frozen=True, slots=True)
class Rankings:
    """What each leg found for a question, and both together, each best first."""

    dense: tuple[Hit, ...]
    lexical: tuple[Hit, ...]
    fused: tuple[Hit, ...]


class Searcher:
    """Searches one generation. Safe to share between threads."""

    def __init__(self, index: OpenIndex, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder
        # A question is searched for first and compared with sentences after.
        self._vector = lru_cache(maxsize=16)(partial(_embed_query, embedder))

    def search(self, query: str, top_k: int, condition: Filter) -> list[Hit]:
        """The `top_k` best passages, best first; fewer where fewer meet the filter.

        The filter goes into both legs, so that all that meets it is searched and nothing else.
        """
        dense, lexical = self._legs(query, max(LEG_DEPTH, top_k), condition)
        fused = self._fused(query, dense, lexical)
        return self._hits(list(fused)[:top_k], fused, dense, lexical)

    def rankings(self, query: str, depth: int, condition: Filter) -> Rankings:
        """The first `depth` passages of each leg and of both fused, as `search` goes by them."""
        dense, lexical = self._legs(query, max(LEG_DEPTH, depth), condition)
        fused = self._fused(query, dense, lexical)
        ranked = (list(leg)[:depth] for leg in (dense, lexical, fused))
        return Rankings(*(tuple(self._hits(leg, fused, dense, lexical)) for leg in ranked))

    def similarities(self, query: str, texts: Sequence[str]) -> list[float]:
        """The cosine of each text's embedding to the query's, -1 to 1."""
        if not texts:
            return []
        vectors = self._embedder.embed(texts, "document")
        return [float(cosine) for cosine in vectors @ self._vector(query)]

    def _legs(
        self, query: str, depth: int, condition: Filter
    ) -> tuple[dict[int, float], dict[int, float]]:
        """The dense and the lexical ranking: scores by passage number, best first."""
        store = self._index.store
        sources = None if condition.is_empty else store.matching(condition)
        allowed = None if sources is None else store.passage_numbers(sources)
        dense = dict(self._index.vectors.search(self._vector(query), depth, allowed))
        return dense, dict(self._index.lexical.search(query, depth, sources))

    def _fused(
        self, query: str, dense: Mapping[int, float], lexical: Mapping[int, float]
    ) -> dict[int, float]:
        """What either leg brought, by `fuse`; the cosines that the dense leg lacks are measured."""
        missing = [number for number in lexical if number not in dense]
        cosines = self._index.vectors.cosines(self._vector(query), missing)
        known = {**dense, **dict(zip(missing, cosines, strict=True))}
        return fuse(known, lexical, len(self._index.vectors))

    def _hits(
        self, numbers: Sequence[int], fused: Mapping[int, float], dense: Mapping[int, float],
        lexical: Mapping[int, float],
    ) -> list[Hit]:  # fmt: skip
        """These passages in this order, with their sources and scores."""
        store = self._index.store
        hits = []
        for number, passage in zip(numbers, store.passages(numbers), strict=True):
            source = store.source(passage.source_id)
            assert source is not None
            hits.append(Hit(passage, source, fused[number], dense.get(number), lexical.get(number)))
        return hits


def _embed_query(embedder: Embedder, query: str) -> NDArray[np.float32]:
    vector: NDArray[np.float32] = embedder.embed([query], "query")[0]
    return vector


def fuse(
    cosines: Mapping[int, float], lexical: Mapping[int, float], passages: int
) -> dict[int, float]:
    """Fused scores by passage number, best first: cosine + LEXICAL_WEIGHT * BM25 / unit.

    cosines: of every passage that either leg found. lexical: BM25 scores; 0 where there is none.
    The unit is the inverse document frequency of a word that one of so many `passages` holds, so
    that such a word counts the same in an index of any size. A question so long that its words
    would count more than 1, the most that a cosine can, has them counted in a larger unit. Unlike
    ranks, the scores say by how much a passage is the better one; a convex combination of scores
    is what Bruch, Gai and Ingber (ACM TOIS 2023) found to be better than reciprocal ranks. Equal
    scores are ordered by number.
    """
    rarest = math.log(1 + (passages - 0.5) / 1.5) if passages else 1.0
    unit = max(rarest / LEXICAL_WEIGHT, *lexical.values(), 0.0)
    scores = {
        number: cosine + lexical.get(number, 0.0) / unit for number, cosine in cosines.items()
    }
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
