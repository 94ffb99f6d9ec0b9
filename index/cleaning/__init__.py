"""Canonical text to clean text, and the map back.

Clean text is what a person would call the text: broken words joined, page furniture, pull quotes
and navigation set aside, one space between words and an empty line between paragraphs. It has no
other line ends. Letters are never changed: what is kept is copied, and the `EditMap` says from
where, so that a span of clean text is a span of canonical text too.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.cleaning.editmap import Edit, EditMap
from index.types import Document

__all__ = ["Cleaned", "Edit", "EditMap", "clean"]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A clean text, and the edits that make it: `edits.apply(document.text) == text`."""

    text: str
    edits: EditMap


def clean(document: Document) -> Cleaned:
    """The clean text of a document: always the same for the same document, and never an error.

    Time grows with the length of the text, about a second a million characters.
    """
    # Those who only map spans back, as every answer does, need none of this.
    from index.cleaning.assembly import edits_for

    edits = EditMap(len(document.text), tuple(edits_for(document)))
    return Cleaned(edits.apply(document.text), edits)
