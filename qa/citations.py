"""From a span of a passage to a citation of its source: pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from index.splitting import sentence_range
from index.store import StoredText
from index.types import Hit, Span
from qa.attribution import attribution, hedges
from qa.links import deep_link
from qa.types import Citation

CONTEXT_CHARACTERS = 32
# A sentence of fewer words ("29 April 2014.") proves little by itself; its neighbour joins it.
LEAST_QUOTE_WORDS = 5


def cite(hit: Hit, span: Span, stored: StoredText, clean_text: str, reader: float) -> Citation:
    """Cite what `span`, in the clean text of the hit's passage, stands for in its source.

    stored: the texts of the passage's source. clean_text: its whole clean text.
    reader: 0 to 1, kept in the citation.
    """
    answer_clean = hit.passage.in_clean(span)
    quote_clean = _telling(
        sentence_range(stored.sentences, answer_clean), stored.sentences, clean_text
    )
    answer = stored.edits.to_canonical(answer_clean)
    quote = _around(stored.edits.to_canonical(quote_clean), answer)
    text = stored.text
    page = page_at(stored.pages, answer.start)
    shown = one_line(clean_text[quote_clean.start : quote_clean.end])
    answer_shown = _shown(clean_text, quote_clean, answer_clean)
    return Citation(
        hit=hit,
        quote=text[quote.start : quote.end],
        quote_clean=shown,
        quote_span=quote,
        answer_span=answer,
        answer_clean_span=answer_shown,
        prefix=text[max(0, quote.start - CONTEXT_CHARACTERS) : quote.start],
        suffix=text[quote.end : quote.end + CONTEXT_CHARACTERS],
        line=line_at(text, answer.start),
        page=page,
        reader=reader,
        deep_link=deep_link(hit.source, text[quote.start : quote.end], page),
        attribution=attribution(shown, answer_shown),
        hedges=hedges(shown, answer_shown),
    )


def _shown(clean_text: str, quote: Span, answer: Span) -> Span:
    """Where the answer stands in the quote once that is on one line."""
    before = clean_text[quote.start : answer.start]
    start = len(one_line(before)) + (before[-1:].isspace() and bool(before.strip()))
    return Span(start, start + len(one_line(clean_text[answer.start : answer.end])))


def _telling(quote: Span, sentences: tuple[Span, ...], clean_text: str) -> Span:
    """The quote, or if it is very short with the next sentence of its paragraph, or the last."""
    if len(clean_text[quote.start : quote.end].split()) >= LEAST_QUOTE_WORDS:
        return quote
    after = bisect_left(sentences, (quote.end, 0))
    before = bisect_left(sentences, (quote.start, 0)) - 1
    if after < len(sentences) and "\n\n" not in clean_text[quote.end : sentences[after].start]:
        return Span(quote.start, sentences[after].end)
    if before >= 0 and "\n\n" not in clean_text[sentences[before].end : quote.start]:
        return Span(sentences[before].start, quote.end)
    return quote


def _around(outer: Span, inner: Span) -> Span:
    return Span(min(outer.start, inner.start), max(outer.end, inner.end))


def one_line(text: str) -> str:
    """White space as single spaces: how a person reads a text that is not laid out."""
    return " ".join(text.split())


def line_at(text: str, offset: int) -> int:
    """The 1-based line of an offset; lines end at "\\n", "\\r\\n" or "\\r"."""
    before = text[:offset]
    return 1 + before.count("\n") + before.count("\r") - before.count("\r\n")


def page_at(pages: tuple[int, ...], offset: int) -> int | None:
    """The 1-based page of an offset, given where pages start; None if there are no pages."""
    return max(1, bisect_right(pages, offset)) if pages else None
