"""From entries to a live generation: truth, vectors, words, manifest, and the one step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder
from index.errors import IndexUnusableError
from index.generations import FORMAT, LEXICAL, TRUTH, VECTORS, Generations, Manifest
from index.progress import Progress
from index.store import Entry, Store, StoreWriter, VectorCache, cache_key
from index.types import Passage

# Passages embedded between two writes to the cache: what an interrupted build may do in vain.
_CACHE_CHUNK = 64

# Looks at a generation in its folder before it is published: says in a line what it found, or
# raises BuildError to refuse it.
Check = Callable[[Path, Manifest], str]


@dataclass(frozen=True, slots=True)
class Content:
    """What a generation is to hold: its sources by path, and what an index remembers of how it
    is made (see `index.generations.Manifest`)."""

    entries: Iterable[Entry]
    roots: Sequence[str]
    excluded: Iterable[str]
    models: Mapping[str, str]
    names: Mapping[str, str]
    splitter: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Published:
    """A generation that is live. embedded: passages that were not in the cache; seconds by
    stage; checked: what the check said."""

    generation: int
    passages: int
    embedded: int
    seconds: Mapping[str, float]
    checked: str | None


def publish(
    generations: Generations, content: Content, embedder: Embedder, progress: Progress,
    *, check: Check | None = None,
) -> Published:  # fmt: skip
    """Write the next generation aside, let `check` look at it, and make it live.

    Raises BuildError or OSError where it cannot be written or synced, and what `check` raises;
    what was live stays live then.
    """
    from index.lexical import write_lexical
    from index.vectors import write_vectors

    with generations.prepare() as prepared:
        passages: list[Passage] = []
        sources = 0
        begun = time.perf_counter()
        with StoreWriter(prepared / TRUTH) as writer:
            for entry in content.entries:
                passages += writer.add(entry)
                sources += 1
            writer.set_roots(content.roots, content.excluded)
        written = time.perf_counter()
        vectors, embedded = embed_texts(
            generations.folder, [p.text for p in passages], embedder, progress
        )
        made = time.perf_counter()
        progress.stage("indexing", None)
        write_vectors(prepared / VECTORS, vectors)
        write_lexical(prepared / LEXICAL, passages)
        number = max(generations.numbers(), default=0) + 1
        manifest = Manifest(
            format=FORMAT, generation=number, built_at=now(), models=dict(content.models),
            names=dict(content.names), splitter=dict(content.splitter),
            counts={"sources": sources, "passages": len(passages)}, files={},
        )  # fmt: skip
        # Sealed first, so that what is published is what was checked.
        manifest = generations.seal(prepared, manifest)
        seconds = {
            "storing": written - begun, "embedding": made - written,
            "indexing": time.perf_counter() - made,
        }  # fmt: skip
        checked = None if check is None else check(prepared, manifest)
        generations.publish(prepared, number)
    return Published(number, len(passages), embedded, seconds, checked)


def now() -> str:
    """This moment, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def cache_path(folder: Path) -> Path:
    """Where the embeddings of the index in `folder` are cached."""
    return folder / "cache" / "embeddings.sqlite"


def embed_texts(
    folder: Path, texts: Sequence[str], embedder: Embedder, progress: Progress
) -> tuple[NDArray[np.float32], int]:
    """Vectors of all texts, shape (texts, dimension), and how many were not in the cache."""
    cache = VectorCache(cache_path(folder), embedder.digest)
    try:
        unique = list(dict.fromkeys(texts))
        known = cache.get(unique, embedder.dimension)
        missing = [text for text in unique if text not in known]
        progress.stage("embedding", len(missing))
        # Kept as it goes: a build that is interrupted has not embedded in vain.
        for at in range(0, len(missing), _CACHE_CHUNK):
            chunk = missing[at : at + _CACHE_CHUNK]
            vectors = embedder.embed(chunk, "document", progress.advance)
            cache.put(chunk, vectors)
            known.update(zip(chunk, vectors, strict=True))
    finally:
        cache.close()
    matrix = np.zeros((len(texts), embedder.dimension), dtype=np.float32)
    for row, text in enumerate(texts):
        matrix[row] = known[text]
    return matrix, len(missing)


def used_keys(generations: Generations) -> Iterator[bytes]:
    """The cache's keys of every passage of every generation that is there and can be read."""
    for number in generations.numbers():
        try:
            manifest, truth = generations.open_file(number, TRUTH)
            store = Store(truth)
        except IndexUnusableError:
            continue
        try:
            for text in store.passage_texts():
                yield cache_key(manifest.models["embedder"], text)
        finally:
            store.close()
