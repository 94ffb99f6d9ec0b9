from __future__ import annotations

from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.folding import Aliases
from qa.dates import CalendarDate, read_date
from qa.equality import Words, conflict, is_short_for, joined, meaning
from qa.quantities import Quantity, singular

ALIASES = Aliases.load()


def same(one: str, other: str) -> bool:
    found = joined([meaning(one, ALIASES), meaning(other, ALIASES)])
    return found[0] == found[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("15", "fifteen"), ("15", "Fifteen."), ("25", "twenty-five"), ("2,000", "two thousand"),
        ("2,783", "two thousand seven hundred and eighty-three"), ("2,783", "2783"),
        ("2,783", "2 783"), ("1.5 million", "1,500,000"), ("half a million", "500,000"),
        ("12", "a dozen"), ("24", "two dozen"), ("100", "a hundred"), ("about 15", "15"),
        ("44-day", "44 days"), ("44 day", "forty-four days"), ("44-day war", "44 days"),
        ("15", "15 soldiers"), ("fifteen soldiers", "15"), ("15 UAVs", "15 drones"),
        ("more than 100", "over a hundred"), ("40 percent", "40%"), ("40 per cent", "40 pct"),
        ("$4.8 billion", "4.8 billion dollars"), ("$4.8bn", "US$4.8 billion"),
        ("$1 billion", "one billion dollars"), ("$4.8B", "$4,800,000,000"),
        ("16,000 feet", "16 000 ft"), ("27 kilometres", "27 km"), ("one", "1"),
    ],
)  # fmt: skip
def test_the_same_quantity(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2,783", "7,630"), ("15", "15%"), ("15", "$15"), ("$15", "€15"), ("15%", "$15"),
        ("15", "15 days"), ("15 days", "15 weeks"), ("15 tanks", "15 soldiers"),
        ("more than 100", "100"), ("nearly 100", "100"), ("at least 100", "up to 100"),
        ("15 million", "15"), ("$15 million", "15 million"), ("5 to 7", "5"), ("5-7", "5"),
        ("5 and 7", "5"), ("ten or twenty", "ten"), ("2.74", "274"), ("7,630", "7630.6"),
        ("1st", "1"), ("second", "2"), ("hundreds", "100"), ("-5", "5"), ("1/3", "1"),
        ("C$15", "$15"), ("2020", "2,020"), ("2020 Nagorno-Karabakh War", "2020"),
        ("$5-$6 billion", "$5"), ("$1.5 million to $2 million", "$1.5 million"),
        ("15% to 20%", "15%"), ("15%-20%", "15 percent"), ("10 km to 15 km", "10 km"),
        ("$500 million in loans", "$500 million in grants"), ("$80 a barrel", "$80 a tonne"),
        ("$5 million a year", "$5 million a month"), ("two-thirds", "two"),
        ("three-quarters of the fleet", "3"), ("one in five", "one"), ("nine out of ten", "nine"),
        ("two and a half million", "two"), ("100k", "100"), ("2 dozen", "2"), ("100+", "100"),
        ("15¹ soldiers", "151 soldiers"), ("5½", "51"), ("+5%", "-5%"), ("–5%", "5%"),
        ("5 or more", "5"), ("15 square miles", "15 miles"),
    ],
)  # fmt: skip
def test_other_quantities(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    "text",
    [
        "27 September 2020", "September 27, 2020", "September 27th, 2020", "Sept. 27, 2020",
        "the 27th of September 2020", "on 27 September 2020", "Sunday, 27 September 2020",
        "2020-09-27", "27.09.2020", "27/09/2020", "27 SEPTEMBER 2020", "27-September-2020",
        "27 September, 2020.",
    ],
)  # fmt: skip
def test_a_day_however_it_is_written(text: str) -> None:
    assert meaning(text) == CalendarDate(2020, 9, 27)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("September 2020", CalendarDate(2020, 9)), ("in September 2020", CalendarDate(2020, 9)),
        ("2020-09", CalendarDate(2020, 9)), ("2020", CalendarDate(2020)),
        ("in 2020", CalendarDate(2020)), ("27 September", CalendarDate(0, 9, 27)),
        ("29 February", CalendarDate(0, 2, 29)), ("may", None), ("May", None), ("Monday", None),
        ("10", None), ("03/04/2020", None), ("30 February 2020", None), ("4 May '20", None),
        ("since 2020", None), ("early 2020", None), ("september 5 10", None), ("", None),
        ("27 September 2020, 08:00", None), ("10 to 20 May 2020", None),
        ("03/03/2020", CalendarDate(2020, 3, 3)),
        ("may " + "1" * 90 + "!", None), ("may" * 40 + " 5!", None), ("2020 2021", None),
        ("99 May 99999", None),
    ],
)  # fmt: skip
def test_a_date_says_what_it_says(text: str, found: CalendarDate | None) -> None:
    assert read_date(text.lower()) == found


