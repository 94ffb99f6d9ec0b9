"""Questions that ask for several things, and answers that name several. Pure.

"Which countries bought drones" wants a list: its members may stand in one span ("Kyrgyzstan,
Kazakhstan and Turkmenistan") or in several places, and one does not contradict another.
"""

from __future__ import annotations

import re

from index.types import Span

_WORD = re.compile(r"[^\W\d_][\w’'-]*|\d+")
_POSSESSIVE = re.compile(r"(?:'s|’s|s'|s’)\Z")
_BEGINS = re.compile(r"(?:who|what|which)\s+(?:are|were)\b|list\b|name (?:all|some|the)\b", re.I)
_WHICH = re.compile(r"(?:which|what)\s+(?:of the\s+)?(?:all\s+)?", re.I)
# What may stand between "which" and its noun and is no noun itself, beside capitalised words.
_ADJECTIVES = re.compile(
    r"(?:other|new|main|different|various|major|foreign|central|north|south|east|west|armed"
    r"|\w+(?:ern|ian|ean|ish|ese|ic|al|ary|ous|ful|ed)|\d+|two|three|four|five|six|seven)\Z", re.I
)  # fmt: skip
_PLURALS = frozenset(["people", "men", "women", "children", "aircraft", "media"])
_NO_PLURALS = re.compile(
    r"(?:ss|us|is|ics|series|species|news|gas|was|has|does"
    r"|happens|makes|gives|goes|comes|needs|remains|causes|means|says|takes)\Z",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,\s+(?:and|or|as well as)\s+|[,;]\s+|\s(?:and|or|as well as)\s+)")
# Names with an "and" of their own. "&" parts nothing: where prose has one, it is a name's.
_WHOLE = re.compile(
    r"\b(?:Bosnia|Antigua|Trinidad|Saint Kitts|Research|Arms) and\b"
    r"|\b(?:Ministry|Department|Committee|Commission|Institute|Agency|Office|Bureau|Council|Centre"
    r"|Center|Board|Secretary|Minister)\s(?:of|for|on)\s[^,;]*\sand\b"
    r"|\b([A-Z]\w+) and \1\b"
)
# What is named in order to be left out, and dates with a comma of their own.
_NOT_NAMED = re.compile(r"\b(?:except|excluding|other than|but not|apart from|neither)\b", re.I)
_DATED = re.compile(r"\b(?:[A-Z][a-z]{2,8}\.?\s\d{1,2}|[A-Z][a-z]{2,8}),\s\d{4}\b")
_NO_LIST = re.compile(r"(?:between|from|both)\b|.*[()\[\]\"“”]", re.IGNORECASE | re.DOTALL)
_NO_MEMBERS = frozenset(["and", "or", "more", "others", "other", "etc"])
_LONGEST_MEMBER = 8


def asks_for_several(question: str) -> bool:
    """Whether the question plainly asks for more than one thing: "which countries", "who were"."""
    if _BEGINS.match(question):
        return True
    match = _WHICH.match(question)
    if match is None:
        return False
    for word in _WORD.findall(question[match.end() :]):
        lower = word.lower()
        if _POSSESSIVE.search(lower):
            return False
        if word[0].isupper() and not word.isupper():
            continue
        if lower in _PLURALS or (lower.endswith("s") and not _NO_PLURALS.search(lower)):
            return True
        if not _ADJECTIVES.match(word):
            return False
    return False


def members(text: str) -> list[Span]:
    """Where the members of a list stand in a text; the whole of it if it is no list.

    "A, B and C" has three. "A, B" has one: without an "and", two names beside one another are
    mostly one that explains the other. A member of more than eight words is a clause, and the
    text no list.
    """
    whole = [Span(0, len(text))]
    one = any(pattern.search(text) for pattern in (_WHOLE, _NOT_NAMED, _DATED))
    if one or _NO_LIST.match(text):
        return whole
    spans, start, told = [], 0, False
    for match in _BETWEEN.finditer(text):
        told = told or match[0].strip() != ","
        spans.append(Span(start, match.start()))
        start = match.end()
    spans.append(Span(start, len(text)))
    # What is cut off after its "and", or ends in "and more".
    if text[spans[-1].start : spans[-1].end].strip(" .").casefold() in _NO_MEMBERS:
        spans.pop()
        told = True
    words = [len(text[span.start : span.end].split()) for span in spans]
    if len(spans) < (2 if told else 3) or not all(0 < count <= _LONGEST_MEMBER for count in words):
        return whole
    return spans
