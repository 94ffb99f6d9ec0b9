"""What kind of thing a question asks for, where its words say so. Pure.

A number, a measure, a time or a country. A small reader marks "heavy losses" for "how many were
lost", and a city for "which country". Such a span is no answer, however sure the reader is, and
the question's words tell.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from index.folding import words

# Only where a question begins with it: "who was there when …" asks for somebody.
_BEGINS = r"\A(?:(?:in|on|since|until|by|from|at|for|about|to) )?"
_ASKS_NUMBER = re.compile(
    _BEGINS + r"(?:how many\b|(?:what|which) (?:percentage|percent|proportion|number)\b"
    r"|what (?:is|was) the (?:percentage|proportion|number)\b)",
    re.IGNORECASE,
)
_ASKS_MEASURE = re.compile(
    _BEGINS + r"(?:how (?:long|far|high|fast|old|tall|deep|wide|heavy|large|big)\b(?![-‐‑])"
    r"|(?:what|which) (?:share|fraction|sum|price|amount)\b)",
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
    r"|twice|once|single|pair|couple|both|several|all|percent|few|many|handful|nobody"
    r"|an? (?:fifth|sixth|seventh|eighth|ninth|tenth))\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december|spring|summer|autumn|fall|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth"
    r"|centur(?:y|ies)|decades?|years?|months?|weeks?|days?|hours?|morning|noon|evening|night"
    r"|midnight|dawn|dusk|today|yesterday|tomorrow|now|currently|soon|shortly|immediately|never"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|easter|christmas|ramadan|era|age|period"
    r"|dynasty|reign|war|after|before|during|since|until|while|when|once|by|upon|following"
    r"|prior|receipt|delivery|closing|arrival|early|late|(?:twen|thir|for|fif|six|seven|eigh|nine)ties)\b",
    re.IGNORECASE,
)
# Beside times and numbers, what says how long or how much of something.
_MEASURE = re.compile(
    r"\b(?:second|fifth|sixth|seventh|eighth|ninth|tenth|most|majority|minority|bulk|part|some"
    r"|minutes?|seconds?|nights?|overnight|fortnights?|generations?|lifetime|millenni(?:a|um)"
    r"|forever|indefinitely|permanently|throughout|whole|entire|to|as|than|of|miles?|foot|feet"
    r"|inch(?:es)?|yards?|met(?:er|re)s?|kilomet(?:er|re)s?)\b",
    re.IGNORECASE,
)
# "Which South Asian country", "in what other nation"; not "what does the country export", "what
# kind of country" or "which country's capital".
_ASKS_COUNTRY = re.compile(
    r"\b(?:which|what) (?:(?!(?:an?|the|this|these|that|each|every|another|his|her|its|their|our"
    r"|is|was|are|were|be|do|does|did|has|had|have|will|would|can|could|of|in|for|to|kind|type"
    r"|sort|made|makes|happened|needs)\b)[\w-]+ ){0,2}(?:country|nation)\b"
    r"(?!['’-]| (?:music|house|club|singer|song|star|band|codes?|roads?|estate|risk|leaders?|and))",
    re.IGNORECASE,
)
# What only states are called, and peoples: "the Peruvians" answers as well as "Peru".
_STATE = re.compile(
    r"\b(?:empire|kingdom|republic|union|dynasty|federation|states)\b", re.IGNORECASE
)
_PEOPLE = re.compile(
    r"\b[A-Z]\w*(?:ish|ese|ian|ean|ians|eans)\b"
    r"|\b(?:Dutch|French|Greek|Thai|Swiss|Czech|Uzbek|Kazakh|Kyrgyz|Tajik|Turkmen|Turk|Dane|Swede"
    r"|Finn|Pole|Scot|Serb|Croat|Slovak|Slovene|Spaniard|Filipino|Kurd|Welsh|Afghan|Montenegrin)s?\b"
)
# "Iraqi", "Mexicans": only of a country whose name has at most _LEFT_OF_COUNTRY more letters than
# what stands before the ending, for "Milan" and "Paris" end so too.
_OF_COUNTRY = re.compile(r"\b([A-Z]\w{2,}?)(?:ans?|is?)\b")
_LEFT_OF_COUNTRY = 3
# In words: "Saint Vincent and the Grenadines".
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
        return not any(kind.search(answer) for kind in (_NUMBER, _TIME, _MEASURE))
    if _ASKS_TIME.search(question):
        return _TIME.search(answer) is None
    return _ASKS_COUNTRY.search(question) is not None and not _names_country(answer)


def _names_country(text: str) -> bool:
    """Whether a country of today or of the past is named, a people, or what only states are
    called."""
    if _STATE.search(text) or _PEOPLE.search(text) or _names_people(text):
        return True
    found = words(text.replace("St. ", "Saint ").replace(".", ""))  # "U.S." too
    return any(
        tuple(found[start:end]) in _countries()
        for start in range(len(found))
        for end in range(start + 1, min(len(found), start + _LONGEST_COUNTRY) + 1)
    )


def _names_people(text: str) -> bool:
    """Whether a people is named by its country's name and an ending."""
    stems = (stem.casefold() for stem in _OF_COUNTRY.findall(text))
    return any(
        word.startswith(stem) and len(word) - len(stem) <= _LEFT_OF_COUNTRY
        for stem in stems
        for name in _countries()
        for word in name
    )


@cache
def _countries() -> frozenset[tuple[str, ...]]:
    """The folded words of each country's name, those of the past and disputed ones too."""
    names = resources.files("qa").joinpath("countries.txt").read_text(encoding="utf-8")
    return frozenset(tuple(words(name)) for name in names.splitlines())
