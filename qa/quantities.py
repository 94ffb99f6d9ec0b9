"""Numbers as answers give them: how many, and of what.

text2num reads number words; digits, fractions of a million, per cent and money are read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile

from text_to_num import text2num

from index.folding import Aliases
from index.folding import words as folded_words

_MAGNITUDES = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "mn": 10**6,
    "mln": 10**6, "bn": 10**9, "bln": 10**9, "tn": 10**12,
}  # fmt: skip
# Single letters mean this only of money: "5 m" is a length.
_MONEY_MAGNITUDES = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_SIGNS = {"us$": "usd", "$": "usd", "€": "eur", "£": "gbp", "₺": "try", "₽": "rub", "₼": "azn",
          "¥": "jpy", "usd": "usd", "eur": "eur", "gbp": "gbp", "azn": "azn"}  # fmt: skip
_CURRENCIES = {
    ("us", "dollar"): "usd", ("u", "s", "dollar"): "usd", ("american", "dollar"): "usd",
    ("dollar",): "usd", ("usd",): "usd", ("euro",): "eur", ("eur",): "eur",
    ("pound", "sterling"): "gbp", ("gbp",): "gbp", ("turkish", "lira"): "try", ("lira",): "try",
    ("rouble",): "rub", ("ruble",): "rub", ("manat",): "azn", ("azn",): "azn", ("yen",): "jpy",
}  # fmt: skip
_PER_CENT = {("percent",), ("per", "cent"), ("pct",), ("percentage", "point")}
# A bare number is never one of these: "44" does not say "44 days".
_MEASURES = {
    "second": "s", "sec": "s", "minute": "min", "min": "min", "hour": "h", "hr": "h", "h": "h",
    "day": "day", "week": "week", "month": "month", "year": "year", "decade": "decade",
    "century": "century", "mm": "mm", "cm": "cm", "m": "m", "metre": "m", "meter": "m", "km": "km",
    "kilometre": "km", "kilometer": "km", "mile": "mile", "foot": "ft", "feet": "ft", "ft": "ft",
    "inch": "inch", "nm": "nm", "gram": "g", "kg": "kg", "kilogram": "kg", "kilo": "kg",
    "tonne": "tonne", "ton": "ton", "pound": "pound", "lb": "pound", "litre": "l", "liter": "l",
    "hectare": "ha", "knot": "knot", "degree": "degree", "kw": "kw", "mw": "mw", "watt": "w",
}  # fmt: skip
# Words before a number that do not change it; others ("more than", "up to") are part of it.
_PLAIN_BEFORE = re.compile(
    r"(?:(?:the|a total of|a figure of|about|around|approximately|roughly|circa|some|exactly|only"
    r"|just|all)\s+)+"
)
_BOUNDS = {
    "more than": ">", "over": ">", "above": ">", "upwards of": ">", "at least": ">=",
    "less than": "<", "fewer than": "<", "under": "<", "below": "<", "nearly": "<", "almost": "<",
    "up to": "<=", "at most": "<=", "as many as": "<=", "as much as": "<=",
}  # fmt: skip
_BOUND = re.compile(rf"({'|'.join(_BOUNDS)})\s+")
_NUMBER = re.compile(
    r"(?P<sign>us\$|[$€£₺₽₼¥]|(?:usd|eur|gbp|azn)(?=\s?\d))?\s?(?P<minus>[-−–])?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![\d.])|\d+(?:\.\d+)?)(?![\d/:])"
    r"(?:[\s-]?(?P<unit>%|[a-z]+)(?![a-z]))?(?P<rest>.*)",
    re.DOTALL,
)
_ARTICLE = re.compile(r"\A(?:a|an)\s+(?=(?:dozen|hundred|thousand|million|billion)\b)")
# What makes of the number before it another: "two-thirds", "one in five", "100k", "2 dozen".
_PARTS = re.compile(
    r"[\s-]*(?:(?:and (?:a|one) )?"
    r"(?:half|halves|thirds?|quarters?|fifths?|sixths?|eighths?|tenths?)\b"
    r"|(?:hundred|dozen|k|crores?|lakhs?|millions|billions|fold)\b|\+"
    r"|(?:in|out of)\s+(?:a\s+)?"
    r"(?:\d|two|three|four|five|six|seven|eight|nine|ten|hundred|thousand)"
    r"|or (?:more|less|fewer)\b|square\b|cubic\b)"
)
# A range whose unit is said twice: "15% to 20%", "$1.5 million to $2 million".
_UNIT_RANGE = re.compile(r"\s*(?:%|[a-z]+(?:\s[a-z]+)?)?\s*(?:[-–—]|to\b)\s*(?:us)?[$€£]?\s*\d")
_EMPTY = frozenset({"of", "the", "a", "an", "in", "and", "its", "their", "her", "his"})
_LONGEST_NUMBER = 14
# Longer runs of digits are keys and the like, and Python refuses to read them from 4,300 on.
_MOST_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with all that makes it another: 15 is neither 15 % nor 15 days.

    bound: what it is said to bound: "", ">" ("more than"), ">=", "<" or "<=".
    unit: "%", a currency's or a measure's short name, or "" for a count.
    of: the folded words that say what is counted or measured, in the singular.
    """

    value: Fraction
    bound: str
    unit: str
    of: frozenset[str]


