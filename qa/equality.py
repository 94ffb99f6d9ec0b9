"""When two answers are one: '15' and 'fifteen', 'Pashinyan' and 'Nikol Pashinyan'. Pure.

An answer is read as a date, a quantity, a name or plain words. Two answers are one if they mean
the same, or if one is the other said shorter ("2,783" and "2,783 soldiers", a surname and the
full name) and is the short form of nothing else that was found: an equivalence over the answers
of one question, whatever their order. A date that is given less exactly is another answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.folding import Aliases, fold
from qa.dates import CalendarDate, read_date
from qa.quantities import Quantity, canonical, read_quantity

NO_ALIASES = Aliases.of(())

_ARTICLES = frozenset(("a", "an", "the"))
# Points and commas inside numbers stay, and so does what makes a number another.
# So do the signs of grades ("BBB+"), of languages ("C#"), of more and less, and of money.
_TOKEN = re.compile(
    r"\d+(?:[.,:/]\d+)+|\w+(?:'\w+)*(?:[+#]+|[-−](?!\w))?|[%$€£₹₩₴₪₺₽₼¥<>≤≥]"
    r"|(?<!\w)[-−–+](?=\d)"
)
_POSSESSIVE = re.compile(r"'s?$")
# Before an answer these say nothing that the question does not: "in Jeddah", "its own plant".
_LEADING = re.compile(r"\A(?:(?:in|at|on|by|its|their|his|her|our)\s+)+(?=\S)", re.IGNORECASE)
# What a name may hold in small letters.
_PARTICLES = frozenset(
    ("of", "the", "de", "da", "del", "der", "den", "van", "von", "bin", "ibn", "al", "el", "la",
     "le", "du", "and", "for")
)  # fmt: skip
# What may stand in small letters before a name and belong to it: "former President Kocharyan".
_OFFICES = frozenset(
    ("former", "then", "late", "prime", "foreign", "defence", "defense", "vice", "deputy",
     "president", "minister", "general", "colonel", "ambassador", "senator", "professor")
)  # fmt: skip
# After these a name says whose or where, and its last part is another thing: "Bank of Georgia".
_BINDING = frozenset(("of", "for", "in", "de", "da", "del", "du", "and"))
# Right before a name or an office these make it another one: "South Sudan", "Deputy Minister".
_OTHERS = frozenset(
    ("north", "south", "east", "west", "northern", "southern", "eastern", "western", "new",
     "equatorial", "papua", "vice", "deputy", "assistant", "under", "acting", "former", "ex", "non",
     "anti", "pro", "attorney")
)  # fmt: skip
# There are two of these, and the one that is a republic is not what the bare name means, or may be.
_NO_REPUBLIC = frozenset(("china", "korea", "ireland", "congo"))
# A footnote's mark or a fraction raised behind a number: folded, it would be another digit.
_RAISED = re.compile(r"\d[¹²³⁰-⁹¼-¾⅐-⅞]")
_TITLES = (
    ("prime", "minister"), ("foreign", "minister"), ("defence", "minister"),
    ("defense", "minister"), ("vice", "president"), ("president",), ("minister",), ("mr",),
    ("mrs",), ("ms",), ("dr",), ("prof",), ("professor",), ("sir",), ("gen",),
    ("colonel",), ("col",), ("ambassador",), ("senator",), ("republic", "of"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """Anything else, by its folded words without articles; aliases replaced by one of them.

    name: whether it is written as a proper name; titles are left out then.
    """

    words: tuple[str, ...]
    name: bool = False


Meaning = CalendarDate | Quantity | Words


def meaning(answer: str, aliases: Aliases = NO_ALIASES) -> Meaning:
    """What an answer says, comparable by `==`; see `joined` for what counts as the same."""
    folded = " ".join(fold(answer).split())
    date = read_date(folded)
    if date is not None:
        return date
    no_quantity = _names_more(answer) or _RAISED.search(answer)
    quantity = None if no_quantity else read_quantity(folded, aliases)
    if quantity is not None:
        return quantity
    tokens = tuple(_POSSESSIVE.sub("", t) for t in _TOKEN.findall(_LEADING.sub("", folded)))
    plain = tuple(token for token in tokens if token not in _ARTICLES) or tokens or (answer,)
    name = _is_name(_LEADING.sub("", answer.lstrip()))
    return Words(canonical(_untitled(plain) if name else plain, aliases), name)


def _names_more(answer: str) -> bool:
    """Whether a year begins a name ("2020 Nagorno-Karabakh War"), which is no quantity."""
    found = re.match(r"\W*(?:the\s+)?(?:1[5-9]|20)\d\d\s+(?-i:(?=[A-Z]))", answer, re.IGNORECASE)
    return found is not None


def _is_name(answer: str) -> bool:
    words = re.findall(r"[^\W_]+(?:['’.][^\W_]+)*", answer)
    while len(words) > 1 and words[0] in _OFFICES:
        words = words[1:]
    telling = [w for w in words if w.casefold() not in _PARTICLES | _ARTICLES]
    return bool(telling) and all(
        w[0].isupper() or w[0].isdigit() or w[-1].isupper() for w in telling
    )


def _untitled(words: tuple[str, ...]) -> tuple[str, ...]:
    for title in _TITLES:
        if (
            words[: len(title)] == title
            and len(words) > len(title)
            and not (title == ("republic", "of") and words[2] in _NO_REPUBLIC)
        ):
            return _untitled(words[len(title) :])
    return words


def is_short_for(short: Meaning, long: Meaning) -> bool:
    """Whether one meaning is another said shorter. Transitive, and never both ways.

    Quantities: the same number, of which less is told ("2,783", "2,783 soldiers"). Names: the
    last words of the longer one, unless these only say whose it is ("Georgia", "Bank of Georgia").
    """
    if isinstance(short, Quantity) and isinstance(long, Quantity):
        alike = (short.value, short.bound, short.unit) == (long.value, long.bound, long.unit)
        return alike and short.of < long.of
    if isinstance(short, Words) and isinstance(long, Words) and short.name and long.name:
        rest = long.words[: -len(short.words)]
        return (
            bool(rest) and bool(short.words)
            and long.words[len(rest) :] == short.words
            and not _BINDING & set(long.words) and rest[-1] not in _OTHERS
        )  # fmt: skip
    return False


def joined(meanings: Sequence[Meaning]) -> list[int]:
    """For each meaning, the index of the first that is the same answer.

    A meaning counts as the longest that it is short for, if that is one; where it is short for
    several that are not one another's, it stands alone. Words that one answer writes as a name
    are a name in the others too.
    """
    names = {m.words for m in meanings if isinstance(m, Words) and m.name}
    alike = [
        Words(m.words, True) if isinstance(m, Words) and m.words in names else m for m in meanings
    ]
    distinct = list(dict.fromkeys(alike))
    roots = {m: _root(m, distinct) for m in distinct}
    first: dict[Meaning, int] = {}
    for index, found in enumerate(alike):
        first.setdefault(roots[found], index)
    return [first[roots[found]] for found in alike]


def _root(of: Meaning, all_: Sequence[Meaning]) -> Meaning:
    longer = [m for m in all_ if is_short_for(of, m)]
    longest = [m for m in longer if not any(is_short_for(m, other) for other in longer)]
    return longest[0] if len(longest) == 1 else of


def conflict(one: Meaning, other: Meaning) -> bool:
    """Whether two answers cannot both answer a question in full: of one kind, and neither the
    other given more or less exactly. Symmetric."""
    if isinstance(one, CalendarDate) and isinstance(other, CalendarDate):
        return not one.allows(other)
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return one != other and not is_short_for(one, other) and not is_short_for(other, one)
    if isinstance(one, Words) and isinstance(other, Words):
        return not _holds(one.words, other.words) and not _holds(other.words, one.words)
    return False


def _holds(words: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))
