from __future__ import annotations

import pytest

from qa.kinds import is_question, misses_kind


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many tanks were lost?", "heavy losses"),
        ("how many settlements did they take", "some"),
        ("What percentage of arms comes from Israel?", "most arms"),
        ("When was the plant opened?", "in the capital"),
        ("When did he resign?", "parties"),
        ("In which year did it fly?", "the first flight"),
        ("What share of its grain does it buy abroad?", "wheat"),
        ("For how long did it stay aloft?", "a new record"),
        ("Which country bought the ships?", "Lima"),
        ("With which South American nation was it signed?", "the treaty"),
        ("In what other country is it built?", "the capital"),
        ("Which country bought the ships?", "Milan"),
        ("Which country bought the ships?", "Paris"),
        ("Which country bought the ships?", "Susan"),
    ],
)
def test_another_kind_than_was_asked_for(question: str, answer: str) -> None:
    assert misses_kind(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many tanks were lost?", "144"),
        ("How many tanks were lost?", "a dozen"),
        ("How many villages?", "Five villages"),
        ("What percentage of arms comes from Israel?", "nearly seventy percent"),
        ("When was the plant opened?", "May 2022"),
        ("When did it end?", "after the ceasefire"),
        ("When is it due?", "upon delivery"),
        ("What month did it start?", "Nov."),
        ("When did he resign?", "shortly thereafter"),
        ("When was it built?", "in the twenties"),
        ("How many survived?", "a handful"),
        ("When flying low, what does it use?", "radar"),
        ("Who opened the plant?", "the president"),
        ("who was president when the war ended", "Nikol Pashinyan"),
        ("who fielded the largest number of drones", "Turkey"),
        ("Who refused to say how many drones his country had?", "Ilham Aliyev"),
        ("How much was paid?", "very little"),
        ("What happened in the year of the war?", "a ceasefire"),
        ("What share of its grain does it buy abroad?", "nearly half"),
        ("What fraction was lost?", "a fifth"),
        ("How long did it fly?", "over a day"),
        ("How long was it closed?", "from May to September"),
        ("How big was the crew?", "six men"),
        ("How far-reaching was the reform?", "modest"),
        ("Which country bought the ships?", "Peru"),
        ("Which country bought the ships?", "the Peruvians"),
        ("Which country bought the ships?", "Dutch"),
        ("Which country bought the ships?", "Iraqis"),
        ("Which country bought the ships?", "the Mexican navy"),
        ("Which country bought the ships?", "Germans"),
        ("When is it open?", "Tuesdays"),
        ("What proportion was lost?", "an eighth"),
        ("On which day was it signed?", "the fifteenth"),
        ("which country bought the ships", "the Republic of Ruritania"),
        ("Which country built it?", "Türkiye"),
        ("Which country built it?", "the U.S."),
        ("Which island nation signed?", "St. Vincent and the Grenadines"),
        ("Which nation is meant?", "Bosnia and Herzegovina"),
        ("What country gave up the islands?", "Côte d’Ivoire’s neighbour"),
        ("Which other country signed?", "the United States of America"),
        ("Which country's capital is it?", "Lima"),
        ("Which country club did he join?", "Oakmont"),
        ("Who left the country?", "the minister"),
        ("What does the country export?", "copper"),
        ("What kind of country is it?", "mountainous"),
        ("What made the nation rich?", "oil"),
        ("What did each country receive?", "a ship"),
    ],
)
def test_the_kind_or_none_asked_for(question: str, answer: str) -> None:
    assert not misses_kind(question, answer)


@pytest.mark.parametrize("text", ["How many died?", 'He asked, "Who sold them?"', "Why? (Who?) "])
def test_a_question_states_nothing(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["2,783 died.", "Why? Nobody knows.", "", "the file a?b"])
def test_what_states_something_is_no_question(text: str) -> None:
    assert not is_question(text)
