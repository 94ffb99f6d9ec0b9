"""Deletion that can be proved: a source goes from every generation, and with it its embeddings.

The new generation and the new cache are files of their own, made without the source, so no freed
page of any file holds a trace of it; what held one is deleted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.build import BuildSettings, open_previous, without
from index.embedding import Embedder
from index.errors import IndexUnusableError, UsageError
from index.generations import TRUTH, Generations
from index.listing import source_id
from index.progress import Progress, Silent
from index.publishing import cache_path, now, used_keys
from index.store import Store, rewrite_cache
from index.types import BuildReport


@dataclass(frozen=True, slots=True)
class Erased:
    """A source that was erased, over all generations that held it.

    sha256: of the bytes of each version. characters: of canonical text, of all versions.
    passages: distinct ones, each with its vector and its lexical entry.
    """

    id: str
    path: str
    sha256: tuple[str, ...]
    characters: int
    passages: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a purge erased.

    at: ISO 8601, UTC. generation: the live one, which holds none of it. generations: those that
    were deleted. embeddings: cached vectors that were erased. shared: paths of other sources that
    hold some of the same passages, and keep them.
    """

    at: str
    generation: int
    sources: tuple[Erased, ...]
    generations: tuple[int, ...]
    embeddings: int
    shared: tuple[str, ...]


@dataclass(slots=True)
class _Traces:
    """What all generations together know of one path: versions by digest, and passages."""

    characters: dict[str, int] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)


def purge(
    folder: Path, names: Sequence[str], embedder: Embedder, settings: BuildSettings,
    progress: Progress | None = None,
) -> tuple[BuildReport, Receipt]:  # fmt: skip
    """Erase these sources, named by id or path, from every generation; they stay out.

    Their paths alone are remembered. A purge that was interrupted is finished by doing it again.
    Raises UsageError if no generation holds such a source and none was removed by that name, and
    as `build` does. A process that has an older generation open keeps it until it closes it.
    """
    generations = Generations(folder)
    generations.live()
    with generations.lock():
        previous = open_previous(generations, full=False)
        assert previous is not None, "a live generation was not opened"
        try:
            paths = _resolve(generations, previous.store, names)
            traces = _trace(generations, paths)
            before = generations.numbers()
            # What is pruned below is then counted below.
            keeping = replace(settings, keep_generations=sys.maxsize)
            report = without(
                generations, previous, set(paths), embedder, keeping, progress or Silent()
            )
        finally:
            previous.store.close()
        shared = _erase(generations, traces)
        generations.prune(settings.keep_generations)
        generations.sweep()
        embeddings = rewrite_cache(cache_path(folder), used_keys(generations))
        left = set(generations.numbers())
        receipt = Receipt(
            now(), generations.live(), tuple(_erased(path, traces[path]) for path in paths),
            tuple(number for number in before if number not in left), embeddings, shared,
        )  # fmt: skip
    return report, receipt


def _truths(generations: Generations) -> Iterator[tuple[int, Store | None]]:
    """Every generation's database, closed after its turn; None where it is damaged."""
    for number in generations.numbers():
        try:
            store = Store(generations.open_file(number, TRUTH)[1])
        except IndexUnusableError:
            yield number, None
            continue
        try:
            yield number, store
        finally:
            store.close()


def _resolve(generations: Generations, live: Store, names: Sequence[str]) -> list[str]:
    """The paths that are meant, each once. Raises UsageError."""
    known = {source_id(path): path for path in live.excluded()}
    for _, store in _truths(generations):
        if store is not None:
            known |= {source.id: source.path for source in store.sources()}
    known |= {path: path for path in list(known.values())}
    for name in names:
        if name not in known:
            raise UsageError(
                f"no generation of the index holds a source {name!r}",
                "see those of the live one with: pincite sources",
            )
    return list(dict.fromkeys(known[name] for name in names))


def _trace(generations: Generations, paths: Sequence[str]) -> dict[str, _Traces]:
    traces = {path: _Traces() for path in paths}
    for _, store in _truths(generations):
        if store is None:
            continue
        for source in store.sources():
            found = traces.get(source.path)
            if found is not None:
                found.characters[source.sha256] = len(store.text(source.id).text)
                found.texts |= {passage.text for passage in store.passages_of(source.id)}
    return traces


def _erase(generations: Generations, traces: Mapping[str, _Traces]) -> tuple[str, ...]:
    """Delete every generation but the live one that holds a trace, under whatever path, or that
    cannot be read; the paths of sources that share passages and stay."""
    live = generations.live()
    texts = {text for found in traces.values() for text in found.texts}
    digests = {digest for found in traces.values() for digest in found.characters}
    shared: list[str] = []
    for number, store in _truths(generations):
        if number != live or store is None:
            continue
        for source in store.sources():
            held = {passage.text for passage in store.passages_of(source.id)}
            if held & texts:
                shared.append(source.path)
        # What another source says as well, nobody asked to erase.
        texts -= store.passage_texts()
        digests -= {source.sha256 for source in store.sources()}
    for number, store in _truths(generations):
        if number != live and (store is None or _holds(store, traces, digests, texts)):
            generations.delete(number)
    return tuple(shared)


def _holds(store: Store, traces: Mapping[str, _Traces], digests: set[str], texts: set[str]) -> bool:
    return any(s.path in traces or s.sha256 in digests for s in store.sources()) or bool(
        store.passage_texts() & texts
    )


def _erased(path: str, found: _Traces) -> Erased:
    return Erased(
        source_id(path), path, tuple(sorted(found.characters)), sum(found.characters.values()),
        len(found.texts),
    )  # fmt: skip