@pytest.mark.parametrize("less", ["September 2020", "2020", "27 September", "28 September 2020"])
def test_a_date_given_less_exactly_is_another_answer(less: str) -> None:
    assert not same("27 September 2020", less)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pashinyan", "Nikol Pashinyan"), ("TB2", "Bayraktar TB2"), ("the TB2", "Bayraktar TB2"),
        ("Türkiye", "Turkey"), ("the US", "United States"), ("the U.S.", "USA"),
        ("Prime Minister Nikol Pashinyan", "Pashinyan"), ("President Aliyev", "Ilham Aliyev"),
        ("The Hornet", "hornet"), ("Armenia", "Republic of Armenia"),
        ("NIKOL PASHINYAN", "Pashinyan"), ("Türkiye", "Turkiye"), ("TB2,", "tb2"),
        ("Türk", "Turkish"), ("Selçuk Bayraktar", "Selcuk Bayraktar"), ("Iran", "iran."),
        ("UCAV", "armed drone"), ("in Jeddah", "Jeddah"), ("In early 2022", "early 2022"),
        ("iran", "Iran"), ("Ababil-2", "the Ababil-2"), ("General Hasanov", "Hasanov"),
        ("Former President Robert Kocharyan", "Kocharyan"), ("$4.8 billion", "4.8 billion dollars"),
        ("former President Robert Kocharyan", "Kocharyan"), ("president Aliyev", "Ilham Aliyev"),
        ("Deputy Prime Minister Overchuk", "Overchuk"), ("1960 peacekeepers", "1,960 peacekeepers"),
    ],
)  # fmt: skip
def test_the_same_name(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bayraktar", "Bayraktar TB2"), ("Georgia", "Bank of Georgia"), ("Iran", "Oman"),
        ("Azerbaijan", "President of Azerbaijan"), ("Turkey", "Turkey and Azerbaijan"),
        ("Azerbaijan", "Turkey and Azerbaijan"), ("sources", "Military sources"), ("TB2", "TB3"),
        ("Turkey", "the Turkey Project"), ("yan", "Pashinyan"), ("drone", "armed drone"),
        ("Republic of China", "China"), ("Republic of Ireland", "Northern Ireland"),
        ("General Motors", "Tata Motors"), ("King Street", "Wall Street"),
        ("Sudan", "South Sudan"), ("Virginia", "West Virginia"), ("Mexico", "New Mexico"),
        ("the President", "the Vice President"), ("Prime Minister", "Deputy Prime Minister"),
        ("Azerbaijan", "president of Azerbaijan"), ("the president", "the former president"),
        ("BBB-", "BBB+"), ("AA+", "AA"), ("C#", "C"), (">15", "<15"), ("₹500", "₩500"),
    ],
)  # fmt: skip
def test_other_names(one: str, other: str) -> None:
    assert not same(one, other)


def test_a_short_name_of_two_is_neither() -> None:
    answers = ["Bayraktar", "Selçuk Bayraktar", "Haluk Bayraktar", "Mr Haluk Bayraktar"]
    assert joined([meaning(a) for a in answers]) == [0, 1, 2, 2]
    assert joined([meaning(a) for a in answers[:2]]) == [0, 0]


def test_a_bare_number_of_two_counts_is_neither() -> None:
    assert joined([meaning(a) for a in ("15", "15 tanks", "15 men")]) == [0, 1, 2]
    assert joined([meaning(a) for a in ("15", "15 tanks", "fifteen", "15 burnt tanks")]) == [0] * 4


@pytest.mark.parametrize(
    ("one", "other"),
    [("Turkey", "Türkiye"), ("Turkish-built UAVs", "Türk-built drones"), ("15 UAVs", "15 drones")],
)
def test_aliases_are_passed_in(one: str, other: str) -> None:
    assert meaning(one, ALIASES) == meaning(other, ALIASES)
    assert meaning(one) != meaning(other)


