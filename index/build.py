"""Build: paths → what changed (by content) → load → clean → split → embed → store → publish."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from index.embedding import Embedder
from index.errors import BuildError, IndexUnusableError, UsageError
from index.generations import Generations
from index.listing import base_of, changed_files, check_named, list_sources, shown_path
from index.progress import Progress, Silent
from index.publishing import Check, Content, cache_path, publish, used_keys
from index.reading import Plan, Previous, Stock, open_truth, take_stock
from index.splitting import SplitSettings
from index.store import Store, VectorCache
from index.types import BuildReport

__all__ = ["BuildSettings", "Check", "build", "changed_files", "check_named", "remove"]


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What an index is made with, beside the embedder.

    models, names: digests and names of the models that belong to it, by role; "embedder" is set
    by the build. full: read and split everything again. check: may refuse what was built before
    it is published.
    """

    split: SplitSettings
    keep_generations: int
    full: bool = False
    models: Mapping[str, str] | None = None
    names: Mapping[str, str] | None = None
    check: Check | None = None

    def all_models(self, embedder: Embedder) -> dict[str, str]:
        return {"embedder": embedder.digest, **(self.models or {})}


def build(
    folder: Path,
    named: Sequence[Path],
    embedder: Embedder,
    settings: BuildSettings,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index in `folder` up to date with the named paths and those it remembers.

    Files that cannot be read are skipped and reported; the rest is published as a new generation,
    unless nothing changed. Raises UsageError if a named path does not exist, BuildError if there
    is nothing to index, another build runs, or the check refuses what was built,
    IndexUnusableError if what is there cannot be read and `settings.full` is not set. What was
    live stays live then.
    """
    progress = progress or Silent()
    check_named(named)
    generations = Generations(folder)
    with generations.lock():
        previous = open_previous(generations, settings.full)
        try:
            plan = _plan(folder, named, previous)
            return _build(generations, plan, previous, embedder, settings, progress)
        finally:
            if previous is not None:
                previous.store.close()


def remove(
    folder: Path, names: Sequence[str], embedder: Embedder, settings: BuildSettings,
    progress: Progress | None = None,
) -> BuildReport:  # fmt: skip
    """Publish a generation without these sources, named by id or path; they stay out.

    Raises UsageError if the index holds no such source, and as `build` does.
    """
    generations = Generations(folder)
    generations.live()
    with generations.lock():
        previous = open_previous(generations, full=False)
        assert previous is not None, "a live generation was not opened"
        try:
            gone = {_named_path(previous.store, name) for name in names}
            return without(generations, previous, gone, embedder, settings, progress or Silent())
        finally:
            previous.store.close()


def without(
    generations: Generations, previous: Previous, gone: set[str], embedder: Embedder,
    settings: BuildSettings, progress: Progress,
) -> BuildReport:  # fmt: skip
    """Publish a generation that leaves these paths out and follows the files otherwise. The index
    must be locked."""
    plan = _plan(generations.folder, [], previous)
    plan = replace(
        plan,
        files={path: file for path, file in plan.files.items() if path not in gone},
        excluded=plan.excluded | gone,
    )
    return _build(
        generations, plan, previous, embedder, settings, progress, may_be_empty=True
    )  # fmt: skip


def _named_path(store: Store, name: str) -> str:
    for source in store.sources():
        if name in (source.id, source.path):
            return source.path
    raise UsageError(f"the index holds no source {name!r}", "see them with: pincite sources")


def open_previous(generations: Generations, full: bool) -> Previous | None:
    """The live generation, for a build to follow; None if nothing was published.

    full: where it is damaged, an older one stands in, or none. Raises IndexUnusableError
    otherwise.
    """
    if not (generations.folder / "CURRENT").exists():
        return None
    try:
        return open_truth(generations, generations.live())
    except IndexUnusableError:
        if full:
            return _salvaged(generations)
        raise


def _salvaged(generations: Generations) -> Previous | None:
    """The newest generation whose truth is sound, whatever else is damaged: it still knows what
    the index is built from, and what was removed."""
    for number in reversed(generations.numbers()):
        try:
            return open_truth(generations, number)
        except IndexUnusableError:
            continue
    return None


def _plan(folder: Path, named: Sequence[Path], previous: Previous | None) -> Plan:
    remembered = previous.store.roots() if previous else []
    excluded = previous.store.excluded() if previous else set()
    given = [shown_path(folder, path) for path in named]
    roots = tuple(dict.fromkeys([*remembered, *given]))
    if not roots:
        raise UsageError("no file or folder was named", "name one: pincite build PATH")
    excluded -= set(given)
    listed = list_sources(folder, roots)
    return Plan(
        {shown: listed.files[shown] for shown in sorted(listed.files) if shown not in excluded},
        roots, frozenset(excluded), listed.unlisted,
    )  # fmt: skip


def _build(
    generations: Generations, plan: Plan, previous: Previous | None, embedder: Embedder,
    settings: BuildSettings, progress: Progress, *, may_be_empty: bool = False,
) -> BuildReport:  # fmt: skip
    begun = time.perf_counter()
    stock = take_stock(plan, previous, embedder, settings.split, progress, full=settings.full)
    if not stock.items and not (
        may_be_empty or _may_be_empty(generations.folder, plan, previous, stock)
    ):
        raise BuildError(_nothing(plan, stock), "name files that Pincite reads: see the README")
    report = BuildReport(
        generation=previous.manifest.generation if previous else 0, published=False,
        added=stock.added, changed=stock.changed, moved=stock.moved, removed=stock.gone,
        untouched=stock.untouched, skipped=stock.skipped,
        seconds={"reading": time.perf_counter() - begun},
    )  # fmt: skip
    if previous and not settings.full and _same(plan, stock, previous, embedder, settings):
        held = previous.store.passage_count()
        return replace(report, passages=held, passages_reused=held)
    content = Content(
        stock.entries(previous), plan.roots, plan.excluded, settings.all_models(embedder),
        settings.names or {}, asdict(settings.split),
    )  # fmt: skip
    made = publish(generations, content, embedder, progress, check=settings.check)
    damaged = previous.damaged if previous is not None else ()
    if damaged and previous is not None:
        generations.delete(previous.manifest.generation)
    if generations.prune(settings.keep_generations):
        _prune_cache(generations, embedder)
    return replace(
        report, generation=made.generation, published=True, passages=made.passages,
        passages_embedded=made.embedded, passages_reused=made.passages - made.embedded,
        checked=made.checked, repaired=damaged,
        seconds={**report.seconds, **made.seconds},
    )  # fmt: skip


def _prune_cache(generations: Generations, embedder: Embedder) -> None:
    """Drop the embeddings that no generation uses that is still there."""
    cache = VectorCache(cache_path(generations.folder), embedder.digest)
    try:
        cache.prune(used_keys(generations))
    finally:
        cache.close()


def _may_be_empty(folder: Path, plan: Plan, previous: Previous | None, stock: Stock) -> bool:
    """Whether an index may become empty: its files are gone, not their whole folders with them
    (a disk that is not mounted), and none is there that cannot be read."""
    base = base_of(folder)
    there = any((base / root).exists() for root in plan.roots)
    return previous is not None and there and not stock.skipped


def _nothing(plan: Plan, stock: Stock) -> str:
    if stock.skipped:
        return f"nothing could be read: {stock.skipped[0].path}: {stock.skipped[0].reason}"
    return f"there is nothing to index in {', '.join(plan.roots)}"


def _same(
    plan: Plan, stock: Stock, previous: Previous, embedder: Embedder, settings: BuildSettings
) -> bool:
    """Whether a new generation would hold exactly what the previous one does."""
    return (
        stock.same
        and not previous.damaged
        and tuple(previous.store.roots()) == plan.roots
        and previous.store.excluded() == plan.excluded
        and previous.manifest.models == settings.all_models(embedder)
    )
