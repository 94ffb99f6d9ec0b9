from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from index.sketching import NO_SKETCH, Sketch, sketch
from index.types import Hit, Passage, Source, Span
from qa.types import Citation, support
from qa.voices import mark_copies, same_quote

STORY = " ".join(f"w{n * n % 97}" for n in range(200))
QUOTE = "The ministry in Baku says that 2,783 of its soldiers died in the war."


def citation(name: str, published: str | None = None, quote: str = "It is 15.") -> Citation:
    passage = Passage(f"psg_{name}", 0, name, Span(0, 9), Span(0, 9), "")
    source = Source(name, name, name, "text/plain", "", published=published)
    span = Span(0, len(quote))
    hit = Hit(passage, source, 0.02)
    return Citation(hit, quote, quote, span, span, span, "", "", 1, None, 0.9)


def copies(citations: list[Citation], sketches: list[Sketch]) -> list[str | None]:
    return [c.copy_of for c in mark_copies(citations, sketches)]


def test_the_earliest_speaks_for_its_copies_and_the_order_stays() -> None:
    cited = [citation("a", "2021-03-02"), citation("b"), citation("c", "2021-03-01")]
    texts = [sketch(STORY), sketch(STORY + " and more"), sketch("Desk: " + STORY)]
    assert copies(cited, texts) == ["c", "c", None]
    assert [c.source.id for c in mark_copies(cited, texts)] == ["a", "b", "c"]
    assert support(mark_copies(cited, texts)) == 1


def test_without_dates_the_first_speaks() -> None:
    cited = [citation("a"), citation("b"), citation("c")]
    assert copies(cited, [sketch(STORY), NO_SKETCH, sketch(STORY)]) == [None, None, "a"]
    assert support(mark_copies(cited, [sketch(STORY), NO_SKETCH, sketch(STORY)])) == 2


def test_the_same_sentence_is_the_same_voice() -> None:
    longer = QUOTE.replace("The ministry in", "So the ministry in")
    cited = [citation("a", quote=QUOTE), citation("b", quote=longer), citation("c")]
    assert copies(cited, [NO_SKETCH] * 3) == [None, "a", None]
    assert not same_quote(citation("a", quote="It is 15."), citation("b", quote="It is 15."))
    assert not same_quote(cited[0], citation("b", quote=QUOTE.replace("2,783", "7,630")))


def test_copies_of_a_copy_are_one_voice() -> None:
    cited = [citation("a", quote=QUOTE), citation("b"), citation("c", quote=QUOTE)]
    assert copies(cited, [NO_SKETCH, sketch(STORY), sketch(STORY)]) == [None, "a", "a"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "2020-01-01", "2021-01-01"]),
            st.sampled_from(["It is 15.", QUOTE]),
            st.sampled_from([NO_SKETCH, Sketch(99, b"a" * 1024), Sketch(99, b"b" * 1024)]),
        ),
        max_size=6,
    )
)
def test_every_copy_names_a_voice_of_its_own(
    rows: list[tuple[str | None, str, Sketch]],
) -> None:
    cited = [citation(f"s{n}", date, quote) for n, (date, quote, _) in enumerate(rows)]
    marked = mark_copies(cited, [row[2] for row in rows])
    voices = {c.source.id for c in marked if c.copy_of is None}
    assert {c.copy_of for c in marked} - {None} <= voices
    assert bool(voices) == bool(rows)
    assert [replace(c, copy_of=None) for c in marked] == cited
