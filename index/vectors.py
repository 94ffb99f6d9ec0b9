"""The dense leg: exact search by inner product. The only module that imports faiss.

Vectors are kept as fp16 (`IndexScalarQuantizer`): as good as exact at half the size and twice
the speed of fp32. The row of a vector is the number of its passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import IndexDamagedError

FloatArray = NDArray[np.float32]


class VectorIndex:
    """An opened dense index. Immutable, and safe to share between threads."""

    def __init__(self, data: bytes | NDArray[np.uint8], name: str) -> None:
        """Open serialised bytes that were checked against their manifest.

        name: what to call it in the IndexDamagedError that is raised if faiss cannot read it.
        """
        buffer = np.frombuffer(data, dtype=np.uint8)
        try:
            self._index = faiss.deserialize_index(buffer)
        except RuntimeError as error:
            raise IndexDamagedError(
                f"the dense index {name} cannot be read", "run: pincite build --full"
            ) from error

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def search(
        self, vector: FloatArray, count: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The `count` nearest passages as (number, cosine), best first.

        vector: shape (dimension,), of unit length.
        allowed: the only passage numbers to look at; None looks at all. faiss applies it while
        it searches, so it never starves the result.
        """
        wanted = min(count, len(self) if allowed is None else len(allowed))
        if wanted <= 0:
            return []
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.ascontiguousarray(allowed, dtype=np.int64))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        # faiss shares out queries, not vectors: for one query a second thread is only waited for.
        # OpenMP keeps the number for each thread that sets it.
        faiss.omp_set_num_threads(1)
        scores, numbers = self._index.search(vector[None, :], wanted, params=parameters)
        return [(int(n), float(s)) for n, s in zip(numbers[0], scores[0], strict=True) if n >= 0]

    def cosines(self, vector: FloatArray, numbers: Sequence[int]) -> list[float]:
        """The cosine of each of these passages to `vector`, as `search` would give it."""
        if not numbers:
            return []
        faiss.omp_set_num_threads(1)
        rows = self._index.reconstruct_batch(np.asarray(numbers, dtype=np.int64))
        return [float(cosine) for cosine in rows @ vector]


def serialise_vectors(vectors: FloatArray) -> bytes:
    """A dense index of these vectors, shape (passages, dimension), unit length, as bytes."""
    index = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    if len(vectors):
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return bytes(faiss.serialize_index(index))


def write_vectors(path: Path, vectors: Sequence[FloatArray] | FloatArray) -> None:
    """Write the dense index file of these vectors."""
    path.write_bytes(serialise_vectors(np.asarray(vectors, dtype=np.float32)))
