"""The values that cross module boundaries of `index`: frozen, and free of behaviour that does IO.

Every offset is a Unicode code point index, half-open, into the text its docstring names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open run of code points, `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a source beside its text; None where nothing says.

    `published` is an ISO 8601 calendar date, `YYYY-MM-DD`.
    """

    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    published: str | None = None
    url: str | None = None
    based_on: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a loader makes of a file's bytes.

    text: the canonical text. For plain text and Markdown it is the file's own decoded text
        (without a byte order mark), unchanged, so that an offset into it is one into the file.
    pages: the start of each page in `text`, first page first; empty where the format has none.
    set_aside: runs of `text` that are never read as prose (front matter, for one), sorted and
        apart from one another.
    """

    text: str
    metadata: Metadata
    media_type: str
    pages: tuple[int, ...] = ()
    set_aside: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An indexed document, as it is cited.

    id: `src_` and 16 hexadecimal digits of the path's SHA-256: it stays when the content changes.
    path: POSIX form, relative to the folder that holds the index where it lies below it,
        otherwise absolute.
    sha256: of the file's bytes, hexadecimal.
    """

    id: str
    path: str
    title: str
    media_type: str
    sha256: str
    author: str | None = None
    publisher: str | None = None
    published: str | None = None
    url: str | None = None
    based_on: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of one source that is embedded and read as a unit.

    id: `psg_` and 16 hexadecimal digits over the source's id, the span and the text.
    number: the row of this passage in its generation, 0-based: its key in both derived indexes.
    span: where it stands in the source's canonical text.
    clean_span: where it stands in the source's clean text.
    text: the clean text of `clean_span`: what is embedded and read.
    """

    id: str
    number: int
    source_id: str
    span: Span
    clean_span: Span
    text: str

    def in_clean(self, span: Span) -> Span:
        """A span of `text` as one of the source's clean text."""
        offset = self.clean_span.start
        return Span(span.start + offset, span.end + offset)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sources a question may be answered from; all conditions hold at once.

    source: a shell pattern (`fnmatch`, case-sensitive) that the source's path, or the last part
        of it, or its id must match.
    since, until: inclusive ISO dates. A source without a date matches neither.
    """

    source: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def is_empty(self) -> bool:
        return self.source is None and self.since is None and self.until is None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found.

    dense: cosine similarity, -1 to 1, or None where the dense leg did not return the passage.
    lexical: BM25 score, above 0, or None likewise.
    fused: the score of both legs together that orders the hits, descending (`search.fuse`).
    """

    passage: Passage
    source: Source
    fused: float
    dense: float | None = None
    lexical: float | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that a build could not take, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. Counts are of sources unless they say passages; seconds are by stage.

    moved: the same content at another path, counted neither as added nor as removed.
    passages_reused: whose embeddings were known from the last generation or from the cache.
    checked: what a check said of the generation before it was published, if there was one.
    repaired: files of the last generation that were damaged, and are made again in this one.
    """

    generation: int
    published: bool
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    untouched: int = 0
    passages: int = 0
    passages_embedded: int = 0
    passages_reused: int = 0
    skipped: tuple[Skipped, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    checked: str | None = None
    repaired: tuple[str, ...] = ()
