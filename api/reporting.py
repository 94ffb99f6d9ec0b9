"""What a build did and what an index holds, for a person at a terminal: values in, lines out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from api.history import generation_lines
from api.printing import table
from api.sizes import size_in_words
from api.terminal import Line, bold
from index.types import BuildReport, Source
from qa.types import CitationCheck, IndexStatus

_SHOWN_CHANGES = 20


def report_lines(report: BuildReport) -> Iterator[Line]:
    """What a build did to which generation."""
    if report.published:
        yield (bold(f"Generation {report.generation} is live."),)
    else:
        yield (bold(f"Nothing to publish: generation {report.generation} stays live."),)
    yield (
        f"sources: {report.added} new, {report.changed} changed, {report.moved} moved, "
        f"{report.removed} gone, {report.untouched} untouched, {len(report.skipped)} skipped",
    )
    yield (
        f"passages: {report.passages}, {report.passages_embedded} embedded, "
        f"{report.passages_reused} reused",
    )
    if report.checked is not None:
        yield (f"gate: {report.checked}",)
    if report.seconds:
        yield (", ".join(f"{name} {taken:.1f} s" for name, taken in report.seconds.items()),)


def source_lines(sources: Sequence[Source]) -> Iterator[Line]:
    """A source a line."""
    yield from table(
        ("id", "published", "path", "title"),
        [(s.id, s.published or "-", s.path, s.title) for s in sources],
    )


def status_lines(status: IndexStatus) -> Iterator[Line]:
    """The state of an index."""
    yield (bold(f"Generation {status.generation}"), f", built {status.built_at}")
    yield (f"sources   {status.sources}",)
    yield (f"passages  {status.passages}",)
    yield (f"models    {_pairs(status.models)}",)
    yield (f"splitter  {_pairs(status.splitter)}",)
    sizes = {name: size_in_words(size) for name, size in status.bytes.items()}
    yield (f"sizes     {_pairs(sizes)}, {size_in_words(sum(status.bytes.values()))} in all",)
    yield (f"built of  {', '.join(status.roots) or '-'}",)
    if len(status.generations) > 1:
        yield from generation_lines(status.generations)
    if not status.changed:
        yield ("No file changed since.",)
        return
    yield (f"Changed since ({len(status.changed)}); `pincite build` brings them in:",)
    for path in status.changed[:_SHOWN_CHANGES]:
        yield (f"  {path}",)
    if len(status.changed) > _SHOWN_CHANGES:
        yield (f"  … and {len(status.changed) - _SHOWN_CHANGES} more",)


def check_lines(checks: Sequence[CitationCheck]) -> Iterator[Line]:
    """What became of each citation that does not hold, and how many do."""
    failed = [check for check in checks if check.fault is not None]
    for check in failed:
        yield (f"{check.answer_id}: {check.source}: {check.fault}",)
    others = Counter(check.state for check in failed)
    told = "".join(f", {count} {state}" for state, count in sorted(others.items()))
    yield (f"{len(checks) - len(failed)} of {len(checks)} citations hold{told}.",)


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "-"