@pytest.mark.parametrize(
    ("one", "other", "against"),
    [
        ("2,783", "7,630", True), ("2,783", "2,783 soldiers", False), ("15%", "20%", True),
        ("2019", "2018", True), ("2020", "27 September 2020", False), ("2,783", "Armenia", False),
        ("27 September", "28 September 2020", True), ("Iran", "Oman", True), ("$5", "€7", True),
        ("TB2", "the TB2 drone", False), ("Haluk", "Haluk Bayraktar", False),
        ("Iran", "2020", False), ("2000 soldiers", "3,000 soldiers", True),
    ],
)  # fmt: skip
def test_conflict(one: str, other: str, against: bool) -> None:
    assert conflict(meaning(one), meaning(other)) is against
    assert conflict(meaning(other), meaning(one)) is against


def test_what_a_meaning_holds() -> None:
    assert meaning("more than 15 armed drones") == Quantity(
        Fraction(15), ">", "", frozenset({"armed", "drone"})
    )
    assert meaning("Prime Minister Nikol Pashinyan") == Words(("nikol", "pashinyan"), True)
    assert meaning("a harbour master") == Words(("harbour", "master"))
    assert [singular(w) for w in ("countries", "men", "losses", "bus", "crises", "drones")] == [
        "country", "man", "losse", "bus", "crise", "drone",
    ]  # fmt: skip


ANSWERS = st.one_of(
    st.sampled_from(
        ["15", "fifteen", "15 men", "15 tanks", "15 burnt tanks", "15%", "$15", "about 15 men",
         "Pashinyan", "Nikol Pashinyan", "Anna Pashinyan", "Mr Pashinyan", "Türkiye", "Turkey",
         "the US", "U.S.", "27 September 2020", "September 27, 2020", "September 2020", "2020",
         "44-day", "44 days", "44", "TB2", "Bayraktar TB2", "Turkish Bayraktar TB2", "", ".", "½"]
    ),
    st.text(max_size=12),
    st.text("0123456789,.- %$tonemilndaysApr", max_size=12),
)  # fmt: skip


@given(st.lists(ANSWERS, max_size=12), st.randoms())
@settings(deadline=None)
def test_joining_does_not_depend_on_order(answers: list[str], chance: Random) -> None:
    meanings = [meaning(answer, ALIASES) for answer in answers]
    classes = joined(meanings)
    assert all(classes[first] == first <= index for index, first in enumerate(classes))
    order = list(range(len(answers)))
    chance.shuffle(order)
    shuffled = joined([meanings[i] for i in order])
    for i, one in enumerate(order):
        for j, other in enumerate(order):
            assert (shuffled[i] == shuffled[j]) == (classes[one] == classes[other])


@given(ANSWERS)
@settings(deadline=None)
def test_an_answer_equals_itself(answer: str) -> None:
    found = meaning(answer, ALIASES)
    assert found == meaning(answer, ALIASES)
    assert not is_short_for(found, found)
    assert not conflict(found, found)
    assert len({found, meaning(answer, ALIASES)}) == 1


@given(ANSWERS, ANSWERS, ANSWERS)
@settings(deadline=None)
def test_short_for_is_an_order(a: str, b: str, c: str) -> None:
    one, two, three = (meaning(x, ALIASES) for x in (a, b, c))
    assert not (is_short_for(one, two) and is_short_for(two, one))
    if is_short_for(one, two) and is_short_for(two, three):
        assert is_short_for(one, three)


@given(st.integers(0, 999_999_999))
def test_digits_and_separators_are_one_number(number: int) -> None:
    found = meaning(f"{number:,}")
    assert isinstance(found, Quantity)
    assert found.value == number
    assert found == meaning(f"{number:,} ".replace(",", "\u00a0"))


@given(st.dates(min_value=date(1000, 1, 1)))
@settings(deadline=None)
def test_every_day_reads_alike_in_three_orders(day: date) -> None:
    forms = [f"{day:%Y-%m-%d}", f"{day:%d %B} {day:%Y}", f"{day:%B %d}, {day:%Y}"]
    assert len({meaning(form) for form in forms}) == 1


def test_a_run_of_digits_beyond_reading_is_a_word() -> None:
    assert meaning("9" * 5000) == meaning("9" * 5000)
    assert not same("9" * 5000, "9" * 4999)
