"""Asking questions whose answers are known: of an index the whole way, or of the reader alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from index.progress import Progress
from index.search import Rankings
from index.types import Passage, Span
from qa.citations import one_line
from qa.confidence import sigmoid
from qa.outcomes import DEPTH, LEGS, Excerpt, Outcome, Retrieved, Scores, summarise
from qa.questions import KnownQuestion
from qa.reader import Reader
from qa.relevance import Library, Relevance, marked
from qa.types import Answer

# index: asked of the index there is. contexts: of one built from the file's own contexts.
# reader: the reader is given each question's paragraph.
Mode = Literal["index", "contexts", "reader"]

# Contexts are far longer than passages now and then; those are read in windows.
WINDOW_CHARACTERS, STRIDE_CHARACTERS = 1200, 600


class Asked(Library, Protocol):
    """An opened index that answers: `qa.assembly.Pincite`, or what stands in for it."""

    def ask(self, question: str, *, min_confidence: float | None = None) -> Answer: ...

    def rankings(self, query: str, depth: int) -> Rankings:
        """The first `depth` passages of each leg, and of both fused."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a file's questions.

    models: labels by role. generation: of the index that was asked, None for the reader alone.
    missing: sources that questions name and the index does not hold.
    """

    mode: Mode
    outcomes: tuple[Outcome, ...]
    min_confidence: float
    models: Mapping[str, str]
    generation: int | None = None
    missing: tuple[str, ...] = ()

    @property
    def scores(self) -> Scores:
        return summarise(self.outcomes, self.min_confidence)


def ask_index(
    asked: Asked, questions: Sequence[KnownQuestion], min_confidence: float, progress: Progress,
    *, mode: Mode = "index", label: str = "asking",
) -> Trial:  # fmt: skip
    """Ask every question the whole way.

    Each is asked with no least confidence, which has no bearing on what is read or how sure it
    is, so that the best guess is seen whether or not it would be given.
    """
    if not questions:
        raise ValueError("there is no question to ask")
    relevance = Relevance(asked)
    progress.stage(label, len(questions))
    outcomes = []
    for question in questions:
        answer = asked.ask(question.question, min_confidence=0.0)
        outcomes.append(_outcome(asked, question, answer, relevance))
        progress.advance()
    return Trial(
        mode, tuple(outcomes), min_confidence, answer.models, answer.generation,
        tuple(relevance.missing(questions)),
    )  # fmt: skip


def _outcome(
    asked: Asked, question: KnownQuestion, answer: Answer, relevance: Relevance
) -> Outcome:
    relevant = relevance.passages(question)
    retrieved = wanted = None
    if question.answers:
        found = asked.rankings(question.question, DEPTH)
        retrieved = _retrieved(found, relevant)
        wanted = _wanted(found, relevant, question, relevance)
    cited = answer.citations[0].source if answer.citations else None
    return Outcome(
        question.question, question.answers, answer.answer or "", answer.confidence or 0.0,
        answer.tokens_read, answer.timing_ms["total"] / 1000, retrieved,
        relevance.is_right_source(question, cited),
        _given(answer), wanted,
    )  # fmt: skip


def _retrieved(found: Rankings, relevant: Sequence[Passage]) -> Retrieved:
    ids = {passage.id for passage in relevant}
    return Retrieved(
        len(relevant),
        {
            leg: tuple(
                rank
                for rank, hit in enumerate(getattr(found, leg), start=1)
                if hit.passage.id in ids
            )
            for leg in LEGS
        },
    )


def _given(answer: Answer) -> Excerpt | None:
    """The passage of an answer's first citation, with the answer marked."""
    if not answer.citations:
        return None
    cited = answer.citations[0]
    text = one_line(cited.hit.passage.text)
    at = text.find(cited.quote_clean)
    if at < 0:
        # The sentence is longer than the passage.
        text, at = cited.quote_clean, 0
    mark = Span(at + cited.answer_clean_span.start, at + cited.answer_clean_span.end)
    ranks = {reading.passage_id: reading.rank for reading in answer.readings}
    return Excerpt(cited.source.path, text, mark, ranks.get(cited.hit.passage.id))


