"""The verb: a question over an opened index → an answer with its citations."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from index.errors import UsageError
from index.lexical import Terms
from index.search import OpenIndex
from index.splitting import sentence_range
from index.types import Filter, Hit
from qa.citations import one_line
from qa.confidence import Calibration
from qa.deciding import Decided, Decider, Likeness
from qa.explaining import explained
from qa.kinds import is_question, misses_kind
from qa.reader import Reader
from qa.selection import Candidate, Group, group, score
from qa.texts import Texts
from qa.types import Answer, Question, ReadSpan

MAX_QUESTION_CHARACTERS = 2000
MAX_TOP_K = 100
# Passages are read in rounds of so many.
ROUND = 5


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """How much is read, and when an answer is given.

    depth: most passages read for one question.
    min_confidence: what a question without its own takes.
    """

    depth: int
    min_confidence: float


@dataclass(frozen=True, slots=True)
class Considered:
    """What retrieval and reading found for a question.

    hits: ranked passages, of which the first `read` were read. groups: distinct answers, best
    first. tokens: that the reader read.
    """

    hits: tuple[Hit, ...]
    read: int
    candidates: tuple[Candidate, ...]
    groups: tuple[Group, ...]
    tokens: int
    retrieve_seconds: float
    read_seconds: float


def check_question(
    text: str,
    *,
    top_k: int = 5,
    source: str | None = None,
    since: str | None = None,
    until: str | None = None,
    min_confidence: float | None = None,
    max_error: float | None = None,
) -> Question:
    """A question with its options, or UsageError that says what is wrong with them."""
    asked = one_line(text)
    if not asked:
        raise UsageError("the question is empty", "ask something")
    if len(asked) > MAX_QUESTION_CHARACTERS:
        raise UsageError(
            f"the question has {len(asked)} characters, at most {MAX_QUESTION_CHARACTERS} are "
            "allowed", "ask it shorter",
        )  # fmt: skip
    try:
        asked.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("the question is not valid Unicode text", "send it as UTF-8") from error
    if not 1 <= top_k <= MAX_TOP_K:
        raise UsageError(f"top_k is {top_k}", f"give a number from 1 to {MAX_TOP_K}")
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise UsageError(f"the minimum confidence is {min_confidence}", "give one from 0 to 1")
    if max_error is not None and not 0 < max_error < 1:
        raise UsageError(f"the largest error is {max_error}", "give a share between 0 and 1")
    condition = Filter(source, _date("since", since), _date("until", until))
    return Question(asked, top_k, condition, min_confidence, max_error)


def _date(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise UsageError(f"{name} is {value!r}, not a date", "write it as YYYY-MM-DD") from error


class Search(Likeness, Protocol):
    """Finds passages: `index.search.Searcher`, or what stands in for it."""

    def search(self, query: str, top_k: int, condition: Filter) -> list[Hit]:
        """The `top_k` best passages that meet the condition, best first."""


class Answerer:
    """Answers questions over one generation. Safe to share between threads."""

    def __init__(
        self, index: OpenIndex, searcher: Search, reader: Reader, calibration: Calibration,
        settings: ReadingSettings,
    ) -> None:  # fmt: skip
        self._index = index
        self._searcher = searcher
        self._reader = reader
        self._calibration = calibration
        self._settings = settings
        self._texts = Texts(index.store)
        self._decider = Decider(
            self._texts, searcher, calibration, index.aliases, settings.min_confidence
        )

    def ask(self, question: Question) -> Answer:
        """Retrieve, read, choose, cite."""
        needed = self._decider.needed(question)
        begun = time.perf_counter()
        considered = self.consider(question)
        decided = self._decider.decide(question, considered.groups, needed)
        answer = self._answer(question, considered, decided)
        finished = time.perf_counter()
        timing = {
            "retrieve": _ms(considered.retrieve_seconds),
            "read": _ms(considered.read_seconds),
            "total": _ms(finished - begun),
        }
        return replace(answer, timing_ms=timing)

    def consider(self, question: Question) -> Considered:
        """Retrieve and read: every possible answer, best first, before any is chosen."""
        begun = time.perf_counter()
        depth = max(self._settings.depth, question.top_k)
        hits = self._searcher.search(question.text, depth, question.condition)
        retrieved = time.perf_counter()
        read, tokens = self._read(question.text, hits[: self._settings.depth])
        terms = self._index.lexical.terms(question.text)
        found = (
            self._candidate(question.text, hit, rank, span, terms)
            for rank, (hit, spans) in enumerate(zip(hits, read, strict=False), start=1)
            for span in spans
        )
        candidates = [candidate for candidate in found if not is_question(candidate.sentence)]
        finished = time.perf_counter()
        return Considered(
            tuple(hits), len(read), tuple(candidates),
            tuple(group(candidates, self._index.aliases)), tokens,
            retrieved - begun, finished - retrieved,
        )  # fmt: skip

    def _read(self, question: str, hits: Sequence[Hit]) -> tuple[list[tuple[ReadSpan, ...]], int]:
        """Read in fused order, a round at a time, until an answer is settled."""
        read: list[tuple[ReadSpan, ...]] = []
        tokens = 0
        for at in range(0, len(hits), ROUND):
            round_ = hits[at : at + ROUND]
            result = self._reader.read(question, [hit.passage.text for hit in round_])
            read += result.spans
            tokens += result.tokens
            best = max((s.margin for spans in read for s in spans), default=-math.inf)
            if best >= self._calibration.settled_margin:
                break
        return read, tokens

    def _candidate(
        self, question: str, hit: Hit, rank: int, read: ReadSpan, terms: Terms
    ) -> Candidate:
        stored, clean_text = self._texts.of(hit.source.id)
        clean = hit.passage.in_clean(read.span)
        around = sentence_range(stored.sentences, clean)
        sentence = one_line(clean_text[around.start : around.end])
        covered = terms.covered(sentence)
        text = one_line(hit.passage.text[read.span.start : read.span.end])
        misfit = misses_kind(question, text)
        return Candidate(
            hit, rank, read, text, stored.edits.to_canonical(clean), sentence, covered, misfit,
            score(read.margin, hit, covered, misfit, self._calibration.ranking),
        )  # fmt: skip

    def _answer(self, question: Question, considered: Considered, decided: Decided) -> Answer:
        answered = decided.answered
        best = decided.given[0] if answered else None
        manifest = self._index.manifest
        return Answer(
            id=_answer_id(
                question, decided.decision.needed, manifest.generation, self._reader.digest
            ),
            question=question.text,
            status="answered" if answered else "no_answer",
            answer=best.answer if best else None,
            confidence=best.confidence if best else None,
            citations=best.citations if best else (),
            alternatives=decided.shown(question.top_k),
            passages=considered.hits[: question.top_k],
            generation=manifest.generation,
            built_at=manifest.built_at,
            models=manifest.model_labels(),
            timing_ms={},
            tokens_read=considered.tokens,
            readings=explained(
                considered.hits[: considered.read], considered.candidates, considered.groups,
                answered, self._index.aliases,
            ),
            items=decided.items,
            decision=decided.decision,
        )  # fmt: skip


def _answer_id(question: Question, least: float, generation: int, reader: str) -> str:
    parts = (question.text, question.top_k, question.condition, least, generation, reader)
    return f"ans_{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
