"""Generations and what changed between them, for a person at a terminal: values in, lines out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from api.printing import counted, table
from api.sizes import size_in_words
from api.terminal import Layout, Line, bold, dim, wrapped

if TYPE_CHECKING:
    from index.comparing import PassageChange
    from index.generations import GenerationState
    from index.purging import Receipt
    from qa.differences import AnswerChange, Difference, Given

_SHOWN_PASSAGES = 20
_KINDS = ("came", "went", "changed", "moved")


def generation_lines(states: Sequence[GenerationState]) -> Iterator[Line]:
    """A generation a line, the live one marked."""
    rows = [
        (
            f"{state.number}{' (live)' if state.live else ''}", state.built_at or "-",
            str(state.counts.get("sources", "-")), str(state.counts.get("passages", "-")),
            size_in_words(state.bytes), "damaged" if state.fault else "",
        )
        for state in states
    ]  # fmt: skip
    yield from table(("generation", "built", "sources", "passages", "size", ""), rows)


def difference_lines(found: Difference, layout: Layout) -> Iterator[Line]:
    """The sources, the first of the passages, and the answers that changed."""
    yield (bold(f"From generation {found.before} to {found.after}"),)
    yield (f"sources: {_counts([change.kind for change in found.sources])}",)
    for source in found.sources:
        was = f", it was {source.was}" if source.was is not None else ""
        yield (f"  {source.kind:8}{source.path}{was}",)
    yield (f"passages: {_counts([change.kind for change in found.passages])}",)
    for passage in found.passages[:_SHOWN_PASSAGES]:
        yield from _passage(passage, layout)
    if len(found.passages) > _SHOWN_PASSAGES:
        yield (f"  … and {len(found.passages) - _SHOWN_PASSAGES} more; --json has all",)
    if found.asked:
        yield (f"answers: {len(found.answers)} of {counted(found.asked, 'question')} changed",)
        for answer in found.answers:
            yield from _answer(answer, layout)


def _counts(kinds: Sequence[str]) -> str:
    counts = Counter(kinds)
    return ", ".join(f"{counts[kind]} {kind}" for kind in _KINDS if counts[kind]) or "none changed"


def _passage(change: PassageChange, layout: Layout) -> Iterator[Line]:
    yield (dim(f"  {change.path}: {change.kind}"),)
    if change.before is not None:
        yield from wrapped(change.before, layout, "    - ")
    if change.after is not None:
        yield from wrapped(change.after, layout, "    + ")


def _answer(change: AnswerChange, layout: Layout) -> Iterator[Line]:
    yield from wrapped(change.question, layout, "  ")
    for sign, given in (("-", change.before), ("+", change.after)):
        yield from wrapped(_given(given), layout, f"    {sign} ")
    yield from wrapped(f"because {change.why}", layout, "    ")


def _given(given: Given) -> str:
    if given.answer is None or given.confidence is None:
        return "no answer"
    return f"{given.answer} ({given.confidence:.2f}, {given.path}): {given.quote}"


def receipt_lines(receipt: Receipt) -> Iterator[Line]:
    """What a purge erased."""
    yield (bold(f"Erased at {receipt.at}; generation {receipt.generation} holds none of it"),)
    for source in receipt.sources:
        yield (f"  {source.path} ({source.id})",)
        yield (
            f"    {counted(len(source.sha256), 'version')}, {source.characters} characters of "
            f"canonical text, {counted(source.passages, 'passage')} with vectors and words",
        )
        for digest in source.sha256:
            yield (dim(f"    sha256 {digest}"),)
    yield (f"cached embeddings erased: {receipt.embeddings}",)
    deleted = ", ".join(map(str, receipt.generations)) or "none"
    yield (f"generations deleted: {deleted}",)
    if receipt.shared:
        yield (
            f"kept, for they hold some of the same passages: {', '.join(receipt.shared)}; remove "
            "them as well if that is not wanted",
        )
    yield ("Its path is remembered, so that it stays out; a service that runs must be restarted.",)
