from __future__ import annotations

from dataclasses import replace

import pytest

from api.printing import answer_lines, likelihood, timing
from api.reporting import size_in_words
from api.terminal import Layout, Piece
from index.types import Span
from tests.api.fakes import answer, citation, no_answer


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
        "    Another view, corpus/rival.pdf, page 3, line 2\n"
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
