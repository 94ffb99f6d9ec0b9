"""Small stand-ins for the models: deterministic, fast, and readable."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.embedding import TextKind
from index.folding import words
from index.types import Span
from qa.reader import ReadResult
from qa.types import ReadSpan


class FakeEmbedder:
    """A bag of hashed words: texts that share words are near one another."""

    dimension = 64
    max_tokens = 200

    def __init__(self, digest: str = "fake-embedder") -> None:
        self.digest = digest
        self.embedded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]

    def embed(
        self,
        texts: Sequence[str],
        kind: TextKind,
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1.0
        if kind == "document":
            self.embedded += texts
        if progress is not None:
            progress(len(texts))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.maximum(norms, 1e-9)
        return unit


class FakeReader:
    """Finds the first of a list of known answers in a passage that shares a word with the
    question; its margin is what the list says."""

    digest = "fake-reader"

    def __init__(self, margins: dict[str, float]) -> None:
        self._margins = margins
        self.passages_read = 0

    def read(self, question: str, passages: Sequence[str]) -> ReadResult:
        self.passages_read += len(passages)
        asked = set(words(question))
        return ReadResult(
            tuple(self._spans(asked, text) for text in passages),
            sum(len(text.split()) for text in passages),
        )

    def _spans(self, asked: set[str], text: str) -> tuple[ReadSpan, ...]:
        if not asked & set(words(text)):
            return ()
        found = [
            ReadSpan(Span(text.index(answer), text.index(answer) + len(answer)), margin)
            for answer, margin in self._margins.items()
            if answer in text
        ]
        return tuple(sorted(found, key=lambda span: -span.margin)[:3])
