"""Which answers differ between two generations, from what to what, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from index.comparing import PassageChange, SourceChange
from index.progress import Progress
from index.types import Source
from qa.questions import KnownQuestion
from qa.types import Answer


class Asked(Protocol):
    """An opened generation that answers: `qa.assembly.Pincite`, or what stands in for it."""

    def ask(self, question: str) -> Answer: ...

    def sources(self) -> list[Source]: ...


@dataclass(frozen=True, slots=True)
class Given:
    """What a generation answers: all None where it gives no answer. quote, path: of the first
    citation, to the letter."""

    answer: str | None = None
    confidence: float | None = None
    quote: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A question that two generations answer differently; why: in words, one line."""

    question: str
    before: Given
    after: Given
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Two generations, and what changed from `before` to `after`.

    asked: how many questions were put to both; answers: those that they answer differently.
    """

    before: int
    after: int
    sources: tuple[SourceChange, ...]
    passages: tuple[PassageChange, ...]
    asked: int = 0
    answers: tuple[AnswerChange, ...] = ()


def changed_answers(
    before: Asked, after: Asked, questions: Sequence[KnownQuestion], progress: Progress
) -> list[AnswerChange]:
    """Ask both generations, and keep the questions whose answer is another one, or one where
    there was none, or none where there was one. How sure they are is told, and is no change."""
    progress.stage("asking both generations", len(questions))
    held = tuple({s.id: s for s in asked.sources()} for asked in (before, after))
    changes = []
    for question in questions:
        was, now = before.ask(question.question), after.ask(question.question)
        if was.answer != now.answer:
            why = "; ".join(_reasons(was, now, *held))
            changes.append(AnswerChange(question.question, _given(was), _given(now), why))
        progress.advance()
    return changes


def _given(answer: Answer) -> Given:
    if answer.answer is None or not answer.citations:
        return Given()
    cited = answer.citations[0]
    return Given(answer.answer, answer.confidence, cited.quote, cited.source.path)


def _reasons(
    was: Answer, now: Answer, before: Mapping[str, Source], after: Mapping[str, Source]
) -> Iterator[str]:
    """What changed of what either answer stands on; where nothing did, that it was weighed anew."""
    found = False
    for answer, others, lost in ((was, after, "is gone"), (now, before, "is new")):
        for cited in {c.source.path: c.source for c in answer.citations}.values():
            other = others.get(cited.id)
            if other is None or other.sha256 != cited.sha256:
                found = True
                yield f"{cited.path} {lost if other is None else 'changed'}"
    for role, label in was.models.items():
        if now.models.get(role) != label:
            found = True
            yield f"the {role} is another one"
    if not found:
        yield "the sources of both are the same; others came, went or changed, and all is weighed"
