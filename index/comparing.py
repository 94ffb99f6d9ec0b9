"""Two generations side by side: which sources and passages came, went and changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from index.store import Store
from index.types import Passage, Source, Span

Kind = Literal["came", "went", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class SourceChange:
    """path: in the later generation, or in the earlier one where it went. was: its earlier path
    where it moved, else None."""

    kind: Kind
    path: str
    was: str | None = None


@dataclass(frozen=True, slots=True)
class PassageChange:
    """A passage that came, went, or stands in place of another one; None where there is none.

    before, after: clean texts. before_span, after_span: in the source's canonical text then and
    now.
    """

    kind: Kind
    path: str
    before: str | None
    after: str | None
    before_span: Span | None
    after_span: Span | None


def compare(before: Store, after: Store) -> tuple[list[SourceChange], list[PassageChange]]:
    """What changed from one generation to another, by path and in the order of the text.

    A source whose bytes stand under another path moved; its passages changed only if they differ.
    A passage whose clean text still stands in its source is the same, wherever it stands.
    """
    old = {source.path: source for source in before.sources()}
    new = {source.path: source for source in after.sources()}
    moves = _moves(old, new)
    was = {now: path for path, now in moves.items()}
    marks = before.entries(), after.entries()
    sources: list[SourceChange] = []
    passages: list[PassageChange] = []
    for path in sorted({*old, *new}):
        if path in moves:
            continue
        earlier = old.get(was.get(path, path))
        later = new.get(path)
        kind: Kind = "changed"
        if earlier is None:
            kind = "came"
        elif later is None:
            kind = "went"
        elif path in was:
            kind = "moved"
        elif marks[0][path][1] == marks[1][path][1]:
            continue
        sources.append(SourceChange(kind, path, was.get(path)))
        passages += _passages(
            path,
            before.passages_of(earlier.id) if earlier is not None else [],
            after.passages_of(later.id) if later is not None else [],
        )
    return sources, passages


def _moves(old: dict[str, Source], new: dict[str, Source]) -> dict[str, str]:
    """Paths that are gone, with the new paths that hold the same bytes, one each."""
    came: dict[str, list[str]] = defaultdict(list)
    for path in sorted(set(new) - set(old), reverse=True):
        came[new[path].sha256].append(path)
    return {
        path: came[old[path].sha256].pop()
        for path in sorted(set(old) - set(new))
        if came.get(old[path].sha256)
    }


def _passages(
    path: str, before: Sequence[Passage], after: Sequence[Passage]
) -> Iterator[PassageChange]:
    matcher = SequenceMatcher(None, [p.text for p in before], [p.text for p in after], False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        gone, come = before[i:j], after[k:m]
        both = min(len(gone), len(come))
        for one, other in zip(gone[:both], come[:both], strict=True):
            yield PassageChange("changed", path, one.text, other.text, one.span, other.span)
        for one in gone[both:]:
            yield PassageChange("went", path, one.text, None, one.span, None)
        for other in come[both:]:
            yield PassageChange("came", path, None, other.text, None, other.span)
