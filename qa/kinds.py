"""What kind of thing a question asks for, where its words say so: a number, or a time. Pure.

A small reader marks "heavy losses" for "how many were lost". Such a span is no answer, however
sure the reader is, and the question's first words tell.
"""

from __future__ import annotations

import re

# Only where a question begins with it: "who was there when …" asks for somebody.
_BEGINS = r"\A(?:(?:in|on|since|until|by|from|at|for|about|to) )?"
_ASKS_NUMBER = re.compile(
    _BEGINS + r"(?:how many\b|(?:what|which) (?:percentage|percent|proportion|number)\b"
    r"|what (?:is|was) the (?:percentage|proportion|number)\b)",
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


_QUESTION = re.compile(r"\?[\"”’»')\]]*\Z")


def is_question(sentence: str) -> bool:
    """Whether a sentence asks: then it states nothing, and what stands in it is no answer."""
    return _QUESTION.search(sentence.rstrip()) is not None


def misses_kind(question: str, answer: str) -> bool:
    """Whether the question plainly asks for a number or a time and the answer holds neither."""
    if _ASKS_NUMBER.search(question):
        return _NUMBER.search(answer) is None
    return _ASKS_TIME.search(question) is not None and _TIME.search(answer) is None
