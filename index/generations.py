"""Generations: immutable folders, one of them live, published by renaming one pointer.

    INDEX/CURRENT                     the live generation's number, as text, and a check of it
    INDEX/generations/00000003/       manifest.json and its digest, truth.sqlite, vectors.faiss,
                                      lexical/…
    INDEX/cache/                      embeddings by model and text
    INDEX/models/                     compiled models by digest
    INDEX/lock                        held by the one build that runs

A generation is prepared in a folder whose name begins with a dot, each file and folder is synced
to disk, the folder gets its name, and CURRENT is replaced: whatever happens in between, what
CURRENT names is whole. The manifest names every file with its length and SHA-256, and nothing is
parsed before it was compared with them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from index.durable import remove_tree, replace_with, sync, sync_tree
from index.errors import (
    IndexDamagedError,
    IndexMissingError,
    IndexUnusableError,
    UsageError,
)
from index.locking import locked
from index.manifest import (
    FORMAT,
    LEXICAL,
    MANIFEST,
    SEAL,
    TRUTH,
    VECTORS,
    FileRecord,
    GenerationState,
    Manifest,
    file_fault,
    pointer_check,
    read_manifest,
    write_manifest,
)

__all__ = [
    "FORMAT", "LEXICAL", "MANIFEST", "SEAL", "TRUTH", "VECTORS", "FileRecord", "GenerationState",
    "Generations", "Manifest", "folder_bytes", "models_folder",
]  # fmt: skip

_DIGEST_THREADS = 4


class Generations:
    """The generations of one index folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, generation: int) -> Path:
        return self.folder / "generations" / f"{generation:08d}"

    def numbers(self) -> list[int]:
        """The generations that are there, oldest first."""
        parent = self.folder / "generations"
        if not parent.is_dir():
            return []
        return sorted(int(p.name) for p in parent.iterdir() if p.name.isdigit() and p.is_dir())

    def require(self, generation: int) -> None:
        """Raise UsageError if a generation is not there."""
        if not self.path(generation).is_dir():
            there = ", ".join(map(str, self.numbers())) or "none"
            raise UsageError(f"there is no generation {generation}", f"there are: {there}")

    def listed(self) -> list[GenerationState]:
        """Every generation that is there, oldest first; nothing but its manifest is read."""
        live = self.live()
        return [self._state(number, live) for number in self.numbers()]

    def _state(self, number: int, live: int) -> GenerationState:
        size = folder_bytes(self.path(number))
        try:
            manifest = self.manifest(number)
        except IndexUnusableError as error:
            return GenerationState(number, number == live, size, fault=str(error))
        return GenerationState(
            number, number == live, size, manifest.built_at, dict(manifest.counts)
        )

    def live(self) -> int:
        """The live generation's number.

        Raises IndexMissingError if nothing was published, IndexDamagedError if the pointer holds
        no number.
        """
        pointer = self.folder / "CURRENT"
        try:
            text = pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError as error:
            raise IndexMissingError(
                f"there is no index in {self.folder}", "make one with: pincite build PATH"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged_pointer(pointer) from error
        number, _, check = text.partition(" ")
        # Without a check: as versions before wrote it.
        if not number.isdigit() or (text != number and check != pointer_check(int(number))):
            raise self._damaged_pointer(pointer)
        return int(number)

    def pointer_mark(self) -> tuple[int, int, int]:
        """What changes with every publication: the live generation's number, and which file says
        so. Raises as `live` does."""
        number = self.live()
        try:
            state = (self.folder / "CURRENT").stat()
        except OSError:
            # It went between the two looks.
            return self.live(), 0, 0
        return number, state.st_ino, state.st_mtime_ns

    @staticmethod
    def _damaged_pointer(pointer: Path) -> IndexDamagedError:
        return IndexDamagedError(
            f"{pointer} names no generation", "name one that is there with: pincite rollback NUMBER"
        )

    def open(self, generation: int) -> tuple[Path, Manifest]:
        """A generation's folder and manifest, every file compared with its length and digest.

        Raises IndexFormatError if another version of Pincite made it, IndexDamagedError, which
        names the file, if anything is not as the manifest says: DerivedDamagedError if the truth
        is sound, so that the rest can be made again.
        """
        manifest, faults = self.inspect(generation)
        for fault in faults.values():
            raise fault
        return self.path(generation), manifest

    def inspect(self, generation: int) -> tuple[Manifest, dict[str, IndexDamagedError]]:
        """A generation's manifest, and by name the fault of each file that is not as it says, the
        truth first; raises as `open` does if the manifest itself is at fault.

        Files are digested side by side, so that it takes as long as the largest of them.
        """
        manifest = self.manifest(generation)
        folder = self.path(generation)
        names = sorted(manifest.files, key=lambda name: (name != TRUTH, name))
        with ThreadPoolExecutor(_DIGEST_THREADS) as pool:
            found = pool.map(lambda name: file_fault(folder, name, manifest.files[name]), names)
            return manifest, {
                name: fault for name, fault in zip(names, found, strict=True) if fault is not None
            }

    def open_file(self, generation: int, name: str) -> tuple[Manifest, Path]:
        """A generation's manifest and one of its files, checked alone; raises as `open` does."""
        manifest = self.manifest(generation)
        path = self.path(generation) / name
        fault = file_fault(self.path(generation), name, manifest.files[name])
        if fault is not None:
            raise fault
        return manifest, path

    def manifest(self, generation: int) -> Manifest:
        """A generation's manifest alone; raises as `open` does."""
        return read_manifest(self.path(generation))

    @contextmanager
    def prepare(self) -> Iterator[Path]:
        """An empty folder to write the next generation into; gone again unless published."""
        parent = self.folder / "generations"
        if not parent.is_dir():
            parent.mkdir(parents=True)
            sync(self.folder)
            sync(self.folder.parent)
        self.sweep()
        folder = parent / f".next-{os.getpid()}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def seal(self, prepared: Path, manifest: Manifest) -> Manifest:
        """Write the manifest of a prepared folder, and return it with `files` filled in."""
        return write_manifest(prepared, manifest)

    def publish(self, prepared: Path, generation: int) -> None:
        """Make a sealed folder the live generation.

        Raises OSError as the file system does; what was live then stays live, unless the very
        last sync failed: then either is, and both are whole.
        """
        sync_tree(prepared)
        target = self.path(generation)
        prepared.rename(target)
        try:
            sync(target.parent)
        except OSError:
            # Nobody knows whether it lasts, so it must not be there to be pointed at.
            shutil.rmtree(target, ignore_errors=True)
            raise
        self.point_at(generation)

    def point_at(self, generation: int) -> None:
        """Make a generation that is there the live one, in one step."""
        self.require(generation)
        data = f"{generation} {pointer_check(generation)}\n".encode()
        replace_with(self.folder / "CURRENT", data)

    def prune(self, keep: int) -> list[int]:
        """Delete all but the newest `keep` generations, and return their numbers; the live one
        always stays."""
        numbers = self.numbers()
        spared = {*numbers[-keep:], self.live()}
        doomed = [number for number in numbers if number not in spared]
        for number in doomed:
            self.delete(number)
        return doomed

    def delete(self, generation: int) -> None:
        """Delete a generation. Whoever has it open keeps it until they close it."""
        remove_tree(self.path(generation))

    def sweep(self) -> None:
        """Delete what builds that were killed left behind. The index must be locked."""
        parent = self.folder / "generations"
        for left in [*parent.glob(".next-*"), *parent.glob(".*.gone")]:
            shutil.rmtree(left, ignore_errors=True)
        for left in self.folder.glob(".CURRENT.*"):
            left.unlink(missing_ok=True)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the index for writing, see `index.locking.locked`."""
        return locked(self.folder)


def models_folder(folder: Path, models: Path | None) -> Path:
    """Where compiled models lie: as told, or inside the index."""
    return folder / "models" if models is None else models


def folder_bytes(path: Path) -> int:
    """Bytes of all files in a folder."""
    total = 0
    for parent, _, names in os.walk(path):
        for name in names:
            # A build may be giving back the space of an old generation just now.
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total
