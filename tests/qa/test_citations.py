from __future__ import annotations

import pytest

from index.cleaning import clean
from index.splitting import sentences
from index.store import StoredText
from index.types import Document, Hit, Metadata, Passage, Source, Span
from qa.citations import cite, line_at, page_at
from qa.types import Citation


def cited(text: str, answer: str, pages: tuple[int, ...] = ()) -> Citation:
    cleaned = clean(Document(text, Metadata(), "text/plain", pages))
    stored = StoredText(text, pages, cleaned.edits, sentences(cleaned.text))
    span = Span(0, len(cleaned.text))
    passage = Passage("psg_1", 0, "src_1", cleaned.edits.to_canonical(span), span, cleaned.text)
    hit = Hit(passage, Source("src_1", "x", "x", "text/plain", ""), 0.03)
    start = cleaned.text.index(answer)
    found = cite(hit, Span(start, start + len(answer)), stored, cleaned.text, 0.9)
    assert text[found.quote_span.start : found.quote_span.end] == found.quote
    assert found.quote_span.start <= found.answer_span.start
    assert found.answer_span.end <= found.quote_span.end
    shown = found.answer_clean_span
    assert found.quote_clean[shown.start : shown.end] == " ".join(answer.split())
    return found


def test_the_quote_is_the_sentence() -> None:
    found = cited("The keeper is Jon now. Marta Lind kept it before him. He is old.", "Marta Lind")
    assert found.quote == "Marta Lind kept it before him."
    assert found.prefix.endswith("Jon now. ")
    assert found.suffix == " He is old."


def test_an_answer_over_two_sentences_is_quoted_with_both() -> None:
    found = cited("He left the old house. Marta came in at once. Then it rained.", "house. Marta")
    assert found.quote == "He left the old house. Marta came in at once."


def test_a_very_short_sentence_takes_its_neighbour() -> None:
    text = "It was 1987. The lamp was lit then by Marta.\n\nOther matters were discussed at length."
    assert cited(text, "1987").quote == "It was 1987. The lamp was lit then by Marta."
    text = "The lamp was lit by Marta then. It was 1987.\n\nOther matters were discussed at length."
    assert cited(text, "1987").quote == "The lamp was lit by Marta then. It was 1987."
    text = "1987.\n\nOther matters were discussed at length."
    assert cited(text, "1987").quote == "1987."


@pytest.mark.parametrize(
    ("text", "offset", "line"),
    [("a\nb\nc", 4, 3), ("a\r\nb\r\nc", 6, 3), ("a\rb", 2, 2), ("abc", 2, 1), ("\n\n", 0, 1)],
)
def test_lines(text: str, offset: int, line: int) -> None:
    assert line_at(text, offset) == line


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 2), (19, 2), (20, 3), (99, 3)])
def test_pages(offset: int, page: int) -> None:
    assert page_at((0, 10, 20), offset) == page
    assert page_at((), offset) is None
