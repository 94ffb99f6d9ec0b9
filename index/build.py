"""Build: paths → what changed (by content) → load → clean → split → embed → store → publish."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder
from index.errors import (
    BuildError,
    IndexUnusableError,
    LoadError,
    UnreadableError,
    UsageError,
)
from index.generations import FORMAT, LEXICAL, TRUTH, VECTORS, Generations, Manifest
from index.progress import Progress, Silent
from index.sketching import sketch
from index.splitting import SplitSettings, sentences, split
from index.store import Entry, Store, StoredText, StoreWriter, VectorCache
from index.types import BuildReport, Document, Passage, Skipped, Source

# Raise it when the same file would be loaded, cleaned, split or sketched into something else.
PIPELINE = "2"
_CACHE_CHUNK = 256


# Looks at a generation in its folder before it is published: says in a line what it found, or
# raises BuildError to refuse it.
Check = Callable[[Path, Manifest], str]


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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a build starts from: files by shown path, and what the last generation remembers."""

    files: Mapping[str, Path]
    roots: tuple[str, ...]
    excluded: frozenset[str]
    # Folders that could not be listed, as shown: what is known of their files stays.
    unlisted: tuple[str, ...] = ()


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
        previous = _previous(generations, settings.full)
        try:
            plan = _plan(folder, named, previous)
            return _build(generations, plan, previous, embedder, settings, progress)
        finally:
            if previous is not None:
                previous.store.close()


def check_named(named: Sequence[Path]) -> None:
    """Raise UsageError for a path that does not exist or whose name cannot be stored."""
    for path in named:
        if not _is_text(str(path)):
            raise UsageError(f"the name {str(path)!r} is not UTF-8", "rename it")
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}", "check the path")


def _is_text(name: str) -> bool:
    """Whether a file's name is text; bytes that are not decode to lone surrogates."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def remove(
    folder: Path, names: Sequence[str], embedder: Embedder, settings: BuildSettings,
    progress: Progress | None = None,
) -> BuildReport:  # fmt: skip
    """Publish a generation without these sources, named by id or path; they stay out.

    Raises UsageError if the index holds no such source, and as `build` does.
    """
    generations = Generations(folder)
    with generations.lock():
        previous = _previous(generations, full=False)
        if previous is None:
            generations.live()
            raise AssertionError("a live generation was not opened")
        try:
            gone = {_named_path(previous.store, name) for name in names}
            plan = _plan(folder, [], previous)
            plan = replace(
                plan,
                files={path: file for path, file in plan.files.items() if path not in gone},
                excluded=plan.excluded | gone,
            )
            return _build(
                generations, plan, previous, embedder, settings, progress or Silent(),
                may_be_empty=True,
            )  # fmt: skip
        finally:
            previous.store.close()


def _named_path(store: Store, name: str) -> str:
    for source in store.sources():
        if name in (source.id, source.path):
            return source.path
    raise UsageError(f"the index holds no source {name!r}", "see them with: pincite sources")


@dataclass(frozen=True, slots=True)
class _Previous:
    """The live generation that a build follows."""

    manifest: Manifest
    store: Store


def _previous(generations: Generations, full: bool) -> _Previous | None:
    if not (generations.folder / "CURRENT").exists():
        return None
    try:
        path, manifest = generations.open(generations.live())
        return _Previous(manifest, Store(path / TRUTH))
    except IndexUnusableError:
        if full:
            return _salvaged(generations)
        raise


def _salvaged(generations: Generations) -> _Previous | None:
    """The newest generation whose truth is sound, whatever else is damaged: it still knows what
    the index is built from, and what was removed."""
    for number in reversed(generations.numbers()):
        try:
            manifest, truth = generations.open_file(number, TRUTH)
            return _Previous(manifest, Store(truth))
        except IndexUnusableError:
            continue
    return None


def shown_path(folder: Path, path: Path) -> str:
    """A source's path as it is cited: relative to the folder that holds the index, if below it."""
    absolute = Path(os.path.abspath(path))
    base = Path(os.path.abspath(folder)).parent
    if absolute.is_relative_to(base):
        return absolute.relative_to(base).as_posix()
    return absolute.as_posix()


def source_id(path: str) -> str:
    return f"src_{hashlib.sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def _plan(folder: Path, named: Sequence[Path], previous: _Previous | None) -> _Plan:
    remembered = previous.store.roots() if previous else []
    excluded = previous.store.excluded() if previous else set()
    given = [shown_path(folder, path) for path in named]
    roots = tuple(dict.fromkeys([*remembered, *given]))
    if not roots:
        raise UsageError("no file or folder was named", "name one: pincite build PATH")
    excluded -= set(given)
    files, unlisted = _list(folder, roots)
    return _Plan(
        {shown: files[shown] for shown in sorted(files) if shown not in excluded},
        roots, frozenset(excluded), tuple(shown_path(folder, path) for path in unlisted),
    )  # fmt: skip


