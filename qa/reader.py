"""The reader: a question and passages → where each passage might answer it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from tokenizers import Tokenizer

from index.compiling import Compiled, session
from index.embedding import length_batches, padded_inputs
from index.types import Span
from qa.spans import best_spans, without_halves
from qa.types import ReadSpan

# A longer question is cut: it must leave the passage its room.
MAX_QUESTION_TOKENS = 64
# What stands around a question and a passage, at most: "<s> … </s></s> … </s>".
SPECIAL_TOKENS = 4
SPANS_PER_PASSAGE = 3
# What two parts of a passage share that is too long for one run.
SHARED_TOKENS = 64
# Padded tokens of one run; a handful of passages of like length.
BATCH_TOKENS = 2048
# What no answer reaches beyond: the end of a paragraph of clean text (other texts may have spaces
# in the empty line), and of a question.
_BREAK = re.compile(r"\n[^\S\n]*\n|\?[\"”’»')\]]*(?=\s)")


@dataclass(frozen=True, slots=True)
class ReadResult:
    """spans: for each passage, its best spans, best first. tokens: how many were read."""

    spans: tuple[tuple[ReadSpan, ...], ...]
    tokens: int


class Reader(Protocol):
    """Finds the spans of passages that answer a question."""

    @property
    def digest(self) -> str:
        """Names the model."""

    def read(self, question: str, passages: Sequence[str]) -> ReadResult:
        """Read passages, each in one pass, or in parts where it is too long for one; results
        stand in the order of the passages."""


class OnnxReader:
    """A compiled question-answering model. Safe to share between threads."""

    def __init__(self, compiled: Compiled, *, threads: int | None = None) -> None:
        self._compiled = compiled
        self._session = session(compiled.model_path, threads=threads)
        self._tokenizer = Tokenizer.from_file(str(compiled.tokenizer_path))
        room = compiled.max_tokens - MAX_QUESTION_TOKENS - SPECIAL_TOKENS
        self._tokenizer.enable_truncation(
            compiled.max_tokens, stride=max(0, min(SHARED_TOKENS, room // 4)),
            strategy="only_second",
        )  # fmt: skip

    @property
    def digest(self) -> str:
        return self._compiled.digest

    @property
    def name(self) -> str:
        return self._compiled.name

    def read(self, question: str, passages: Sequence[str]) -> ReadResult:
        asked = self._shortened(question)
        # What is too long for one run is read in parts that overlap.
        parts = [
            (passage, part)
            for passage, whole in enumerate(
                self._tokenizer.encode_batch([(asked, text) for text in passages])
            )
            for part in (whole, *whole.overflowing)
        ]
        found: list[list[ReadSpan]] = [[] for _ in passages]
        for rows in length_batches([len(part) for _, part in parts], BATCH_TOKENS):
            inputs = padded_inputs([parts[row][1] for row in rows], self._compiled.inputs)
            start, end = self._session.run(None, inputs)
            for index, row in enumerate(rows):
                passage, part = parts[row]
                found[passage] += _decode(passages[passage], part, start[index], end[index])
        return ReadResult(
            tuple(_best(spans) for spans in found), sum(len(part) for _, part in parts)
        )

    @cached_property
    def _questions(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._compiled.tokenizer_path))
        tokenizer.no_truncation()
        return tokenizer

    def _shortened(self, question: str) -> str:
        # A token is seldom less than a byte, and most questions are this short: the second
        # tokenizer is read only for a long one.
        if len(question.encode()) <= MAX_QUESTION_TOKENS:
            return question
        encoding = self._questions.encode(question, add_special_tokens=False)
        if len(encoding) <= MAX_QUESTION_TOKENS:
            return question
        end: int = encoding.offsets[MAX_QUESTION_TOKENS - 1][1]
        return question[:end]


def bundled_reader_path() -> Path:
    """The folder of the reader that comes with Pincite."""
    return Path(__file__).parent / "models" / "reader"


def _best(spans: Sequence[ReadSpan]) -> tuple[ReadSpan, ...]:
    """The best of a passage's spans that do not overlap, best first."""
    kept: list[ReadSpan] = []
    for one in sorted(spans, key=lambda s: -s.margin):
        if all(one.span.end <= s.span.start or s.span.end <= one.span.start for s in kept):
            kept.append(one)
    return tuple(kept[:SPANS_PER_PASSAGE])


def _decode(text: str, encoding: Any, start: np.ndarray, end: np.ndarray) -> tuple[ReadSpan, ...]:
    length = len(encoding)
    breaks = [match.end() for match in _BREAK.finditer(text)]
    # Code points of white space alone have empty offsets in some tokenizers.
    parts = np.fromiter(
        (
            1 + bisect_right(breaks, a) if sequence == 1 and a < b else 0
            for sequence, (a, b) in zip(encoding.sequence_ids, encoding.offsets, strict=True)
        ),
        dtype=np.intp,
        count=length,
    )
    found = best_spans(start[:length], end[:length], parts, count=SPANS_PER_PASSAGE)
    spans = (Span(encoding.offsets[s.first][0], encoding.offsets[s.last][1]) for s in found)
    return tuple(
        ReadSpan(without_halves(text, span), s.margin) for span, s in zip(spans, found, strict=True)
    )