def _wanted(
    found: Rankings, relevant: Sequence[Passage], question: KnownQuestion, relevance: Relevance
) -> Excerpt | None:
    """Of the passages that answer, the best ranked; if none was found, the first that holds an
    answer's words."""
    if not relevant:
        return None
    ids = {passage.id for passage in relevant}
    for rank, hit in enumerate(found.fused, start=1):
        if hit.passage.id in ids:
            return _excerpt(hit.passage, question, relevance, rank)
    shown = [_excerpt(passage, question, relevance, None) for passage in relevant]
    return next((excerpt for excerpt in shown if excerpt.mark is not None), shown[0])


def _excerpt(
    passage: Passage, question: KnownQuestion, relevance: Relevance, rank: int | None
) -> Excerpt:
    text = one_line(passage.text)
    path = relevance.path(passage.source_id)
    return Excerpt(path, text, marked(text, question.answers), rank)


def ask_reader(
    reader: Reader, questions: Sequence[KnownQuestion], min_confidence: float, progress: Progress,
    *, models: Mapping[str, str] | None = None,
) -> Trial:  # fmt: skip
    """Give the reader each question with its paragraph. Every question must have one.

    The confidence of a guess is its margin over no-answer as a probability: 0.5 is where the
    reader would as soon not answer.
    """
    progress.stage("reading", len(questions))
    outcomes = []
    for question in questions:
        context = question.context
        if context is None:
            raise ValueError("a question without its paragraph")
        begun = time.perf_counter()
        guess = read_context(reader, question.question, context)
        seconds = time.perf_counter() - begun
        source = question.sources[0] if question.sources else ""
        wanted = Excerpt(source, one_line(context), marked(one_line(context), question.answers))
        outcomes.append(
            Outcome(
                question.question, question.answers, one_line(guess.text), sigmoid(guess.margin),
                guess.tokens, seconds, wanted=wanted if question.answers else None,
                given=_read_excerpt(source, guess),
            )
        )  # fmt: skip
        progress.advance()
    return Trial("reader", tuple(outcomes), min_confidence, models or {"reader": reader.digest})


@dataclass(frozen=True, slots=True)
class ContextGuess:
    """The reader's best span in a context: its text, margin over no-answer, and the window that
    it stands in; "" and minus infinity if there is none. tokens: read in all."""

    text: str
    margin: float
    window: str
    span: Span
    tokens: int


def read_context(reader: Reader, question: str, context: str) -> ContextGuess:
    """Read one context, in windows where it is long."""
    parts = windows(context)
    result = reader.read(question, parts)
    found = [
        (span.margin, part[span.span.start : span.span.end], part, span.span)
        for part, spans in zip(parts, result.spans, strict=True)
        for span in spans
    ]
    none = (float("-inf"), "", context, Span(0, 0))
    margin, text, window, span = max(found, default=none)
    return ContextGuess(text, margin, window, span, result.tokens)


def windows(context: str) -> list[str]:
    """The context, or windows of it that overlap by half and are cut at spaces."""
    if len(context) <= WINDOW_CHARACTERS * 1.5:
        return [context]
    made = []
    start = 0
    while True:
        end = min(len(context), start + WINDOW_CHARACTERS)
        # Only between here and the end: what lies before is in this window alone.
        half = start + STRIDE_CHARACTERS
        cut = context.rfind(" ", half, end) if end < len(context) else end
        made.append(context[start : cut if cut >= 0 else end])
        if end == len(context):
            return made
        space = context.find(" ", half, end)
        start = space + 1 if space >= 0 else half


def _read_excerpt(source: str, guess: ContextGuess) -> Excerpt | None:
    if not guess.text:
        return None
    text = one_line(guess.window)
    start = len(one_line(guess.window[: guess.span.start] + "x")) - 1
    return Excerpt(source, text, Span(start, start + len(one_line(guess.text))))
