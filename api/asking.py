"""The commands that ask: `ask` and `search`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from api.printing import answer_lines, counted, decision_lines, hit_lines, reading_lines, timing
from api.rendering import search_json
from api.service import Service
from api.session import Session
from api.terminal import dim
from index.errors import UsageError

if TYPE_CHECKING:
    from qa.types import Answer

ANSWERED = 0
NO_ANSWER = 3


@dataclass(frozen=True, slots=True)
class AskOptions:
    """The flags of `ask`. Of `search` too, which leaves the last three alone."""

    top_k: int
    source: str | None = None
    since: str | None = None
    until: str | None = None
    min_confidence: float | None = None
    max_error: float | None = None
    explain: bool = False


def ask(session: Session, question: str, options: AskOptions) -> int:
    """Answer one question, or with "-" one a line of stdin; 3 if nothing was answered."""
    with session.opened() as service:
        if question == "-":
            return _ask_each(session, service, options)
        answer = _ask(service, question, options)
        _show(session, answer, options)
        return ANSWERED if answer.status == "answered" else NO_ANSWER


def _ask_each(session: Session, service: Service, options: AskOptions) -> int:
    """Answer as the questions come in, each answer flushed before the next question is read.

    A question that cannot be is named on stderr, and the rest is answered all the same. The
    status is that of wrong usage if there was such a question or none at all; otherwise "no
    answer" only if not one question was answered.
    """
    asked = answered = unusable = 0
    for number, question in _questions(session.stdin):
        asked += 1
        try:
            answer = _ask(service, question, options)
        except UsageError as error:
            unusable += 1
            session.terminal.note(f"pincite: line {number}: {error}")
            continue
        if asked > 1 and not session.as_json:
            session.terminal.print([("",)])
        _show(session, answer, options, named=True)
        answered += answer.status == "answered"
    if not asked:
        raise UsageError("there is no question on standard input", "write one a line")
    if unusable:
        return UsageError.exit_status
    return ANSWERED if answered else NO_ANSWER


def _questions(stdin: TextIO) -> Iterator[tuple[int, str]]:
    """Line numbers and questions; blank lines are none."""
    try:
        for number, line in enumerate(stdin, start=1):
            question = line.strip().removeprefix("\ufeff")
            if question:
                yield number, question
    except UnicodeDecodeError as error:
        raise UsageError("standard input is not UTF-8", "convert the questions") from error


def _ask(service: Service, question: str, options: AskOptions) -> Answer:
    return service.ask(
        _checked(question),
        top_k=options.top_k,
        source=options.source,
        since=options.since,
        until=options.until,
        min_confidence=options.min_confidence,
        max_error=options.max_error,
    )


def _show(session: Session, answer: Answer, options: AskOptions, *, named: bool = False) -> None:
    terminal = session.terminal
    if session.as_json:
        from qa.rendering import answer_json

        terminal.json(answer_json(answer, explain=options.explain))
        return
    if named:
        terminal.print([(dim(f"? {answer.question}"),)])
    terminal.print(answer_lines(answer, terminal.layout))
    if options.explain:
        terminal.print(decision_lines(answer))
        terminal.print(reading_lines(answer.readings))
    terminal.note(dim(timing(answer)))


def search(session: Session, query: str, options: AskOptions) -> int:
    """Print the passages nearest to a query, best first."""
    terminal = session.terminal
    with session.opened() as service:
        begun = time.perf_counter()
        hits = service.search(
            _checked(query),
            top_k=options.top_k,
            source=options.source,
            since=options.since,
            until=options.until,
        )
        total_ms = (time.perf_counter() - begun) * 1000
        if session.as_json:
            terminal.json(
                search_json(
                    query,
                    hits,
                    generation=service.generation,
                    built_at=service.built_at,
                    total_ms=total_ms,
                )
            )
            return 0
    terminal.print(hit_lines(hits, terminal.layout))
    if not hits:
        terminal.note("No passage matches this query and its filters.")
    terminal.note(dim(f"{counted(len(hits), 'passage')} in {total_ms:.0f} ms"))
    return 0


def _checked(text: str) -> str:
    """The text if it is Unicode: an argument in another encoding arrives with lone surrogates."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("the text is not valid UTF-8", "write it in UTF-8") from error
    return text
