"""Checking from outside: does each citation still stand, and if not, what became of it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from index.errors import UsageError
from index.folding import words
from index.store import Store, StoredText
from index.types import Source, Span
from qa.citations import line_at
from qa.types import CitationCheck, Standing

# A quote of fewer words may well stand in a source that has nothing to do with the cited one.
_TELLING_WORDS = 5
# From which share of common words on a sentence is what became of another (Dice's coefficient).
_ALIKE = 0.5


def verify_answers(answers: Iterable[Mapping[str, Any]], store: Store) -> list[CitationCheck]:
    """Say of every citation of answers in the contract's JSON, those of alternatives too, what
    became of it, see `qa.types.CitationState`.

    A citation holds if `text[start:end]` of the quote span is the quote to the letter, in the
    source that it names. Raises UsageError where an object is not an answer.
    """
    checks = []
    for number, answer in enumerate(answers, start=1):
        try:
            for citation in _citations(answer):
                checks.append(_check(str(answer["id"]), citation, store))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise UsageError(
                f"object {number} is not an answer: {type(error).__name__}: {error}",
                "give what `pincite ask --json` prints",
            ) from error
    return checks


def _citations(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from answer["citations"]
    for alternative in answer["alternatives"]:
        yield from alternative["citations"]


@dataclass(frozen=True, slots=True)
class _Cited:
    """What a citation claims. answer: relative to the quote's start."""

    source_id: str
    path: str
    sha256: str
    quote: str
    span: Span
    answer: Span


def _check(answer_id: str, citation: Mapping[str, Any], store: Store) -> CitationCheck:
    path = str(citation["source"]["path"])
    fault, cited = _claim(citation)
    if cited is None:
        return CitationCheck(answer_id, path, fault, "invalid")
    source = store.source(cited.source_id)
    stored = None if source is None else store.text(source.id)
    if source is not None and stored is not None:
        if stored.text[cited.span.start : cited.span.end] == cited.quote:
            return CitationCheck(answer_id, path)
        if source.sha256 == cited.sha256:
            # The very bytes that were cited never said so.
            return CitationCheck(answer_id, path, "the quote does not stand there", "invalid")
    found = _moved(cited, source, stored, store)
    if found is not None:
        return CitationCheck(answer_id, path, f"moved: it stands {_where(found)}", "moved", found)
    if source is None or stored is None:
        gone = "gone: the source is not in the index, and no other says it"
        return CitationCheck(answer_id, path, gone, "gone")
    found = _alike(cited, source, stored)
    if found is None:
        return CitationCheck(answer_id, path, "gone: the source no longer says it", "gone")
    told = f"changed: {_where(found)} stands now: {' '.join(found.text.split())}"
    return CitationCheck(answer_id, path, told, "changed", found)


def _claim(citation: Mapping[str, Any]) -> tuple[str | None, _Cited | None]:
    """What a citation claims, or the fault by which it contradicts itself."""
    source, quote = citation["source"], str(citation["quote"])
    span, answer = _span(citation["quote_span"]), _span(citation["answer_span"])
    if span is None or span.end - span.start != len(quote):
        return "the quote does not fill its span", None
    if answer is None or not span.start <= answer.start < answer.end <= span.end:
        return "the answer does not lie in the quote", None
    for selector in citation["selectors"]:
        if selector["type"] == "TextQuoteSelector" and selector["exact"] != quote:
            return "the quote selector says something else", None
        if selector["type"] == "TextPositionSelector" and _span(selector) != span:
            return "the position selector says something else", None
    inside = Span(answer.start - span.start, answer.end - span.start)
    return None, _Cited(
        str(source["id"]), str(source["path"]), str(source["sha256"]), quote, span, inside
    )


def _span(span: Mapping[str, Any]) -> Span | None:
    start, end = span["start"], span["end"]
    # Booleans are whole numbers to Python, and negative ones count from the end.
    if type(start) is not int or type(end) is not int or not 0 <= start <= end:
        return None
    return Span(start, end)


def _moved(
    cited: _Cited, source: Source | None, stored: StoredText | None, store: Store
) -> Standing | None:
    """The same quote at another place: of its own source, else of one that is the same file under
    another name, else of any that says it."""
    if source is not None and stored is not None:
        at = _nearest(stored.text, cited.quote, cited.span.start)
        if at is not None:
            return _standing(source, stored, Span(at, at + len(cited.quote)), cited.answer)
    telling = len(cited.quote.split()) >= _TELLING_WORDS
    holders = [store.source(id_) for id_ in store.holding(cited.quote)]
    others = [s for s in holders if s is not None and (telling or s.sha256 == cited.sha256)]
    for other in sorted(others, key=lambda s: s.sha256 != cited.sha256):
        text = store.text(other.id)
        at = _nearest(text.text, cited.quote, cited.span.start)
        if at is not None:
            return _standing(other, text, Span(at, at + len(cited.quote)), cited.answer)
    return None


def _nearest(text: str, quote: str, start: int) -> int | None:
    """Where a quote stands in a text, of several places the one nearest to `start`."""
    places = []
    at = text.find(quote)
    while at >= 0:
        places.append(at)
        at = text.find(quote, at + 1)
    return min(places, key=lambda place: abs(place - start), default=None)


def _alike(cited: _Cited, source: Source, stored: StoredText) -> Standing | None:
    """The sentence, or two in a row, that says most nearly what the quote said; of equals the
    nearest to where it stood. None if none is much like it."""
    wanted = Counter(words(cited.quote))
    best: tuple[float, int, Span] | None = None
    pairs = (Span(one.start, other.end) for one, other in pairwise(stored.sentences))
    for clean in (*stored.sentences, *pairs):
        span = stored.edits.to_canonical(clean)
        said = Counter(words(stored.text[span.start : span.end]))
        likeness = 2 * (wanted & said).total() / max(1, wanted.total() + said.total())
        key = (likeness, -abs(span.start - cited.span.start), span)
        if likeness >= _ALIKE and (best is None or key[:2] > best[:2]):
            best = key
    return None if best is None else _standing(source, stored, best[2], None)


def _standing(source: Source, stored: StoredText, span: Span, answer: Span | None) -> Standing:
    return Standing(
        source.id, source.path, span,
        None if answer is None else Span(span.start + answer.start, span.start + answer.end),
        line_at(stored.text, span.start), stored.text[span.start : span.end],
    )  # fmt: skip


def _where(found: Standing) -> str:
    return f"at {found.span.start} to {found.span.end} (line {found.line}) of {found.path}"
