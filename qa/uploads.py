"""Sources that are given to an index, rather than found where somebody keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.errors import LoadError, SourceMissingError
from index.generations import TRUTH, Generations
from index.listing import shown_path
from index.probing import probe
from index.progress import Progress, Silent
from index.store import Store
from index.types import BuildReport
from index.uploads import adopt, discard, is_kept, uploads_folder
from qa.assembly import build, remove
from qa.settings import Settings


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived.

    staged: where it lies; its suffix is that of `name`. name: what it is kept as, see
    `index.uploads.kept_name`. said: what was said of it, by the keys of a side file.
    """

    staged: Path
    name: str
    said: Mapping[str, str] = field(default_factory=dict)


def add(upload: Upload, settings: Settings, *, progress: Progress | None = None) -> BuildReport:
    """Keep a file and publish a generation with it.

    Raises LoadError, and keeps nothing, if it cannot be read as a source; otherwise as
    `qa.assembly.build` does: it is kept then, and the next build takes it.
    """
    progress = progress or Silent()
    progress.stage("checking the file", None)
    probe(upload.staged)
    folder = settings.index
    kept = adopt(folder, upload.staged, upload.name, upload.said)
    shown = shown_path(folder, kept)
    # Named outright only where it was removed before: each named file is remembered for good.
    named = [uploads_folder(folder), *([kept] if shown in _excluded(folder) else [])]
    report = build(named, settings, progress=progress)
    for skipped in report.skipped:
        if skipped.path == shown:
            discard(folder, upload.name)
            raise LoadError(skipped.reason)
    return report


def drop(source: str, settings: Settings, *, progress: Progress | None = None) -> BuildReport:
    """Publish a generation without a source, named by id or path.

    One that the index keeps itself is deleted; another stays where it is, and stays out. Raises
    as `qa.assembly.remove` does.
    """
    folder = settings.index
    shown = _shown(folder, source)
    if not is_kept(folder, shown):
        return remove([source], settings, progress=progress)
    discard(folder, Path(shown).name)
    return build([], settings, progress=progress)


def _excluded(folder: Path) -> set[str]:
    if not (folder / "CURRENT").exists():
        return set()
    store = _store(folder)
    try:
        return store.excluded()
    finally:
        store.close()


def _shown(folder: Path, source: str) -> str:
    store = _store(folder)
    try:
        for known in store.sources():
            if source in (known.id, known.path):
                return known.path
    finally:
        store.close()
    raise SourceMissingError(
        f"the index holds no source {source!r}", "see them with: pincite sources"
    )


def _store(folder: Path) -> Store:
    generations = Generations(folder)
    return Store(generations.open_file(generations.live(), TRUTH)[1])
