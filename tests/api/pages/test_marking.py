from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.pages.marking import Mark, Part, exact, parts
from api.pages.reading import sheets
from index.types import Span

TEXTS = st.text(max_size=40)


@st.composite
def spans(draw: st.DrawFn, text: str) -> Span:
    start = draw(st.integers(0, len(text)))
    return Span(start, draw(st.integers(start, len(text))))


@given(st.data(), TEXTS)
def test_parts_join_and_marks_hold_what_they_mark(data: st.DataObject, text: str) -> None:
    first, second = data.draw(spans(text)), data.draw(spans(text))
    found = parts(text, [Mark(first, "answer"), Mark(second, "said")])
    assert "".join(part.text for part in found) == text
    marked = "".join(part.text for part in found if part.kind == "answer")
    assert marked == text[first.start : first.end]


@given(st.data(), TEXTS)
def test_sheets_join_and_a_quote_over_two_is_marked_on_both(data: st.DataObject, text: str) -> None:
    quote = data.draw(spans(text))
    pages = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    found = [part for sheet in sheets(text, pages, quote) for part in sheet.parts]
    assert "".join(part.text for part in found) == text
    marked = "".join(part.text for part in found if part.kind == "quote")
    assert marked == text[quote.start : quote.end]


def test_offsets_are_code_points() -> None:
    text = "😀 عربي 𝔖!"
    assert parts(text, [Mark(Span(7, 8), "answer")]) == (
        Part("😀 عربي "),
        Part("𝔖", "answer"),
        Part("!"),
    )


def test_markup_in_a_text_is_text() -> None:
    assert exact("<b> & \r\n\r\0") == "&lt;b&gt; &amp; &#13;\n&#13;<br>\ufffd"
