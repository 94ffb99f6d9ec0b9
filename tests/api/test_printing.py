from __future__ import annotations

from dataclasses import replace

import pytest

from api.printing import answer_lines, likelihood, timing
from api.sizes import size_in_words
from api.terminal import Layout, Piece
from index.types import Span
from qa.types import Alternative, Attribution, Wording
from tests.api.fakes import answer, citation, no_answer, source


def printed(lines: object) -> str:
    assert hasattr(lines, "__iter__")
    return "\n".join(
        "".join(part.text if isinstance(part, Piece) else part for part in line) for line in lines
    )


def test_an_answer_is_shown_with_its_proof_and_its_rivals() -> None:
    assert printed(answer_lines(answer(), Layout(72))) == (
        "Iran supplied\n"
        "Confidence 0.91: probably right\n"
        "\n"
        "[1] Tajikistan's drones, A. Writer, The Paper, 2023-07-31\n"
        "    corpus/tajikistan.md, line 2\n"
        "    > Iranian firms spoke often; officials said [[Iran supplied]] the\n"
        "    > drones in 2022.\n"
        "\n"
        "Other answers\n"
        "  Turkey (0.20, probably wrong)\n"
        "    Another view, 2023-07-31, corpus/rival.pdf, page 3, line 2\n"
        "      > [[Turkey]], they say."
    )


def test_no_answer_is_said_and_the_nearest_passages_are_listed() -> None:
    text = printed(answer_lines(no_answer("the moon"), Layout(72)))
    assert text.startswith("No answer was found in these sources. The nearest passages:\n\n[1] ")
    assert "    > A first line. Iranian firms" in text


def test_no_answer_without_passages_blames_the_filters() -> None:
    text = printed(answer_lines(replace(no_answer("x"), passages=()), Layout(72)))
    assert text == "No answer: no passage matches this question and its filters."


def test_several_citations_are_said_to_agree() -> None:
    agreed = replace(answer(), citations=(citation(), citation()))
    assert "0.91: probably right, 2 sources agree" in printed(answer_lines(agreed, Layout(72)))


def test_copies_are_one_voice() -> None:
    other = citation(of=source("b.md", "Another"))
    of_other = replace(citation(), copy_of=other.source.id)
    told = printed(answer_lines(replace(answer(), citations=(other, of_other)), Layout(72)))
    assert "2 sources agree, copies of one text\n" in told
    cited = (other, of_other, citation(of=source("c.md", "Third")))
    told = printed(answer_lines(replace(answer(), citations=cited), Layout(72)))
    assert "3 sources agree, 2 of them independent\n" in told
    assert "    a copy of [1]\n" in told


def test_rivals_are_shown_with_who_says_so_and_when() -> None:
    text = "Armenia reportedly claims 7,630 died."
    said = Attribution(Wording("Armenia reportedly claims", Span(0, 25)),
                       Wording("Armenia", Span(0, 7)))  # fmt: skip
    newer = replace(source("armenia.md", "The count"), published="2024-02-03")
    cited = replace(
        citation(text, "7,630", newer), attribution=said,
        hedges=(Wording("reportedly", Span(8, 18)),),
    )  # fmt: skip
    rival = Alternative("7,630", 0.4, (cited,), rival=True)
    told = replace(answer(), alternatives=(rival, *answer().alternatives))
    assert printed(answer_lines(told, Layout(90))).partition("\n\nRivals")[2] == (
        ": the sources contradict one another\n"
        "  7,630 (0.40, more likely wrong than right)\n"
        "    The count, 2024-02-03, corpus/armenia.md, line 1, attributed to Armenia, "
        "hedged: “reportedly”\n"
        "      > Armenia reportedly claims [[7,630]] died.\n"
        "    newer: its latest source is of 2024-02-03, that of Iran supplied of 2023-07-31\n"
        "\n"
        "Other answers\n"
        "  Turkey (0.20, probably wrong)\n"
        "    Another view, 2023-07-31, corpus/rival.pdf, page 3, line 2\n"
        "      > [[Turkey]], they say."
    )
    shown = printed(answer_lines(replace(told, citations=(cited,)), Layout(90)))
    assert "    attributed to Armenia, hedged: “reportedly”\n    > Armenia" in shown
    assert "newer" not in shown


def test_rivals_without_an_answer_are_compared_with_the_surest() -> None:
    old = replace(source("old.md", "Old"), published="2019-01-01")
    rivals = tuple(
        Alternative(said, 0.4, (citation(f"It is {said}.", said, of),), rival=True)
        for said, of in (("15", source()), ("16", old))
    )
    told = printed(answer_lines(replace(no_answer("x"), alternatives=rivals), Layout(90)))
    assert "    older: its latest source is of 2019-01-01, that of 15 of 2023-07-31" in told
    assert told.count("latest source") == 1


def test_of_several_occurrences_the_cited_one_is_marked() -> None:
    text = "Iran bought, Iran built, and at last Iran sold."
    cited = replace(citation(text, "Iran"), answer_clean_span=Span(13, 17))
    told = replace(answer(), citations=(cited,), alternatives=())
    assert "Iran bought, [[Iran]] built" in printed(answer_lines(told, Layout(72)))


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (1.0, "almost certainly right"),
        (0.8, "probably right"),
        (0.5, "as likely wrong as right"),
        (0.0, "probably wrong"),
    ],
)
def test_a_probability_in_words(confidence: float, words: str) -> None:
    assert likelihood(confidence) == words


def test_timing_is_one_line() -> None:
    assert timing(answer()) == "retrieve 3 ms, read 31 ms, total 35 ms; 1204 tokens read"


@pytest.mark.parametrize(
    ("size", "words"), [(999, "999 B"), (1500, "1.5 kB"), (2_500_000, "2.5 MB"), (3e9, "3.0 GB")]
)
def test_a_size_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_a_list_is_printed_member_by_member() -> None:
    items = (Alternative("Iran", 0.8, (citation(),)), Alternative("Turkey", 0.5, (citation(),)))
    text = printed(answer_lines(replace(answer("which countries"), items=items), Layout(72)))
    assert "All that was found (2)" in text
    assert "  Turkey (0.50)" in text
    assert "Other answers" not in text
