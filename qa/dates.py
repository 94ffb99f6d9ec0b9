"""Dates as answers give them: to the day, the month or the year, and no more exactly than that.

dateutil reads them; which parts an answer gives is found by reading it twice with other defaults.
It is only given what is a date and nothing else, for it would take "may" or "10" for one too, and
only imported then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_WORD = rf"(?:{_MONTHS}|{_DAYS})(?![a-z])\.?"
_WRITTEN = re.compile(
    rf"(?=.*\b(?:{_MONTHS})\b)(?=.*\d)"
    rf"(?:{_WORD}|\d{{1,4}}(?!\d)(?:st|nd|rd|th)?|of|the|[\s,/-])+"
)
_FIGURES = re.compile(r"\d{4}-\d{1,2}(?:-\d{1,2})?|\d{1,2}([./-])\d{1,2}\1\d{4}")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_LEADING = re.compile(r"(?:(?:in|on|the|year|of)\s+)+")
# Leap years, so that 29 February is a date.
_DEFAULTS = (datetime(1904, 1, 1), datetime(1908, 2, 2))


@dataclass(frozen=True, slots=True, order=True)
class CalendarDate:
    """A date as far as it is given: year, month 1 to 12 and day 1 to 31; 0 where not given."""

    year: int
    month: int = 0
    day: int = 0

    def allows(self, other: CalendarDate) -> bool:
        """Whether both can be true of one day: no part that both give differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(a == b or not a or not b for a, b in pairs)


def read_date(folded: str) -> CalendarDate | None:
    """The date that a folded text is, whatever the order it is written in; None if it is none.

    A text that holds anything else is none, and neither is one whose day and month cannot be told
    apart ("03/04/2020").
    """
    text = _LEADING.sub("", folded.strip(" .,"), count=1).strip(" .,")
    if _YEAR.fullmatch(text):
        return CalendarDate(int(text))
    if _WRITTEN.fullmatch(text) or _FIGURES.fullmatch(text):
        return _parsed(re.sub(r"\b(?:of|the)\b", " ", text))
    return None


def _parsed(text: str) -> CalendarDate | None:
    from dateutil.parser import ParserError, parse

    try:
        one, other, swapped = (
            parse(text, default=default, dayfirst=dayfirst)
            for default, dayfirst in ((_DEFAULTS[0], False), (_DEFAULTS[1], False),
                                      (_DEFAULTS[0], True))
        )  # fmt: skip
    except (ParserError, OverflowError, ValueError):
        return None
    if re.match(r"\d{4}\D", text):
        # The year first: then the month, and then the day.
        swapped = one
    year, month, day = (
        getattr(one, part) if getattr(one, part) == getattr(other, part) else 0
        for part in ("year", "month", "day")
    )
    # A year of two digits is a guess, and so is which of 3 and 4 the month is.
    guessed = (year and str(year) not in text) or one != swapped
    return None if guessed or not month else CalendarDate(year, month, day)
