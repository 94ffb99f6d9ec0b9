"""Plain text: the file's own characters, unchanged."""

from __future__ import annotations

from index.loaders.decoding import decode
from index.loaders.front_matter import find
from index.types import Document


def read(data: bytes, media_type: str) -> Document:
    """The decoded text; front matter, where there plainly is any, is read and set aside."""
    text = decode(data)
    metadata, span = find(text, strict=False)
    return Document(text, metadata, media_type, set_aside=(span,) if span else ())
