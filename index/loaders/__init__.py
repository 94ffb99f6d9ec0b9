"""Files in, documents out: bytes to canonical text, metadata and page map.

`load` works on bytes alone: it opens no file and never uses the network. The only error it raises
is `LoadError`, whatever the bytes are. The parser of each format is imported when the first file
of that format comes, not before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

from index.errors import LoadError
from index.loaders import sidecar as sidecars
from index.loaders.metadata import first_line_title, merge
from index.types import Document

#: Supported suffixes, in lower case, and the media type of each.
SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        ".txt": "text/plain",
        ".text": "text/plain",
        ".md": "text/markdown",
        ".markdown": "text/markdown",
        ".html": "text/html",
        ".htm": "text/html",
        ".xhtml": "application/xhtml+xml",
        ".pdf": "application/pdf",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)

#: Larger files are refused: nothing a person wrote to be read is this long.
MAX_BYTES = 256 * 2**20

_MODULES = {
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}

# A project's own papers, not its sources. `license-terms.pdf` may well be a source: only the
# formats in which such papers are written count.
_HOUSEKEEPING = re.compile(r"(?:readme|licen[sc]e)(?:[._-].*)?", re.IGNORECASE)
_HOUSEKEEPING_SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".html", ".htm"})


class _Loader(Protocol):
    def read(self, data: bytes, media_type: str) -> Document: ...


def is_supported(path: Path) -> bool:
    """Whether a walk through a folder takes this file for a source. Looks at its name only.

    True for a suffix of `SUFFIXES`, in any case, unless the file is hidden (`.x.md`), an editor's
    lock file (`~$x.docx`), or a README or LICENSE in a text format. Sidecars (`x.pdf.toml`) have
    no supported suffix. A file that a user names is decided by its suffix alone; skipping hidden
    folders is the walk's business.
    """
    name, suffix = path.name, path.suffix.lower()
    if suffix not in SUFFIXES or name.startswith((".", "~$")):
        return False
    return not (suffix in _HOUSEKEEPING_SUFFIXES and _HOUSEKEEPING.fullmatch(path.stem))


def load(path: Path, data: bytes, sidecar: bytes | None = None) -> Document:
    """The document in `data`; `path` gives its suffix and, at worst, its title.

    Metadata is taken from `sidecar` (the bytes of `<name>.toml`), then from the file itself, key
    by key. The title is never None: the name that the sidecar gives the file, the first line of
    the text, or the file's stem stands in.

    Raises LoadError, with a reason and a remedy, if the file or its sidecar cannot be read.
    """
    media_type = SUFFIXES.get(path.suffix.lower())
    if media_type is None:
        raise LoadError(
            f"files of type {path.suffix or 'without suffix'} are not supported",
            f"convert it to one of {' '.join(SUFFIXES)}",
        )
    explicit = sidecars.read(sidecar, f"{path.name}.toml") if sidecar is not None else None
    if not data.strip():
        raise LoadError("the file is empty", "put text into it or remove it")
    if len(data) > MAX_BYTES:
        raise LoadError(f"the file is larger than {MAX_BYTES >> 20} MiB", "split it")
    loader = cast(_Loader, import_module(f"index.loaders.{_MODULES[media_type]}"))
    document = loader.read(data, media_type)
    metadata = merge(explicit, document.metadata)
    if metadata.title is None:
        # A file that has a name of its own goes by it, rather than by how it begins.
        called = sidecars.original_name(sidecar) if sidecar is not None else None
        title = called or first_line_title(document.text, document.set_aside) or path.stem
        metadata = replace(metadata, title=title)
    return replace(document, metadata=metadata)
