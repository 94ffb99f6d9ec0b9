"""Checking from outside: does each citation stand in the index as it says? Is the index sound?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from index.errors import UsageError
from index.search import OpenIndex
from index.store import Store
from qa.types import CitationCheck


def verify_answers(answers: Iterable[Mapping[str, Any]], store: Store) -> list[CitationCheck]:
    """Check every citation of answers in the contract's JSON, those of alternatives too.

    A citation holds if its source is in the index and `text[start:end]` of the quote span is the
    quote to the letter, with the answer span inside it. Raises UsageError where an object is not
    an answer.
    """
    checks = []
    for number, answer in enumerate(answers, start=1):
        try:
            for citation in _citations(answer):
                source = citation["source"]
                fault = _fault(citation, store)
                checks.append(CitationCheck(str(answer["id"]), str(source["path"]), fault))
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


def _fault(citation: Mapping[str, Any], store: Store) -> str | None:
    source = store.source(citation["source"]["id"])
    if source is None:
        return "the source is not in the index"
    if source.sha256 != citation["source"]["sha256"]:
        return "the source has changed since"
    text = store.text(source.id).text
    start, end = _span(citation["quote_span"], len(text))
    if start < 0 or text[start:end] != citation["quote"]:
        return "the quote does not stand there"
    answer_start, answer_end = _span(citation["answer_span"], len(text))
    if not start <= answer_start < answer_end <= end:
        return "the answer does not lie in the quote"
    for selector in citation["selectors"]:
        if selector["type"] == "TextQuoteSelector" and selector["exact"] != citation["quote"]:
            return "the quote selector says something else"
        if selector["type"] == "TextPositionSelector" and _span(selector, len(text)) != (
            start,
            end,
        ):
            return "the position selector says something else"
    return None


def _span(span: Mapping[str, Any], length: int) -> tuple[int, int]:
    """Start and end, or -1, -1 where they are not a span of a text of that length."""
    start, end = span["start"], span["end"]
    # Booleans are whole numbers to Python, and negative ones count from the end.
    if type(start) is not int or type(end) is not int or not 0 <= start <= end <= length:
        return -1, -1
    return start, end


def index_faults(index: OpenIndex) -> list[str]:
    """Faults of an opened generation; none if it is sound. Its digests were checked on opening."""
    store = index.store
    faults = store.check()
    passages = store.passage_count()
    counts = {
        "the manifest": index.manifest.counts["passages"],
        "the dense index": len(index.vectors),
        "the lexical index": len(index.lexical),
    }
    faults += [
        f"{name} has {count} passages, the store {passages}"
        for name, count in counts.items() if count != passages
    ]  # fmt: skip
    for source in store.sources():
        stored = store.text(source.id)
        clean_text = stored.edits.apply(stored.text)
        for passage in store.passages_of(source.id):
            if clean_text[passage.clean_span.start : passage.clean_span.end] != passage.text:
                faults.append(f"a passage of {source.path} at {passage.span.start} is not its text")
    return faults
