"""What a generation is made of: its manifest, the seal on it, and how a file is held against it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from index.errors import DerivedDamagedError, IndexDamagedError, IndexFormatError

FORMAT = 2
MANIFEST = "manifest.json"
# As sha256sum writes it, so that `sha256sum -c` checks it too.
SEAL = "manifest.json.sha256"
TRUTH = "truth.sqlite"
VECTORS = "vectors.faiss"
LEXICAL = "lexical"


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


def pointer_check(generation: int) -> str:
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


def file_fault(folder: Path, name: str, record: FileRecord) -> IndexDamagedError | None:
    """What is wrong with a file of a generation, None if it is as its record says."""
    path = folder / name
    kind = (
        DerivedDamagedError
        if name == VECTORS or name.startswith(f"{LEXICAL}/")
        else (IndexDamagedError)
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


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the generation in a folder, held against its seal.

    Raises IndexFormatError if another version of Pincite made it, IndexDamagedError.
    """
    path = folder / MANIFEST
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
            f"the index in {folder.parent.parent} has format {data.get('format')}, this version of "
            f"Pincite reads format {FORMAT}", "rebuild it with: pincite build --full PATH",
        )  # fmt: skip
    files = {name: FileRecord(**record) for name, record in data.pop("files").items()}
    return Manifest(files=files, **data)


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of all files in a folder, and return it with `files` filled in."""
    files = {
        path.relative_to(folder).as_posix(): FileRecord(path.stat().st_size, _digest(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    data = {**asdict(manifest), "files": {n: asdict(r) for n, r in files.items()}}
    body = json.dumps(data, indent=1).encode()
    (folder / MANIFEST).write_bytes(body)
    (folder / SEAL).write_bytes(_seal(body))
    return replace(manifest, files=files)
