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
        ("In which year did it fly?", "the first flight"),
        ("What portion of its grain does it buy abroad?", "winter wheat"),
        ("For how long did it stay aloft?", "a new record"),
        ("Which country bought the ships?", "Lima"),
        ("With which South American nation was it signed?", "Peruvian"),
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
        ("When flying low, what does it use?", "radar"),
        ("Who opened the plant?", "the president"),
        ("who was president when the war ended", "Nikol Pashinyan"),
        ("who fielded the largest number of drones", "Turkey"),
        ("Who refused to say how many drones his country had?", "Ilham Aliyev"),
        ("How much was paid?", "very little"),
        ("What happened in the year of the war?", "a ceasefire"),
        ("What portion of its grain does it buy abroad?", "nearly half"),
        ("How long did it fly?", "over a day"),
        ("How big was the crew?", "six men"),
        ("Which country bought the ships?", "Peru"),
        ("which country bought the ships", "the Republic of Ruritania"),
        ("Which country built it?", "Türkiye"),
        ("What country gave up the islands?", "Côte d’Ivoire’s neighbour"),
        ("Which other country signed?", "the United States of America"),
        ("Which country's capital is it?", "Lima"),
        ("Which country club did he join?", "Oakmont"),
        ("Who left the country?", "the minister"),
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
