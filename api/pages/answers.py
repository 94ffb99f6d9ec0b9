"""An answer as its page shows it: values in, values for the template out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from api.pages.addresses import source_address, web_address
from api.pages.marking import Mark, Part, parts
from api.pages.wording import agreement, day_in_words, promise
from api.printing import likelihood, speaker
from index.types import Hit, Source
from qa.types import Alternative, Answer, Citation

# An answer of more characters is set smaller.
_LONG = 48


@dataclass(frozen=True, slots=True)
class Card:
    """One citation. number: from 1 through the whole page, None of a copy, which stands with what
    it repeats. original: where the file came from, if that is on the web."""

    number: int | None
    source: Source
    href: str
    original: str | None
    place: str
    parts: tuple[Part, ...]
    attributed: str | None
    hedged: str | None
    copies: tuple[Card, ...] = ()
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """One answer with all that is cited for it. age: how it compares in time to the best one."""

    answer: str
    confidence: float
    sure: str
    agreement: str
    cards: tuple[Card, ...]
    age: str | None = None

    @property
    def is_long(self) -> bool:
        return len(self.answer) > _LONG


@dataclass(frozen=True, slots=True)
class Nearby:
    """A passage that was found."""

    source: Source
    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer to show. best: None if there is none. items: the members of a list, where one was
    asked for and there are several. rivals contradict the best, or one another. promise: what is
    promised of the best, or kept it from being given; None if no promise was asked for."""

    question: str
    best: Position | None
    items: tuple[Position, ...]
    rivals: tuple[Position, ...]
    others: tuple[Position, ...]
    passages: tuple[Nearby, ...]
    milliseconds: float
    tokens_read: int
    promise: str | None = None


def shown(answer: Answer, root: str, *, max_error: float | None = None) -> Shown:
    """What the page of an answer says. root: the path under which the service is mounted.
    max_error: as it was asked for."""
    rivals = [a for a in answer.alternatives if a.rival]
    items = answer.items if len(answer.items) > 1 else ()
    # The list holds what they name.
    others = [a for a in answer.alternatives if not a.rival and not items]
    given = None
    if answer.answer is not None and answer.confidence is not None:
        given = Alternative(answer.answer, answer.confidence, answer.citations)
    numbers = iter(range(1, 1_000_000))
    best = None if given is None else _position(given, numbers, root)
    return Shown(
        question=answer.question,
        best=best,
        items=tuple(_position(item, numbers, root) for item in items),
        rivals=tuple(_position(rival, numbers, root, against=given) for rival in rivals),
        others=tuple(_position(other, numbers, root) for other in others),
        passages=tuple(_nearby(hit, root) for hit in answer.passages),
        milliseconds=answer.timing_ms.get("total", 0.0),
        tokens_read=answer.tokens_read,
        promise=_promise(answer, max_error),
    )


def _promise(answer: Answer, max_error: float | None) -> str | None:
    if max_error is None or answer.decision is None:
        return None
    return promise(max_error, answer.decision.needed)


def _position(
    alternative: Alternative, numbers: Iterator[int], root: str, against: Alternative | None = None
) -> Position:
    return Position(
        answer=alternative.answer,
        confidence=alternative.confidence,
        sure=likelihood(alternative.confidence),
        agreement=agreement(len(alternative.citations), alternative.support),
        cards=_cards(alternative.citations, numbers, root),
        age=None if against is None else _age(alternative, against),
    )


def _cards(citations: Sequence[Citation], numbers: Iterator[int], root: str) -> tuple[Card, ...]:
    """A card a voice, best first, its copies inside it."""
    cited = {citation.source.id for citation in citations}
    copies: dict[str, list[Card]] = {}
    for citation in citations:
        if citation.copy_of in cited:
            copy = replace(_card(citation, root), is_copy=True)
            copies.setdefault(citation.copy_of or "", []).append(copy)
    return tuple(
        replace(
            _card(citation, root),
            number=next(numbers),
            copies=tuple(copies.get(citation.source.id, ())),
        )
        for citation in citations
        if citation.copy_of not in cited
    )


def _card(citation: Citation, root: str) -> Card:
    marks = [Mark(citation.answer_clean_span, "answer")]
    if citation.attribution is not None:
        marks.append(Mark(citation.attribution.words.span, "said"))
    marks += (Mark(hedge.span, "said") for hedge in citation.hedges)
    source = citation.source
    return Card(
        number=None,
        source=source,
        href=source_address(root, source, citation.quote_span),
        original=web_address(citation.deep_link) or web_address(source.url),
        place=place(citation),
        parts=parts(citation.quote_clean, marks),
        attributed=None if citation.attribution is None else speaker(citation.attribution),
        hedged=", ".join(hedge.text for hedge in citation.hedges) or None,
    )


def place(citation: Citation) -> str:
    """Where in its source an answer stands: page, if there are pages, and line."""
    page = "" if citation.page is None else f"page {citation.page}, "
    return f"{page}line {citation.line}"


def _age(rival: Alternative, against: Alternative) -> str | None:
    """Which is newer, where both have a date and these differ. Said only: no order follows it."""
    ours, theirs = rival.latest, against.latest
    if ours is None or theirs is None or ours == theirs:
        return None
    age = "Newer" if ours > theirs else "Older"
    return f"{age}: {day_in_words(ours)}, against {day_in_words(theirs)}"


def _nearby(hit: Hit, root: str) -> Nearby:
    href = source_address(root, hit.source, hit.passage.span)
    return Nearby(hit.source, href, " ".join(hit.passage.text.split()))