def _list(folder: Path, roots: Sequence[str]) -> tuple[dict[str, Path], list[Path]]:
    """All files of the roots by shown path, and the folders that could not be listed.

    A file that two roots reach, by a symbolic link for one, counts once: it must not agree with
    itself.
    """
    base = Path(os.path.abspath(folder)).parent
    files: dict[str, Path] = {}
    unlisted: list[Path] = []
    seen = set()
    for root in roots:
        for path in list_files(base / root, folder, unlisted):
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                files[shown_path(folder, path)] = path
    return files, unlisted


def list_files(root: Path, index: Path, unlisted: list[Path]) -> Iterator[Path]:
    """The sources below a folder in a fixed order, or the file itself.

    Hidden files and folders, the index, and what no loader takes are passed over. Folders that
    the system will not list are added to `unlisted`.
    """
    from index.loaders import is_supported

    def failed(error: OSError) -> None:
        unlisted.append(Path(error.filename))

    if not root.is_dir():
        if root.exists():
            yield root
        return
    for parent, folders, names in os.walk(root, onerror=failed):
        folders[:] = sorted(
            f for f in folders
            if not f.startswith(".") and Path(parent, f).resolve() != index.resolve()
        )  # fmt: skip
        for name in sorted(names):
            path = Path(parent, name)
            if is_supported(path):
                yield path


def _build(
    generations: Generations, plan: _Plan, previous: _Previous | None, embedder: Embedder,
    settings: BuildSettings, progress: Progress, *, may_be_empty: bool = False,
) -> BuildReport:  # fmt: skip
    known = previous.store.entries() if previous else {}
    # Where a file cannot be read, what was known of it stays, if it was made in the same way.
    kept = previous if previous and _made_alike(previous, embedder, settings) else None
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    added = changed = 0
    begun = time.perf_counter()
    progress.stage("reading", len(plan.files))
    for shown, path in plan.files.items():
        try:
            if not _is_text(shown):
                raise LoadError("its name is not UTF-8", "rename it")
            data, sidecar = _read(path)
            mark = _fingerprint(data, sidecar, embedder, settings.split)
            old = known.get(shown)
            if old is not None and old[1] == mark and not settings.full and previous:
                entries.append(previous.store.entry(old[0]))
            else:
                entries.append(_entry(shown, path, data, sidecar, mark, embedder, settings.split))
                added += old is None
                changed += old is not None and old[1] != mark
        except LoadError as error:
            skipped.append(Skipped(shown, str(error)))
            if isinstance(error, UnreadableError) and shown in known and kept:
                entries.append(kept.store.entry(known[shown][0]))
        progress.advance()
    for lost in plan.unlisted:
        skipped.append(Skipped(lost, "the folder cannot be listed: check its rights"))
        below = [shown for shown in known if shown.startswith(f"{lost}/")] if kept else []
        entries += [kept.store.entry(known[shown][0]) for shown in below if kept]
    entries.sort(key=lambda entry: entry.source.path)
    if not entries and not (
        may_be_empty or _may_be_empty(generations.folder, plan, previous, skipped)
    ):
        raise BuildError(_nothing(plan, skipped), "name files that Pincite reads: see the README")
    report = BuildReport(
        generation=previous.manifest.generation if previous else 0, published=False,
        added=added, changed=changed, removed=len(set(known) - {e.source.path for e in entries}),
        untouched=len(entries) - added - changed, skipped=tuple(skipped),
        passages=sum(len(e.passages) for e in entries),
        seconds={"reading": time.perf_counter() - begun},
    )  # fmt: skip
    if previous and not settings.full and _same(plan, report, previous, embedder, settings):
        return report
    return _publish(generations, plan, entries, embedder, settings, progress, report)


def _made_alike(previous: _Previous, embedder: Embedder, settings: BuildSettings) -> bool:
    manifest = previous.manifest
    return manifest.models["embedder"] == embedder.digest and manifest.splitter == asdict(
        settings.split
    )


def _may_be_empty(
    folder: Path, plan: _Plan, previous: _Previous | None, skipped: Sequence[Skipped]
) -> bool:
    """Whether an index may become empty: its files are gone, not their whole folders with them
    (a disk that is not mounted), and none is there that cannot be read."""
    base = Path(os.path.abspath(folder)).parent
    there = any((base / root).exists() for root in plan.roots)
    return previous is not None and there and not skipped


def _nothing(plan: _Plan, skipped: Sequence[Skipped]) -> str:
    if skipped:
        return f"nothing could be read: {skipped[0].path}: {skipped[0].reason}"
    return f"there is nothing to index in {', '.join(plan.roots)}"


def _same(
    plan: _Plan, report: BuildReport, previous: _Previous, embedder: Embedder,
    settings: BuildSettings,
) -> bool:  # fmt: skip
    """Whether a new generation would hold exactly what the previous one does."""
    return (
        not (report.added or report.changed or report.removed)
        and tuple(previous.store.roots()) == plan.roots
        and previous.store.excluded() == plan.excluded
        and previous.manifest.models == _models(embedder, settings)
    )