def read_quantity(folded: str, aliases: Aliases) -> Quantity | None:
    """The quantity that a folded text is; None if it does not begin with a number, or goes on as
    no count does ("5 to 7", "3.5.1", "2020-21")."""
    text = _PLAIN_BEFORE.sub("", folded.strip(" .,;:'\"()"), count=1)
    bound = ""
    if found := _BOUND.match(text):
        bound, text = _BOUNDS[found[1]], _PLAIN_BEFORE.sub("", text[found.end() :], count=1)
    text = _ARTICLE.sub("", text)
    read = _digits(text) or _number_words(text)
    if read is None:
        return None
    value, currency, rest = read
    return None if _goes_on(rest) else _quantity(value, bound, currency, rest, aliases)


def _goes_on(rest: str) -> bool:
    """Whether what follows a number makes it something else: a range, a list, an ordinal."""
    if re.match(r"(?:st|nd|rd|th)\b", rest):
        return True
    if _PARTS.match(rest) or _UNIT_RANGE.match(rest):
        return True
    found = re.match(r"\s*(?:[-–—/:.,]|(?:to|or|and)\b)\s*(\w+)", rest)
    return found is not None and (found[1][0].isdigit() or _spelt(found[1]) is not None)


def _digits(text: str) -> tuple[Fraction, str, str] | None:
    """Value, currency and the rest of a text that begins with digits."""
    found = _NUMBER.fullmatch(text)
    if found is None or len(found["digits"]) > _MOST_DIGITS:
        return None
    sign, unit = _SIGNS.get(found["sign"] or "", ""), found["unit"] or ""
    value = Fraction(re.sub("[, ]", "", found["digits"]))
    value = -value if found["minus"] else value
    factor = _MAGNITUDES.get(unit) or (_MONEY_MAGNITUDES.get(unit) if sign else None)
    if factor is not None:
        return value * factor, sign, found["rest"]
    return value, sign, f"{unit}{found['rest']}"


def _number_words(text: str) -> tuple[Fraction, str, str] | None:
    """The same of a text that begins with number words: the longest run that is a number."""
    if found := re.match(r"half (?:a|an) (dozen|million|billion)\b", text):
        factor = 12 if found[1] == "dozen" else _MAGNITUDES[found[1]]
        return Fraction(factor, 2), "", text[found.end() :]
    tokens = list(re.finditer(r"[a-z]+|[^\sa-z]", text))[:_LONGEST_NUMBER]
    spelt = list(takewhile(lambda token: token[0].isalpha() or token[0] in "-,", tokens))
    if not spelt or spelt[0][0] in ("o", "hundreds", "thousands", "millions", "billions"):
        return None
    for count in range(len(spelt), 0, -1):
        said = " ".join(t[0] for t in spelt[:count] if t[0] not in "-,")
        value = _spelt(said)
        if value is not None and spelt[count - 1][0].isalpha():
            return value, "", text[spelt[count - 1].end() :]
    return None


def _spelt(said: str) -> Fraction | None:
    """The value of number words; None if they are not one number."""
    before, dozen, after = said.partition("dozen")
    if dozen:
        times = _spelt(before.strip()) if before.strip() else Fraction(1)
        return None if times is None or after else 12 * times
    try:
        return Fraction(text2num(said, "en"))
    except ValueError:
        return None


def _quantity(
    value: Fraction, bound: str, currency: str, rest: str, aliases: Aliases
) -> Quantity | None:
    if rest.lstrip().startswith("%"):
        return Quantity(value, bound, "%", _counted(folded_words(rest), aliases))
    tokens = [singular(word) for word in folded_words(rest)]
    if currency:
        return Quantity(value, bound, currency, _counted(tokens, aliases))
    for length in (3, 2, 1):
        head = tuple(tokens[:length])
        if head in _PER_CENT:
            return Quantity(value, bound, "%", _counted(tokens[length:], aliases))
        if head in _CURRENCIES:
            return Quantity(value, bound, _CURRENCIES[head], _counted(tokens[length:], aliases))
    unit = _MEASURES.get(tokens[0], "") if tokens else ""
    return Quantity(value, bound, unit, _counted(tokens[1:] if unit else tokens, aliases))


def _counted(tokens: list[str], aliases: Aliases) -> frozenset[str]:
    return frozenset(
        singular(word) for word in canonical(tuple(tokens), aliases) if word not in _EMPTY
    )


def canonical(tokens: tuple[str, ...], aliases: Aliases) -> tuple[str, ...]:
    """Words with every name that has others replaced by the first of them, longest names first."""
    longest = max((len(name) for name in aliases.groups), default=0)
    out: list[str] = []
    at = 0
    while at < len(tokens):
        for length in range(min(longest, len(tokens) - at), 0, -1):
            name = tokens[at : at + length]
            if name in aliases.groups:
                out += min(name, *aliases.groups[name])
                at += length
                break
        else:
            out.append(tokens[at])
            at += 1
    return tuple(out)


def singular(word: str) -> str:
    """A folded English noun in the singular, where that follows from its ending."""
    if word in ("men", "women"):
        return word[:-2] + "an"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word
