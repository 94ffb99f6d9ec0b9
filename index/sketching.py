"""Near-duplicates: a sketch of each text, made in builds, and how much two texts share. Pure.

A sketch is a MinHash (Broder 1997) over the text's shingles, its runs of five folded words, and
their number. Resemblance alone (shared shingles over all shingles) misses a copy under another
header or inside a longer page, so texts are compared by containment: the shared shingles over
those of the shorter text. With J the resemblance and a, b the numbers of shingles, J / (1 + J) *
(a + b) estimates the shared ones.

Only `sketch` needs datasketch, which imports scipy; asking compares with numpy alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from index.folding import words

SHINGLE_WORDS = 5
# The standard error of a resemblance is at most 0.5 / sqrt(PERMUTATIONS), about 0.03.
PERMUTATIONS = 256
_SEED = 1
# datasketch makes a matrix of values x permutations at once.
_BATCH = 4096
# Half of the shorter text's runs of five words: one word in ten may have been edited, and more
# if the edits stand together. Texts that only quote the same statement share far less.
LEAST_SHARED = 0.5
# Beyond this one text holds the other among much else, and may speak with its own voice.
MOST_TIMES_LONGER = 4.0
# Texts with fewer shingles have too little in common with anything for an estimate to mean much.
LEAST_SHINGLES = 20


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text to find its copies.

    shingles: how many different ones the text has. values: PERMUTATIONS little-endian 32-bit
    minima; empty where there is no shingle.
    """

    shingles: int = 0
    values: bytes = b""


NO_SKETCH = Sketch()


def sketch(text: str) -> Sketch:
    """The sketch of a clean text; the same for the same words, however they are laid out.

    It depends on `words`, the constants above and datasketch's scheme: when one of them changes,
    sources must be built again, which `index.reading.PIPELINE` sees to.
    """
    from datasketch import MinHash

    found = shingles(text)
    if not found:
        return Sketch()
    minhash = MinHash(PERMUTATIONS, _SEED, scheme="affine32")
    rest = iter(sorted(found))
    while batch := list(islice(rest, _BATCH)):
        minhash.update_batch(batch)
    return Sketch(len(found), minhash.hashvalues.astype("<u4").tobytes())


def shingles(text: str) -> set[bytes]:
    """Digests of the text's runs of SHINGLE_WORDS words; of all its words if it has fewer."""
    return {hashlib.blake2b(run, digest_size=8).digest() for run in _runs(words(text))}


def _runs(tokens: list[str]) -> Iterator[bytes]:
    if not tokens:
        return
    for start in range(max(1, len(tokens) - SHINGLE_WORDS + 1)):
        yield " ".join(tokens[start : start + SHINGLE_WORDS]).encode()


def resemblance(one: Sketch, other: Sketch) -> float:
    """An estimate of the shingles that both have over those that either has, 0 to 1."""
    if not one.values or len(one.values) != len(other.values):
        return 0.0
    ours, theirs = (np.frombuffer(s.values, dtype="<u4") for s in (one, other))
    return float(np.mean(ours == theirs))


def containment(one: Sketch, other: Sketch) -> float:
    """An estimate of the shingles that both have over those of the shorter text, 0 to 1."""
    shared = resemblance(one, other)
    shorter = min(one.shingles, other.shingles)
    if not shorter:
        return 0.0
    both = shared / (1.0 + shared) * (one.shingles + other.shingles)
    return min(1.0, both / shorter)


def is_copy(one: Sketch, other: Sketch) -> bool:
    """Whether two texts are one text: syndicated, excerpted or lightly edited.

    At least LEAST_SHARED of the shorter text stands in the longer, which is at most
    MOST_TIMES_LONGER as long. Very short texts must be the same. Symmetric.
    """
    shorter, longer = sorted((one.shingles, other.shingles))
    if shorter < LEAST_SHINGLES:
        return shorter > 0 and one == other
    return longer <= MOST_TIMES_LONGER * shorter and containment(one, other) >= LEAST_SHARED
