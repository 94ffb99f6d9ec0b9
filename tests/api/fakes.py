"""A service and an engine without files or models, and a run of the command line over them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from api.cli import run
from api.service import Service
from index.comparing import PassageChange, SourceChange
from index.errors import IndexMissingError, SourceMissingError, UsageError
from index.progress import Progress
from index.purging import Erased, Receipt
from index.types import BuildReport, Hit, Passage, Source, Span
from qa.differences import AnswerChange, Difference, Given
from qa.gate import Gate
from qa.outcomes import Excerpt, Outcome, Retrieved
from qa.questions import QuestionFile
from qa.settings import Settings, load_settings
from qa.trial import Mode, Trial
from qa.types import (
    Alternative,
    Answer,
    Citation,
    CitationCheck,
    Decision,
    Evidence,
    IndexStatus,
    Reading,
)
from qa.uploads import Upload

IRAN_TEXT = (
    "A first line.\nIranian firms spoke often; officials said Iran supplied the "
    "drones in 2022.\nA last line."
)


def source(name: str = "tajikistan.md", title: str = "Tajikistan's drones") -> Source:
    return Source(
        id=f"src_{name.encode().hex():0<16.16}",
        path=f"corpus/{name}",
        title=title,
        media_type="text/markdown",
        sha256="0" * 64,
        author="A. Writer",
        publisher="The Paper",
        published="2023-07-31",
    )


def hit(text: str = IRAN_TEXT, of: Source | None = None) -> Hit:
    of = of or source()
    span = Span(0, len(text))
    return Hit(Passage("psg_1", 0, of.id, span, span, text), of, 0.96, 0.71, 14.2)


def citation(
    text: str = IRAN_TEXT, answer: str = "Iran supplied", of: Source | None = None
) -> Citation:
    """Of the line of `text` that holds `answer`."""
    at = text.index(answer)
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    quote = text[start : end if end >= 0 else len(text)]
    return Citation(
        hit=hit(text, of),
        quote=quote,
        quote_clean=" ".join(quote.split()),
        quote_span=Span(start, start + len(quote)),
        answer_span=Span(at, at + len(answer)),
        answer_clean_span=Span(at - start, at - start + len(answer)),
        prefix=text[:start][-32:],
        suffix=text[start + len(quote) :][:32],
        line=text.count("\n", 0, at) + 1,
        page=None,
        reader=0.97,
    )


def answer(question: str = "who supplied the drones", found: str = "Iran supplied") -> Answer:
    other = source("rival.pdf", "Another view")
    rival = replace(citation("It was\nTurkey, they say.", "Turkey", other), page=3)
    return Answer(
        id="ans_1",
        question=question,
        status="answered",
        answer=found,
        confidence=0.91,
        citations=(citation(),),
        alternatives=(Alternative("Turkey", 0.2, (rival,)),),
        passages=(hit(),),
        generation=3,
        built_at="2026-11-20T10:00:00Z",
        models={"embedder": "minilm@1", "reader": "pincite@2"},
        timing_ms={"retrieve": 3.1, "read": 31.0, "total": 35.2},
        tokens_read=1204,
        readings=(
            Reading(
                1, "psg_1", "corpus/tajikistan.md", "Iran", 5.5, 5.1, 0.96, 0.71, 14.2, "answer"
            ),
            Reading(
                2, "psg_2", "corpus/rival.pdf", None, None, None, -0.02, None, 3.0, "nothing found"
            ),
        ),
        decision=Decision(0.91, 0.4, (Evidence("margin", 5.5, 1.1),)),
    )


def no_answer(question: str) -> Answer:
    return replace(
        answer(question),
        status="no_answer",
        answer=None,
        confidence=None,
        citations=(),
        alternatives=(),
    )


@dataclass
class FakeService:
    """Answers every question but those that speak of the moon; remembers what it was asked."""

    answers: Answer = field(default_factory=answer)
    found: list[Source] = field(default_factory=lambda: [source()])
    faults: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    error: Exception | None = None
    closed: int = 0
    generation: int = 3
    built_at: str = "2026-11-20T10:00:00Z"
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: {"sources": 1, "passages": 9})

    def ask(
        self,
        question: str,
        *,
        top_k: int = 5,
        source: str | None = None,
        since: str | None = None,
        until: str | None = None,
        min_confidence: float | None = None,
        max_error: float | None = None,
    ) -> Answer:
        self._take(question, top_k, source, since, until, min_confidence, max_error)
        return (
            no_answer(question) if "moon" in question else replace(self.answers, question=question)
        )

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        source: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> list[Hit]:
        self._take(query, top_k, source, since, until, None)
        return [] if "moon" in query else [hit()]

    def _take(
        self,
        text: str,
        top_k: int,
        source: str | None,
        since: str | None,
        until: str | None,
        min_confidence: float | None,
        max_error: float | None = None,
    ) -> None:
        """Refuse what the real one refuses, by its own rules."""
        from qa.answering import check_question

        if self.error is not None:
            raise self.error
        check_question(
            text,
            top_k=top_k,
            source=source,
            since=since,
            until=until,
            min_confidence=min_confidence,
            max_error=max_error,
        )
        options: dict[str, object] = {
            "top_k": top_k,
            "source": source,
            "since": since,
            "until": until,
        }
        options |= {"min_confidence": min_confidence}
        if max_error is not None:
            options |= {"max_error": max_error}
        self.asked.append((text, options))

    def sources(self) -> list[Source]:
        return self.found

    def source(self, source_id: str) -> Source:
        for found in self.found:
            if found.id == source_id:
                return found
        raise SourceMissingError(f"the index holds no source {source_id!r}", "list them")

    def text(
        self, source_id: str, start: int | None = None, end: int | None = None
    ) -> tuple[int, int, str]:
        self.source(source_id)
        first = 0 if start is None else start
        last = len(IRAN_TEXT) if end is None else min(end, len(IRAN_TEXT))
        if first > last:
            raise UsageError("that is no span", "give 0 <= start <= end")
        return first, last, IRAN_TEXT[first:last]

    def pages(self, source_id: str) -> tuple[int, ...]:
        self.source(source_id)
        return ()

    def status(self) -> IndexStatus:
        return IndexStatus(
            generation=self.generation,
            built_at=self.built_at,
            sources=1,
            passages=9,
            models={"embedder": "minilm@1"},
            splitter={"tokens": 160},
            bytes={"generation": 2_500_000, "cache": 999},
            changed=("corpus/new.md",),
            roots=("corpus",),
        )

    def verify(self, answers: Iterable[Mapping[str, object]]) -> list[CitationCheck]:
        """Every citation holds but those of answers whose id says otherwise."""
        return [
            CitationCheck(str(checked["id"]), "corpus/a.md", "not there", "gone")
            if checked["id"] == "bad"
            else CitationCheck(str(checked["id"]), "corpus/a.md")
            for checked in answers
        ]

    def verify_index(self) -> list[str]:
        return self.faults

    def close(self) -> None:
        self.closed += 1


def outcome(question: str, *accepted: str, guess: str = "", confidence: float = 0.0) -> Outcome:
    """The first passage is where the guess was found, and the third one answers."""
    ranks = {"dense": (3,), "lexical": (), "fused": (2, 3)}
    return Outcome(
        question, accepted, guess, confidence, 500, 0.03,
        Retrieved(2, ranks) if accepted else None, True if guess and accepted else None,
        Excerpt("corpus/tajikistan.md", f"They say {guess} did.", Span(9, 9 + len(guess)), 1),
        Excerpt("corpus/rival.pdf", f"It was {accepted[0]}.", None, 2) if accepted else None,
    )  # fmt: skip


def trial(*outcomes: Outcome, missing: tuple[str, ...] = ()) -> Trial:
    """One question of each kind, unless told which."""
    outcomes = outcomes or (
        outcome("who supplied the drones", "Iran", "the Iranians", guess="Iran", confidence=0.9),
        outcome("who sold the drones", "Turkey", guess="Ankara", confidence=0.8),
        outcome("when was that", "2022", guess="in 2022", confidence=0.3),
        outcome("who lives on the moon", guess="Nobody", confidence=0.7),
        outcome("what is love"),
    )
    models = {"embedder": "minilm@1", "reader": "pincite@2"}
    return Trial("index", outcomes, 0.5, models, 3, missing)


REPORT = BuildReport(4, True, added=2, passages=9, passages_embedded=9)
RECEIPT = Receipt(
    "2026-11-20T10:00:00Z", 4, (Erased("src_1", "corpus/a.md", ("0" * 64,), 1200, 3),), (2, 3), 3,
    ("corpus/b.md",),
)  # fmt: skip
DIFFERENCE = Difference(
    1, 2,
    (SourceChange("moved", "corpus/new.md", "corpus/old.md"), SourceChange("went", "b.md")),
    (
        PassageChange(
            "changed", "corpus/a.md", "It was red.", "It is blue.", Span(0, 11), Span(0, 11)
        ),
    ),
    answers=(AnswerChange("what colour", Given("red", 0.9, "It was red.", "corpus/a.md"), Given(),
                          "corpus/a.md changed"),),
)  # fmt: skip


@dataclass
class FakePublished:
    """Opens a service; whoever publishes another says so by `number`."""

    opening: Callable[[], Service]
    number: int = 1

    def mark(self) -> object:
        return self.number

    def open(self) -> Service:
        return self.opening()


@dataclass
class FakeEngine:
    """Opens a fake service; None stands for a folder without an index."""

    service: Service | None = field(default_factory=FakeService)
    report: BuildReport = REPORT
    trial: Trial = field(default_factory=trial)
    difference: Difference = DIFFERENCE
    watched: tuple[int, ...] = (0, 2)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    error: BaseException | None = None

    def settings(self, flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
        return load_settings(flags, environment=environment, config=Path("no-such.toml"))

    def open(self, settings: Settings) -> Service:
        self.calls.append(("open", settings.index))
        if self.error is not None:
            raise self.error
        if self.service is None:
            raise IndexMissingError(f"there is no index in {settings.index}", "run `pincite build`")
        return self.service

    def follow(self, settings: Settings) -> FakePublished:
        return FakePublished(lambda: self.open(settings))

    def build(
        self, paths: Sequence[Path], settings: Settings, *, full: bool, progress: Progress,
        gate: Gate | None = None,
    ) -> BuildReport:  # fmt: skip
        gated = () if gate is None else (gate.file.name, gate.tolerance)
        self.calls.append(("build", list(paths), settings.index, full, *gated))
        progress.stage("reading", 2)
        progress.advance()
        progress.stage("compiling the reader", None)
        return self.report

    def remove(
        self, sources: Sequence[str], settings: Settings, *, progress: Progress
    ) -> BuildReport:
        self.calls.append(("remove", list(sources), settings.index))
        progress.stage("indexing", None)
        return self.report

    def purge(
        self, sources: Sequence[str], settings: Settings, *, progress: Progress
    ) -> tuple[BuildReport, Receipt]:
        self.calls.append(("purge", list(sources), settings.index))
        progress.stage("indexing", None)
        return self.report, RECEIPT

    def add(self, upload: Upload, settings: Settings, *, progress: Progress) -> BuildReport:
        self.calls.append(("add", upload.name, dict(upload.said), settings.index))
        progress.stage("checking the file", None)
        return self.report

    def drop(self, source: str, settings: Settings, *, progress: Progress) -> BuildReport:
        self.calls.append(("drop", source, settings.index))
        progress.stage("indexing", None)
        return self.report

    def rollback(self, generation: int | None, settings: Settings) -> int:
        self.calls.append(("rollback", generation, settings.index))
        return 2 if generation is None else generation

    def watch(self, paths: Sequence[Path], settings: Settings) -> Iterator[int]:
        self.calls.append(("watch", list(paths), settings.index))
        yield from self.watched

    def diff(
        self, before: int, after: int, settings: Settings, *, questions: QuestionFile | None,
        progress: Progress,
    ) -> Difference:  # fmt: skip
        asked = 0 if questions is None else len(questions.questions)
        self.calls.append(("diff", before, after, settings.index, asked))
        progress.stage("asking both generations", asked)
        return replace(self.difference, before=before, after=after, asked=asked)

    def examine(
        self, file: QuestionFile, settings: Settings, *, mode: Mode, min_confidence: float | None,
        progress: Progress,
    ) -> Trial:  # fmt: skip
        self.calls.append(("examine", len(file.questions), settings.index, mode, min_confidence))
        if self.error is not None:
            raise self.error
        progress.stage("asking", len(file.questions))
        return self.trial


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def pincite(
    *arguments: str,
    engine: FakeEngine | None = None,
    stdin: str | TextIO = "",
    terminal: bool = False,
    environment: Mapping[str, str] | None = None,
    columns: int = 80,
) -> Ran:
    """Run a command line over fakes."""
    stream = Screen if terminal else io.StringIO
    out, err = stream(), stream()
    status = run(
        arguments,
        engine=engine or FakeEngine(),
        stdin=io.StringIO(stdin) if isinstance(stdin, str) else stdin,
        stdout=out,
        stderr=err,
        environment=environment or {},
        columns=columns,
    )
    return Ran(status, out.getvalue(), err.getvalue())
