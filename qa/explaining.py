"""What became of each passage that was read: for `--explain`. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from index.folding import Aliases
from index.types import Hit
from qa.equality import joined, meaning
from qa.selection import Candidate, Group, overlap
from qa.types import Reading, Verdict


def explained(
    hits: Sequence[Hit], candidates: Sequence[Candidate], groups: Sequence[Group], answered: bool,
    aliases: Aliases,
) -> tuple[Reading, ...]:  # fmt: skip
    """A line for each of `hits`, in their order: its best span, and why that is not the answer.

    groups: as `selection.group` has them. answered: whether the first of them was answered.
    """
    readings = []
    for rank, hit in enumerate(hits, start=1):
        found = [c for c in candidates if c.rank == rank]
        best = max(found, key=lambda c: c.score, default=None)
        verdict = _verdict(best, groups, answered, aliases)
        readings.append(
            Reading(
                rank, hit.passage.id, hit.source.path, best.text if best else None,
                best.read.margin if best else None, best.score if best else None,
                hit.fused, hit.dense, hit.lexical, verdict,
            )
        )  # fmt: skip
    return tuple(readings)


def _verdict(
    best: Candidate | None, groups: Sequence[Group], answered: bool, aliases: Aliases
) -> Verdict:
    if best is None:
        return "nothing found"
    if any(c is best for c in groups[0].candidates):
        return "answer" if answered else "too unsure"
    if any(overlap(best, c) for c in groups[0].candidates):
        return "same place"
    said = [meaning(text, aliases) for text in (groups[0].best.text, best.text)]
    if len(set(joined(said))) == 1:
        return "same answer"
    if best.misfit:
        return "wrong kind"
    return "outranked" if best.read.margin >= 0 else "not here"
