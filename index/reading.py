"""Taking stock: which sources are new, changed, moved, gone or untouched, by content; what is new
is loaded, cleaned and split."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from index.embedding import Embedder
from index.errors import DerivedDamagedError, LoadError, UnreadableError
from index.generations import TRUTH, Generations, Manifest
from index.listing import is_text, source_id
from index.progress import Progress
from index.sketching import sketch
from index.splitting import SplitSettings, sentences, split
from index.store import Entry, Store, StoredText
from index.types import Document, Skipped, Source

# Raise it when the same file would be loaded, cleaned, split or sketched into something else.
PIPELINE = "2"


@dataclass(frozen=True, slots=True)
class Previous:
    """The generation that a build follows. damaged: files of its derived indexes that are."""

    manifest: Manifest
    store: Store
    damaged: tuple[str, ...] = ()


def open_truth(generations: Generations, number: int) -> Previous:
    """A generation to go on from: its truth must be sound, the rest need not be.

    Raises IndexDamagedError, which names the file, and IndexFormatError.
    """
    manifest, faults = generations.inspect(number)
    for fault in faults.values():
        if not isinstance(fault, DerivedDamagedError):
            raise fault
    return Previous(manifest, Store(generations.path(number) / TRUTH), tuple(faults))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build starts from: files by shown path, and what the last generation remembers.

    unlisted: folders that could not be listed, as shown: what is known of their files stays.
    """

    files: Mapping[str, Path]
    roots: tuple[str, ...]
    excluded: frozenset[str]
    unlisted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A source of the next generation: its entry, or its id in the last one, where it stays as it
    is. Exactly one of the two is not None."""

    path: str
    entry: Entry | None = None
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What the next generation is made of, by path. added, changed, moved and gone are counts of
    sources; a source that moved has the content of one that is gone, which is then not counted."""

    items: tuple[Item, ...]
    skipped: tuple[Skipped, ...]
    added: int
    changed: int
    moved: int
    gone: int

    @property
    def untouched(self) -> int:
        return len(self.items) - self.added - self.changed - self.moved

    @property
    def same(self) -> bool:
        """Whether the sources are those of the last generation."""
        return not (self.added or self.changed or self.moved or self.gone)

    def entries(self, previous: Previous | None) -> Iterator[Entry]:
        """The entries, one at a time: all at once they may be large."""
        for item in self.items:
            if item.entry is not None:
                yield item.entry
            else:
                assert previous is not None
                assert item.kept is not None
                yield previous.store.entry(item.kept)


def made_alike(previous: Previous, embedder: Embedder, settings: SplitSettings) -> bool:
    """Whether a generation was made with this embedder and cut in this way."""
    manifest = previous.manifest
    return manifest.models["embedder"] == embedder.digest and manifest.splitter == asdict(settings)


class _Known:
    """What the last generation knows, by path and by fingerprint."""

    def __init__(self, previous: Previous | None, plan: Plan) -> None:
        self._store = previous.store if previous is not None else None
        self.entries = self._store.entries() if self._store is not None else {}
        self._twins: dict[str, str] = {}
        self._vanished: dict[str, int] = {}
        for path, (_, mark) in self.entries.items():
            self._twins.setdefault(mark, path)
            if path not in plan.files and not _below(path, plan.unlisted):
                self._vanished[mark] = self._vanished.get(mark, 0) + 1

    def moved(self, mark: str) -> bool:
        """Whether a source of this content vanished; each is asked for once."""
        left = self._vanished.get(mark, 0)
        self._vanished[mark] = left - 1
        return left > 0

    def twin(self, shown: str, mark: str) -> Entry | None:
        """The entry of another source of the same content, as this path's own.

        None if there is none, or the loader may make something else of it under another name.
        """
        path = self._twins.get(mark)
        if path is None or self._store is None:
            return None
        old, new = Path(path), Path(shown)
        entry = self._store.entry(self.entries[path][0])
        # The suffix chooses the loader, and the stem is the title where nothing else says one.
        if old.suffix.lower() != new.suffix.lower() or entry.source.title == old.stem:
            return None
        return replace(entry, source=replace(entry.source, id=source_id(shown), path=shown))


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def take_stock(
    plan: Plan, previous: Previous | None, embedder: Embedder, settings: SplitSettings,
    progress: Progress, *, full: bool = False,
) -> Stock:  # fmt: skip
    """Compare the plan's files with the last generation, by digest, and read what is new.

    full: read everything. Files that cannot be read are skipped; what is known of one that is
    there but cannot be read just now stays, if it was made in the same way.
    """
    known = _Known(previous, plan)
    alike = previous is not None and made_alike(previous, embedder, settings)
    items: list[Item] = []
    skipped: list[Skipped] = []
    added = changed = moved = 0
    progress.stage("reading", len(plan.files))
    for shown, path in plan.files.items():
        old = known.entries.get(shown)
        try:
            if not is_text(shown):
                raise LoadError("its name is not UTF-8", "rename it")
            data, sidecar = _read(path)
            mark = _fingerprint(data, sidecar, embedder, settings)
            if old is not None and old[1] == mark and not full:
                items.append(Item(shown, kept=old[0]))
            else:
                entry = None if full else known.twin(shown, mark)
                if entry is None:
                    entry = _entry(shown, path, data, sidecar, mark, embedder, settings)
                items.append(Item(shown, entry))
            if old is not None:
                changed += old[1] != mark
            elif known.moved(mark):
                moved += 1
            else:
                added += 1
        except LoadError as error:
            skipped.append(Skipped(shown, str(error)))
            if isinstance(error, UnreadableError) and old is not None and alike:
                items.append(Item(shown, kept=old[0]))
        progress.advance()
    for lost in plan.unlisted:
        skipped.append(Skipped(lost, "the folder cannot be listed: check its rights"))
        if alike:
            items += [
                Item(shown, kept=id_)
                for shown, (id_, _) in known.entries.items()
                if _below(shown, (lost,)) and shown not in plan.excluded
            ]
    items.sort(key=lambda item: item.path)
    gone = len(set(known.entries) - {item.path for item in items}) - moved
    return Stock(tuple(items), tuple(skipped), added, changed, moved, gone)


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
    stored = StoredText(document.text, document.pages, cleaned.edits, bounds, sketch(cleaned.text))
    return Entry(_source(shown, data, document), mark, stored, tuple(passages))


def _source(shown: str, data: bytes, document: Document) -> Source:
    known = document.metadata
    return Source(
        id=source_id(shown), path=shown, title=known.title or Path(shown).stem,
        media_type=document.media_type, sha256=hashlib.sha256(data).hexdigest(),
        author=known.author, publisher=known.publisher, published=known.published,
        url=known.url, based_on=known.based_on,
    )  # fmt: skip
