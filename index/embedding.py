"""Texts → unit vectors, through a compiled sentence-transformers model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.compiling import Compiled, session

FloatArray = NDArray[np.float32]
TextKind = Literal["query", "document"]

# What one run of the model holds at most: small enough for the cache of a laptop's processor.
BATCH_TOKENS = 4096


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their similarity."""

    @property
    def digest(self) -> str:
        """Names the model: vectors of different digests do not compare."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Tokens of the longest text that is embedded whole, special tokens not counted."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens not counted."""

    def embed(
        self,
        texts: Sequence[str],
        kind: TextKind,
        progress: Callable[[int], None] | None = None,
    ) -> FloatArray:
        """Embed texts: shape (texts, dimension), rows of unit length, in the order given.

        progress: told how many more texts are done, after each batch.
        """


class OnnxEmbedder:
    """A compiled encoder. Safe to share between threads."""

    def __init__(self, compiled: Compiled, *, threads: int | None = None) -> None:
        self._compiled = compiled
        self._session = session(compiled.model_path, threads=threads)
        self._tokenizer = Tokenizer.from_file(str(compiled.tokenizer_path))
        self._dimension = int(self._session.get_outputs()[0].shape[-1])

    @property
    def digest(self) -> str:
        return self._compiled.digest

    @property
    def name(self) -> str:
        return self._compiled.name

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def max_tokens(self) -> int:
        return self._compiled.max_tokens - self._tokenizer.num_special_tokens_to_add(is_pair=False)

    @cached_property
    def _counter(self) -> Tokenizer:
        # Only builds count tokens, and reading a tokenizer takes its time.
        counter = Tokenizer.from_file(str(self._compiled.tokenizer_path))
        counter.no_truncation()
        return counter

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encodings = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def embed(
        self,
        texts: Sequence[str],
        kind: TextKind,
        progress: Callable[[int], None] | None = None,
    ) -> FloatArray:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        prompt = self._compiled.prompts.get(kind, "")
        encodings = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        for rows in length_batches([len(e) for e in encodings], BATCH_TOKENS):
            vectors[rows] = self._run([encodings[row] for row in rows])
            if progress is not None:
                progress(len(rows))
        return vectors

    def _run(self, encodings: Sequence[object]) -> FloatArray:
        inputs = padded_inputs(encodings, self._compiled.inputs)
        result: FloatArray = self._session.run(None, inputs)[0]
        return result


def length_batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Positions grouped so that like lengths stand together and a padded group fits the budget.

    A text longer than the budget stands alone.
    """
    batches: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[position] <= budget:
            batches[-1].append(position)
        else:
            batches.append([position])
    return batches


def padded_inputs(
    encodings: Sequence[object], names: Sequence[str]
) -> dict[str, NDArray[np.int64]]:
    """Model inputs of shape (encodings, longest), zero where there is padding."""
    attributes = {
        "input_ids": "ids",
        "attention_mask": "attention_mask",
        "token_type_ids": "type_ids",
    }
    rows = {name: [getattr(e, attributes[name]) for e in encodings] for name in names}
    width = max(len(row) for row in rows[names[0]])
    inputs = {}
    for name, lists in rows.items():
        array = np.zeros((len(lists), width), dtype=np.int64)
        for index, values in enumerate(lists):
            array[index, : len(values)] = values
        inputs[name] = array
    return inputs