def _models(embedder: Embedder, settings: BuildSettings) -> dict[str, str]:
    return {"embedder": embedder.digest, **(settings.models or {})}


def _read(path: Path) -> tuple[bytes, bytes | None]:
    """A file's bytes and those of its side file; raises LoadError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise LoadError("it is no regular file", "leave it out")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise LoadError("it vanished while the build was running", "build again") from error
    except OSError as error:
        raise UnreadableError(
            f"it cannot be read ({error.strerror})", "check its rights"
        ) from error
    try:
        return data, path.with_name(path.name + ".toml").read_bytes()
    except FileNotFoundError:
        return data, None
    except OSError as error:
        raise UnreadableError(
            f"its side file cannot be read ({error.strerror})", "check its rights"
        ) from error


def _fingerprint(
    data: bytes, sidecar: bytes | None, embedder: Embedder, settings: SplitSettings
) -> str:
    parts = [
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(sidecar).hexdigest() if sidecar is not None else "",
        PIPELINE, embedder.digest, str(settings.tokens), str(settings.overlap),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _entry(
    shown: str, path: Path, data: bytes, sidecar: bytes | None, mark: str, embedder: Embedder,
    settings: SplitSettings,
) -> Entry:  # fmt: skip
    from index.cleaning import clean
    from index.loaders import load

    document = load(path, data, sidecar)
    cleaned = clean(document)
    bounds = sentences(cleaned.text)
    passages = []
    for clean_span in split(cleaned.text, bounds, embedder.count_tokens, settings):
        text = cleaned.text[clean_span.start : clean_span.end]
        passages.append((cleaned.edits.to_canonical(clean_span), clean_span, text))
    if not passages:
        raise LoadError("it holds no text to read", "leave it out")
    stored = StoredText(
        document.text, document.pages, cleaned.edits, bounds, sketch(cleaned.text)
    )
    return Entry(_source(shown, data, document), mark, stored, tuple(passages))


def _source(shown: str, data: bytes, document: Document) -> Source:
    known = document.metadata
    return Source(
        id=source_id(shown), path=shown, title=known.title or Path(shown).stem,
        media_type=document.media_type, sha256=hashlib.sha256(data).hexdigest(),
        author=known.author, publisher=known.publisher, published=known.published,
        url=known.url, based_on=known.based_on,
    )  # fmt: skip


def _publish(
    generations: Generations, plan: _Plan, entries: Sequence[Entry], embedder: Embedder,
    settings: BuildSettings, progress: Progress, report: BuildReport,
) -> BuildReport:  # fmt: skip
    from index.lexical import write_lexical
    from index.vectors import write_vectors

    with generations.prepare() as prepared:
        passages: list[Passage] = []
        with StoreWriter(prepared / TRUTH) as writer:
            for entry in entries:
                passages += writer.add(entry)
            writer.set_roots(plan.roots, plan.excluded)
        begun = time.perf_counter()
        vectors, embedded = _embed(
            generations.folder, [p.text for p in passages], embedder, progress
        )
        embedding = time.perf_counter() - begun
        progress.stage("indexing", None)
        write_vectors(prepared / VECTORS, vectors)
        write_lexical(prepared / LEXICAL, passages)
        number = max(generations.numbers(), default=0) + 1
        manifest = Manifest(
            format=FORMAT, generation=number,
            built_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            models=_models(embedder, settings), names=dict(settings.names or {}),
            splitter=asdict(settings.split),
            counts={"sources": len(entries), "passages": len(passages)}, files={},
        )  # fmt: skip
        # Sealed first, so that what is published is what was checked.
        manifest = generations.seal(prepared, manifest)
        indexing = time.perf_counter() - begun - embedding
        checked = None if settings.check is None else settings.check(prepared, manifest)
        generations.publish(prepared, number)
    generations.prune(settings.keep_generations)
    return replace(
        report, generation=number, published=True, passages_embedded=embedded, checked=checked,
        seconds={**report.seconds, "embedding": embedding, "indexing": indexing},
    )  # fmt: skip


def _embed(
    folder: Path, texts: Sequence[str], embedder: Embedder, progress: Progress
) -> tuple[NDArray[np.float32], int]:
    """Vectors of all texts, shape (texts, dimension), and how many were not in the cache."""
    cache = VectorCache(folder / "cache" / "embeddings.sqlite", embedder.digest)
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


def changed_files(folder: Path, store: Store) -> list[str]:
    """Paths whose files are new, gone, or differ in content from what the index holds, sorted.

    Side files are not looked at.
    """
    excluded = store.excluded()
    there, _ = _list(folder, store.roots())
    held = {source.path: source.sha256 for source in store.sources()}
    changed = set(held) - set(there)
    for shown, path in there.items():
        if shown in excluded:
            continue
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            digest = None
        if held.get(shown) != digest:
            changed.add(shown)
    return sorted(changed)
