"""Which passages of an index answer a question, by what its file says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Protocol

from index.folding import fold
from index.types import Passage, Source, Span
from qa.citations import one_line
from qa.questions import KnownQuestion


class Library(Protocol):
    """What an index holds: `qa.assembly.Pincite`, or what stands in for it."""

    def sources(self) -> list[Source]: ...

    def passages(self, source_id: str) -> list[Passage]:
        """The passages of a source, in its order."""

    def text(
        self, source_id: str, start: int | None = None, end: int | None = None
    ) -> tuple[int, int, str]:
        """Start and end of a run of a source's canonical text, and the run; the whole if None."""


class Relevance:
    """Judges passages of one index.

    A passage answers a question if it is of a right source (of any, where the question names
    none) and its clean text holds an accepted answer as whole words, both folded as for search;
    or, where the question has its paragraph and that stands in the source, if the passage
    overlaps the paragraph.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._sources = library.sources()
        self._paths = {source.id: source.path for source in self._sources}
        self._folded = lru_cache(maxsize=None)(self._fold)
        self._named = lru_cache(maxsize=None)(self._find)
        self._text = lru_cache(maxsize=8)(lambda source_id: library.text(source_id)[2])

    def passages(self, question: KnownQuestion) -> list[Passage]:
        """The passages that answer it, in the order of sources; none if it has no answer."""
        if not question.answers:
            return []
        return [
            passage
            for source_id in self._right_sources(question)
            for passage in self._in_source(question, source_id)
        ]

    def is_right_source(self, question: KnownQuestion, source: Source | None) -> bool | None:
        """Whether a source is one that the question names, no source never; None if it names none
        or has no answer."""
        if not question.sources or not question.answers:
            return None
        return source is not None and any(names(name, source.path) for name in question.sources)

    def path(self, source_id: str) -> str:
        """The path of a source of the index."""
        return self._paths[source_id]

    def missing(self, questions: Sequence[KnownQuestion]) -> list[str]:
        """The sources that questions with an answer name and the index does not hold, sorted."""
        wanted = {name for question in questions if question.answers for name in question.sources}
        return sorted(name for name in wanted if not self._named(name))

    def _right_sources(self, question: KnownQuestion) -> list[str]:
        if not question.sources:
            return [source.id for source in self._sources]
        return list(dict.fromkeys(s for name in question.sources for s in self._named(name)))

    def _find(self, name: str) -> tuple[str, ...]:
        return tuple(source.id for source in self._sources if names(name, source.path))

    def _in_source(self, question: KnownQuestion, source_id: str) -> list[Passage]:
        gold = self._gold(question, source_id)
        if gold is not None:
            return [
                passage for passage, _ in self._folded(source_id)
                if passage.span.start < gold.end and gold.start < passage.span.end
            ]  # fmt: skip
        wanted = [_folded(answer) for answer in question.answers]
        return [
            passage for passage, text in self._folded(source_id)
            if any(_holds(text, answer) for answer in wanted)
        ]  # fmt: skip

    def _gold(self, question: KnownQuestion, source_id: str) -> Span | None:
        """Where the question's paragraph stands in a source's canonical text, if it does."""
        if question.context is None:
            return None
        text, gold = self._text(source_id), question.gold
        if gold is not None and text[gold.start : gold.end] == question.context:
            return gold
        start = text.find(question.context)
        return Span(start, start + len(question.context)) if start >= 0 else None

    def _fold(self, source_id: str) -> list[tuple[Passage, str]]:
        return [(passage, _folded(passage.text)) for passage in self._library.passages(source_id)]


def names(name: str, path: str) -> bool:
    """Whether a question's source is the one with this path: its last parts, or where it is an
    absolute path and the other is not, the other way round.

    >>> names("a.md", "notes/a.md"), names("b/a.md", "notes/a.md"), names("/x/y/a.md", "y/a.md")
    (True, False, True)
    """
    ours, theirs = PurePath(name).parts, PurePath(path).parts
    if PurePath(name).is_absolute() and len(theirs) < len(ours):
        ours, theirs = theirs, ours
    return bool(ours) and theirs[-len(ours) :] == ours


def _folded(text: str) -> str:
    return one_line(fold(text))


def _holds(text: str, answer: str) -> bool:
    """Whether a text has an answer as whole words: "Iran" is not in "Iranian"."""
    # The quick look spares most texts the slow one.
    return answer in text and bool(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text))


def marked(text: str, answers: Sequence[str]) -> Span | None:
    """Where the first accepted answer that a text holds stands in it, if it can be told."""
    for answer in answers:
        found = re.search(rf"(?<!\w){re.escape(one_line(answer))}(?!\w)", text, re.IGNORECASE)
        if found:
            return Span(*found.span())
    return None
