"""The verb: a question over an opened index → an answer with its citations."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from typing import Protocol

from index.errors import UsageError
from index.lexical import Terms
from index.search import OpenIndex
from index.splitting import sentence_range
from index.store import Store, StoredText
from index.types import Filter, Hit, Span
from qa.citations import cite, one_line
from qa.confidence import Calibration, features, sigmoid
from qa.reader import Reader
from qa.selection import Candidate, Group, group, rivals, score
from qa.types import Alternative, Answer, Question, Reading, ReadSpan
from qa.voices import mark_copies

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
    condition = Filter(source, _date("since", since), _date("until", until))
    return Question(asked, top_k, condition, min_confidence)


def _date(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise UsageError(f"{name} is {value!r}, not a date", "write it as YYYY-MM-DD") from error


def _read_texts(store: Store, source_id: str) -> tuple[StoredText, str]:
    stored = store.text(source_id)
    return stored, stored.edits.apply(stored.text)


class Search(Protocol):
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
        # Texts are cut from the database again and again otherwise; a source may be large. The
        # cache holds the store and not the answerer: a service drops one after the other, and
        # what refers to itself would wait for the garbage collector, with all that it holds.
        self._texts = lru_cache(maxsize=64)(partial(_read_texts, index.store))

    def ask(self, question: Question) -> Answer:
        """Retrieve, read, choose, cite."""
        begun = time.perf_counter()
        considered = self.consider(question)
        answer = self._answer(question, considered.hits, considered.groups)
        finished = time.perf_counter()
        return replace(
            answer,
            timing_ms={
                "retrieve": _ms(considered.retrieve_seconds),
                "read": _ms(considered.read_seconds),
                "total": _ms(finished - begun),
            },
            tokens_read=considered.tokens,
            readings=_readings(considered),
        )

    def consider(self, question: Question) -> Considered:
        """Retrieve and read: every possible answer, best first, before any is chosen."""
        begun = time.perf_counter()
        depth = max(self._settings.depth, question.top_k)
        hits = self._searcher.search(question.text, depth, question.condition)
        retrieved = time.perf_counter()
        read, tokens = self._read(question.text, hits[: self._settings.depth])
        terms = self._index.lexical.terms(question.text)
        candidates = [
            self._candidate(hit, rank, span, terms)
            for rank, (hit, spans) in enumerate(zip(hits, read, strict=False), start=1)
            for span in spans
        ]
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

    def _candidate(self, hit: Hit, rank: int, read: ReadSpan, terms: Terms) -> Candidate:
        stored, clean_text = self._texts(hit.source.id)
        offset = hit.passage.clean_span.start
        clean = Span(read.span.start + offset, read.span.end + offset)
        sentence = sentence_range(stored.sentences, clean)
        covered = terms.covered(clean_text[sentence.start : sentence.end])
        return Candidate(
            hit, rank, read, one_line(hit.passage.text[read.span.start : read.span.end]),
            stored.edits.to_canonical(clean), covered,
            score(read.margin, hit, covered, self._calibration.ranking),
        )  # fmt: skip

    def _answer(self, question: Question, hits: Sequence[Hit], groups: Sequence[Group]) -> Answer:
        least = question.min_confidence
        least = self._settings.min_confidence if least is None else least
        near = rivals(groups, self._index.aliases)
        given = [
            self._alternative(groups, index, near[index])
            for index in range(min(len(groups), question.top_k + 1))
        ]
        answered = bool(given) and given[0].confidence >= least
        manifest = self._index.manifest
        return Answer(
            id=_answer_id(question, least, manifest.generation, self._reader.digest),
            question=question.text,
            status="answered" if answered else "no_answer",
            answer=given[0].answer if answered else None,
            confidence=given[0].confidence if answered else None,
            citations=given[0].citations if answered else (),
            alternatives=tuple(_shown(given, answered, question.top_k)),
            passages=tuple(hits[: question.top_k]),
            generation=manifest.generation,
            built_at=manifest.built_at,
            models=manifest.model_labels(),
            timing_ms={},
        )

    def _alternative(self, groups: Sequence[Group], index: int, rival: bool) -> Alternative:
        citations, sketches = [], []
        for candidate in groups[index].candidates:
            stored, clean_text = self._texts(candidate.hit.source.id)
            probability = sigmoid(candidate.read.margin)
            citations.append(
                cite(candidate.hit, candidate.read.span, stored, clean_text, probability)
            )
            sketches.append(stored.sketch)
        confidence = self._calibration.confidence(features(groups, index))
        marked = mark_copies(citations, sketches)
        return Alternative(groups[index].best.text, confidence, marked, rival)


# An alternative less likely than this, and no rival, is only what a reader of everything must
# produce; and so are the rivals of a best that is less likely.
LEAST_SHOWN = 0.2


def _shown(given: Sequence[Alternative], answered: bool, count: int) -> Sequence[Alternative]:
    """The alternatives that are worth showing, at most `count`: rivals, and what is likely enough;
    surest first."""
    disputed = bool(given) and given[0].confidence >= LEAST_SHOWN
    others = [
        a for a in given[1 if answered else 0 :]
        if a.confidence >= LEAST_SHOWN or (a.rival and disputed)
    ]  # fmt: skip
    return sorted(others, key=lambda a: -a.confidence)[:count]


def _readings(considered: Considered) -> tuple[Reading, ...]:
    best: dict[int, Candidate] = {}
    for candidate in considered.candidates:
        best.setdefault(candidate.rank, candidate)
    readings = []
    for rank, hit in enumerate(considered.hits[: considered.read], start=1):
        found = best.get(rank)
        readings.append(
            Reading(
                rank, hit.passage.id, hit.source.path, found.text if found else None,
                found.read.margin if found else None, found.score if found else None,
                hit.fused, hit.dense, hit.lexical,
            )
        )  # fmt: skip
    return tuple(readings)


def _answer_id(question: Question, least: float, generation: int, reader: str) -> str:
    parts = (question.text, question.top_k, question.condition, least, generation, reader)
    return f"ans_{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
