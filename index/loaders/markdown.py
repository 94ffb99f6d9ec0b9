"""Markdown: the file's own characters, unchanged; front matter is read and set aside."""

from __future__ import annotations

from index.cleaning.markdown import first_heading
from index.loaders.decoding import decode
from index.loaders.front_matter import find
from index.loaders.metadata import merge, shorten
from index.types import Document, Metadata


def read(data: bytes, media_type: str) -> Document:
    """The decoded text. Its title, unless the front matter has one, is the first heading."""
    text = decode(data)
    metadata, span = find(text)
    set_aside = (span,) if span else ()
    heading = first_heading(text, set_aside)
    title = Metadata(title=shorten(heading)) if heading else Metadata()
    return Document(text, merge(metadata, title), media_type, set_aside=set_aside)
