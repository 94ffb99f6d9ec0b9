from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.several import asks_for_several, members


@pytest.mark.parametrize(
    "question",
    [
        "Which countries bought Turkish drones?", "which central asian states buy drones",
        "Which Central Asian states bought them?", "What kinds of weapons does it make at home?",
        "What are the rivals of the TB2?", "Who were the suppliers?", "list all buyers",
        "name the companies that make them", "Which two people signed?", "what other drones fly",
    ],
)  # fmt: skip
def test_several_are_asked_for(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which country bought drones?", "Which Tajik city hosts the plant?", "Who is the minister?",
        "What is the range of the TB2?", "Which series is it from?", "What drove the prices up?",
        "How many countries bought them?", "When were the drones sold?",
        "What status has Karabakh?", "which country's army is it",
        "What United States president said so", "what happens next",
        "which news agency quoted him", "which company makes drones", "Name a buyer",
        "What was the value of the losses?",
    ],
)  # fmt: skip
def test_one_thing_is_asked_for(question: str) -> None:
    assert not asks_for_several(question)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Turkmenistan and Kyrgyzstan", ["Turkmenistan", "Kyrgyzstan"]),
        ("Aghdam, Lachin, and Kelbajar", ["Aghdam", "Lachin", "Kelbajar"]),
        ("Iran, Turkey as well as Israel", ["Iran", "Turkey", "Israel"]),
        ("Iran, Turkey, Israel", ["Iran", "Turkey", "Israel"]),
        ("Kyrgyzstan, Central Asia", ["Kyrgyzstan, Central Asia"]),
        ("drones, tanks and more", ["drones", "tanks"]),
        ("Armenia, Azerbaijan, and", ["Armenia", "Azerbaijan"]),
        ("between 2 and 3", ["between 2 and 3"]),
        ("Turkey (2019, 2020 and 2021)", ["Turkey (2019, 2020 and 2021)"]),
        ("2,783 soldiers", ["2,783 soldiers"]),
        ("Bosnia and Herzegovina", ["Bosnia and Herzegovina"]),
        ("Iran", ["Iran"]),
        ("Johnson & Johnson and Pfizer", ["Johnson & Johnson", "Pfizer"]),
        ("Marks & Spencer", ["Marks & Spencer"]),
        ("Johnson and Johnson", ["Johnson and Johnson"]),
        ("all members except Hungary and Turkey", ["all members except Hungary and Turkey"]),
        ("Iran, but not Turkey, and Israel", ["Iran, but not Turkey, and Israel"]),
        ("May 5, 2020, and June 6, 2020", ["May 5, 2020, and June 6, 2020"]),
        (
            "the Department of Health and Human Services",
            ["the Department of Health and Human Services"],
        ),
        (
            "it bought a great many drones from Turkey last year, and it liked them",
            ["it bought a great many drones from Turkey last year, and it liked them"],
        ),
    ],
)
def test_members_of_a_list(text: str, wanted: list[str]) -> None:
    assert [text[start:end] for start, end in members(text)] == wanted


@given(st.text(alphabet="aB ,;&and\n1"))
def test_members_are_runs_of_the_text_in_order(text: str) -> None:
    end = 0
    for span in members(text):
        assert end <= span.start <= span.end <= len(text)
        end = span.end
