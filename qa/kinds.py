"""What kind of thing a question asks for, where its words say so. Pure.

A number, a measure, a time or a country. A small reader marks "heavy losses" for "how many were
lost", and a city for "which country". Such a span is no answer, however sure the reader is, and
the question's words tell.
"""

from __future__ import annotations

import re
from functools import cache

from index.folding import words

# Only where a question begins with it: "who was there when …" asks for somebody.
_BEGINS = r"\A(?:(?:in|on|since|until|by|from|at|for|about|to) )?"
_ASKS_NUMBER = re.compile(
    _BEGINS + r"(?:how many\b|(?:what|which) (?:percentage|percent|proportion|number)\b"
    r"|what (?:is|was) the (?:percentage|proportion|number)\b)",
    re.IGNORECASE,
)
_ASKS_MEASURE = re.compile(
    _BEGINS + r"(?:how (?:long|far|high|fast|old|tall|deep|wide|heavy|large|big)\b"
    r"|(?:what|which) (?:share|portion|fraction|sum|price|amount)\b)",
    re.IGNORECASE,
)
_ASKS_TIME = re.compile(
    _BEGINS + r"(?:when (?!\w+ing\b)|(?:what|which) (?:year|date|month|day|century|decade)\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|scores|half|third|quarters?"
    r"|twice|once|single|pair|couple|both|several|all|percent)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december|spring|summer|autumn|fall|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|centur(?:y|ies)|decades?|years?|months?|weeks?|days?|hours?|morning|noon|evening|night"
    r"|midnight|today|yesterday|tomorrow|now|currently|era|age|period|dynasty|reign|war"
    r"|after|before|during|since|until|while|when|once|by|early|late|\w+ties)\b",
    re.IGNORECASE,
)


_DURATION = re.compile(
    r"\b(?:centur(?:y|ies)|decades?|years?|months?|weeks?|days?|hours?|minutes?|seconds?|night"
    r"|overnight|lifetime|since|until|throughout)\b",
    re.IGNORECASE,
)
# "Which South Asian country", but not "which country's capital" nor "what country music".
_ASKS_COUNTRY = re.compile(
    r"\b(?:which|what) (?:(?:\w|-)+ ){0,2}(?:country|nation)\b"
    r"(?!['’-]| (?:music|house|club|singer))",
    re.IGNORECASE,
)
# Called countries, and not among the territories of today.
_OTHER_COUNTRIES = (
    "england", "scotland", "wales", "northern ireland", "usa", "us", "uk", "uae", "america",
    "britain", "great britain", "ussr", "yugoslavia", "czechoslovakia", "prussia", "persia",
    "congo", "holland", "burma", "korea", "ivory coast", "macedonia", "swaziland", "palestine",
    "turkey", "artsakh", "rhodesia", "zaire", "ceylon", "siam", "bohemia", "byzantium",
)  # fmt: skip
_STATE = re.compile(
    r"\b(?:empire|kingdom|republic|union|dynasty|federation|states)\b", re.IGNORECASE
)
_LONGEST_COUNTRY = 5


_QUESTION = re.compile(r"\?[\"”’»')\]]*\Z")


def is_question(sentence: str) -> bool:
    """Whether a sentence asks: then it states nothing, and what stands in it is no answer."""
    return _QUESTION.search(sentence.rstrip()) is not None


def misses_kind(question: str, answer: str) -> bool:
    """Whether the question plainly asks for a number, a measure, a time or a country and the
    answer holds none."""
    if _ASKS_NUMBER.search(question):
        return _NUMBER.search(answer) is None
    if _ASKS_MEASURE.search(question):
        return _NUMBER.search(answer) is None and _DURATION.search(answer) is None
    if _ASKS_TIME.search(question):
        return _TIME.search(answer) is None
    return _ASKS_COUNTRY.search(question) is not None and not _names_country(answer)


def _names_country(text: str) -> bool:
    """Whether a country of today or of the past is named, or what only states are called."""
    if _STATE.search(text):
        return True
    found = words(text)
    return any(
        tuple(found[start:end]) in _countries()
        for start in range(len(found))
        for end in range(start + 1, min(len(found), start + _LONGEST_COUNTRY) + 1)
    )


@cache
def _countries() -> frozenset[tuple[str, ...]]:
    """The folded words of each country's names: those of CLDR, and others.

    Loaded when first asked for: few questions ask for a country, and it takes some hundredths of
    a second.
    """
    from babel import Locale

    territories = Locale("en").territories
    # Codes of three digits are continents and other regions.
    names = [name for code, name in territories.items() if not code.isdigit()]
    # "Myanmar (Burma)" is two names, "Hong Kong SAR China" one.
    parts = [part for name in names for part in re.split(r"[()]", name.replace(" SAR China", ""))]
    return frozenset(tuple(words(name)) for name in (*parts, *_OTHER_COUNTRIES)) - {()}
