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

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from index.durable import remove_tree, replace_with, sync, sync_tree
from index.errors import (
    DerivedDamagedError,
    IndexDamagedError,
    IndexFormatError,
    IndexMissingError,
    IndexUnusableError,
    UsageError,
)
from index.locking import locked

FORMAT = 2
MANIFEST = "manifest.json"
# As sha256sum writes it, so that `sha256sum -c` checks it too.
SEAL = "manifest.json.sha256"
TRUTH = "truth.sqlite"
VECTORS = "vectors.faiss"
LEXICAL = "lexical"
_DIGEST_THREADS = 4


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of a generation: length in bytes, SHA-256 in hexadecimal."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of and with.

    built_at: ISO 8601, UTC. models: digests by role. names: the models' names by role.
    splitter: settings that passages were cut with. files: by path in the generation's folder.
    """

    format: int
    generation: int
    built_at: str
    models: Mapping[str, str]
    names: Mapping[str, str]
    splitter: Mapping[str, int]
    counts: Mapping[str, int]
    files: Mapping[str, FileRecord]

    def model_labels(self) -> dict[str, str]:
        """Each model by role as `name@digest`, the digest shortened to 12 digits."""
        return {
            role: f"{self.names.get(role, role)}@{digest[:12]}"
            for role, digest in self.models.items()
        }


@dataclass(frozen=True, slots=True)
class GenerationState:
    """A generation as `status` lists it. bytes: on disk. fault: why it cannot be opened, None if
    its manifest is sound; built_at and counts are unknown then."""

    number: int
    live: bool
    bytes: int
    built_at: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    fault: str | None = None


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
        if not number.isdigit() or (text != number and check != _check(int(number))):
            raise self._damaged_pointer(pointer)
        return int(number)

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
            found = pool.map(lambda name: _fault(folder, name, manifest.files[name]), names)
            return manifest, {
                name: fault for name, fault in zip(names, found, strict=True) if fault is not None
            }

    def open_file(self, generation: int, name: str) -> tuple[Manifest, Path]:
        """A generation's manifest and one of its files, checked alone; raises as `open` does."""
        manifest = self.manifest(generation)
        path = self.path(generation) / name
        fault = _fault(self.path(generation), name, manifest.files[name])
        if fault is not None:
            raise fault
        return manifest, path

    def manifest(self, generation: int) -> Manifest:
        """A generation's manifest alone; raises as `open` does."""
        path = self.path(generation) / MANIFEST
        try:
            body = path.read_bytes()
            seal = path.with_name(SEAL).read_bytes()
        except OSError as error:
            raise _damaged(path, f"cannot be read ({error.strerror})") from error
        if _seal(body) != seal:
            raise _damaged(path, "is not what was written")
        data = json.loads(body)
        if data.get("format") != FORMAT:
            raise IndexFormatError(
                f"the index in {self.folder} has format {data.get('format')}, this version of "
                f"Pincite reads format {FORMAT}", "rebuild it with: pincite build --full PATH",
            )  # fmt: skip
        files = {name: FileRecord(**record) for name, record in data.pop("files").items()}
        return Manifest(files=files, **data)

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
        files = {
            path.relative_to(prepared).as_posix(): FileRecord(path.stat().st_size, _digest(path))
            for path in sorted(prepared.rglob("*"))
            if path.is_file()
        }
        data = {**asdict(manifest), "files": {n: asdict(r) for n, r in files.items()}}
        body = json.dumps(data, indent=1).encode()
        (prepared / MANIFEST).write_bytes(body)
        (prepared / SEAL).write_bytes(_seal(body))
        return replace(manifest, files=files)

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
        data = f"{generation} {_check(generation)}\n".encode()
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


def _check(generation: int) -> str:
    """What a pointer is known by to be whole: one digit for another names a generation as well."""
    return hashlib.sha256(f"{generation}".encode()).hexdigest()[:16]


def _seal(manifest: bytes) -> bytes:
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(
    path: Path, what: str, kind: type[IndexDamagedError] = IndexDamagedError
) -> IndexDamagedError:
    return kind(
        f"the index is damaged: {path} {what}",
        "go back with pincite rollback, or rebuild with: pincite build --full",
    )


def _fault(folder: Path, name: str, record: FileRecord) -> IndexDamagedError | None:
    """What is wrong with a file of a generation, None if it is as its record says."""
    path = folder / name
    kind = DerivedDamagedError if name == VECTORS or name.startswith(f"{LEXICAL}/") else (
        IndexDamagedError
    )
    try:
        size = path.stat().st_size
        if size != record.bytes:
            return _damaged(path, f"has {size} bytes instead of {record.bytes}", kind)
        if _digest(path) != record.sha256:
            return _damaged(path, "is not what was written", kind)
    except OSError as error:
        return _damaged(path, f"cannot be read ({error.strerror})", kind)
    return None


def models_folder(folder: Path, models: Path | None) -> Path:
    """Where compiled models lie: as told, or inside the index."""
    return folder / "models" if models is None else models


def folder_bytes(path: Path) -> int:
    """Bytes of all files in a folder."""
    total = 0
    for found in path.rglob("*"):
        # A build may be giving back the space of an old generation just now.
        with suppress(FileNotFoundError):
            total += found.stat().st_size if found.is_file() else 0
    return total
