"""The gate of a build: a generation that answers a file's questions worse than the live one does
is not published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index.build import Check
from index.errors import (
    BuildError,
    DerivedDamagedError,
    IndexMissingError,
    IndexUnusableError,
    ModelError,
)
from index.generations import Manifest
from index.progress import Progress
from qa.outcomes import NDCG_AT, Scores
from qa.questions import QuestionFile
from qa.trial import Asked, ask_index

# What is told of a build that passes, of all that is compared.
_TOLD = 2


@dataclass(frozen=True, slots=True)
class Gate:
    """The questions, and by how many points (of 100) a score may fall."""

    file: QuestionFile
    tolerance: float


class Opened(Asked, Protocol):
    """An index that was opened for this, and is closed when it was asked."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """A score of the live generation and of the one that would follow it, in percent."""

    name: str
    before: float
    after: float

    def __str__(self) -> str:
        return f"{self.name} from {self.before:.1f} to {self.after:.1f}"


def compared(before: Scores, after: Scores) -> list[Change]:
    """The scores that a gate watches, where both generations have them: all means in percent that
    are better when higher. Calibration is not among them: on few questions it is mostly chance."""
    rows = [_watched(before), _watched(after)]
    return [
        Change(name, was, now)
        for (name, was), (_, now) in zip(*rows, strict=True)
        if was is not None and now is not None
    ]


def _watched(scores: Scores) -> list[tuple[str, float | None]]:
    guess = scores.best_guess
    fused = scores.retrieval["fused"] if scores.retrieval is not None else None
    recall = [(f"recall@{k}", None if fused is None else fused.recall[k]) for k in (1, 5, 10)]
    return [
        ("F1", scores.f1),
        ("exact match", scores.exact_match),
        ("F1 of the best guess", None if guess is None else guess.f1),
        ("exact match of the best guess", None if guess is None else guess.exact_match),
        ("best guesses from the right source", scores.best_guess_right_source),
        *recall,
        (f"nDCG@{NDCG_AT}", None if fused is None else fused.ndcg_at_10),
    ]


def judge(gate: Gate, live: Asked, new: Asked, min_confidence: float, progress: Progress) -> str:
    """Ask both generations, and say in a line how they compare.

    Raises BuildError, which names each score that fell by more than the tolerance.
    """
    before, after = (
        ask_index(asked, gate.file.questions, min_confidence, progress, label=label).scores
        for asked, label in ((live, "asking the live index"), (new, "asking the new index"))
    )
    changes = compared(before, after)
    # A hair's breadth is rounding, not a fall.
    fallen = [c for c in changes if c.before - c.after > gate.tolerance + 1e-9]
    if fallen:
        raise BuildError(
            f"not published, what was live stays live: on {gate.file.name}, {_listed(fallen)}, "
            f"more than {gate.tolerance:g} points",
            "to publish all the same, raise --gate-tolerance or leave out --gate",
        )
    told = ", ".join(map(str, changes[:_TOLD]))
    return f"on {gate.file.name}, {told}; no score fell by more than {gate.tolerance:g} points"


def _listed(fallen: Sequence[Change]) -> str:
    first, *others = fallen
    fell = f"{first.name} fell from {first.before:.1f} to {first.after:.1f}"
    return ", ".join([fell, *map(str, others)])


def check_by(
    gate: Gate, live: Callable[[], Opened], new: Callable[[Path, Manifest], Opened],
    min_confidence: float, progress: Progress,
) -> Check:  # fmt: skip
    """What a build asks before it publishes: may this generation follow the live one?

    live, new: open the one and the other. The check raises BuildError if not. Where no generation
    is live, or the live one cannot be asked, there is nothing to compare with; it says so. One
    that can be made whole again is no such case: it is to be repaired first.
    """

    def check(folder: Path, manifest: Manifest) -> str:
        try:
            before = live()
        except IndexMissingError:
            return f"no generation was live yet: not compared on {gate.file.name}"
        except DerivedDamagedError as error:
            raise BuildError(
                f"not published: the live generation cannot be asked before it is repaired "
                f"({error.message})", "repair it with: pincite status; then build again",
            ) from error  # fmt: skip
        except (IndexUnusableError, ModelError) as error:
            return (
                f"the live generation cannot be asked ({error.message}): not compared on "
                f"{gate.file.name}"
            )
        with closing(before), closing(new(folder, manifest)) as after:
            return judge(gate, before, after, min_confidence, progress)

    return check
