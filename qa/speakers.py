"""Noun phrases that can say something, found beside the verb that says it: by rules. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.clauses import Token

# Who speaks without a name: "the ministry", "senior officials".
_HEADS = frozenset(
    ("ministry", "ministries", "official", "officials", "spokesman", "spokeswoman", "spokesperson",
     "government", "governments", "president", "minister", "ministers", "army", "military",
     "police", "authorities", "authority", "source", "sources", "report", "reports", "media",
     "newspaper", "newspapers", "newspapers", "journalist", "journalists", "analyst", "analysts",
     "expert", "experts", "observer", "observers", "author", "authors", "scholar", "scholars",
     "researcher", "researchers", "company", "firm", "manufacturer", "agency", "agencies",
     "commander", "commanders", "ambassador", "diplomat", "diplomats", "officer", "officers",
     "statement", "study", "article", "department", "office", "blog", "paper", "rebels", "critics",
     "witnesses", "residents", "group", "organisation", "organization", "institute", "side",
     "headquarters", "academics", "economists", "historians", "lawyers", "prosecutors", "court",
     "council", "commission", "committee", "investigators", "documents", "data", "estimates",
     "figures", "statistics", "survey", "survivors", "press", "outlet", "outlets", "channel")
)  # fmt: skip
_MODIFIERS = frozenset(
    ("senior", "military", "official", "unnamed", "anonymous", "local", "independent", "defence",
     "defense", "state", "opposition", "foreign", "western", "security", "intelligence", "media",
     "press", "news", "government", "some", "several", "many", "most", "other", "two", "three",
     "both", "unconfirmed", "open-source", "early", "recent", "former", "regional", "own")
)  # fmt: skip
_DETERMINERS = frozenset(("the", "a", "an", "its", "their", "this", "these", "his", "her", "one"))
_CONNECTING = frozenset(("of", "for", "and", "in", "at", "de", "van", "von", "al", "bin", "&"))
_BETWEEN = frozenset(
    ("has", "have", "had", "also", "later", "then", "now", "since", "recently", "previously",
     "publicly", "repeatedly", "officially", "himself", "herself", "itself", "initially", "still",
     "first", "once", "again", "even", "reportedly", "only", "openly", "would", "will")
)  # fmt: skip
# Capitalised at the head of a sentence, and nobody.
_NOBODY = frozenset(
    ("he", "she", "it", "they", "we", "i", "you", "who", "which", "that", "this", "what", "there",
     "nobody", "as", "if", "when", "while", "but", "and", "yet", "so", "however", "in", "on", "at",
     "by", "after", "before", "those", "these", "one", "some", "many", "others", "all", "none",
     "january", "february", "march", "april", "may", "june", "july", "august", "september",
     "october", "november", "december", "monday", "tuesday", "wednesday", "thursday", "friday",
     "saturday", "sunday", "since", "because", "although", "though", "despite", "unless",
     "until", "no", "few", "neither", "nor", "not", "for", "from", "with", "according", "citing",
     "later", "then", "also")
)  # fmt: skip
# What verbs before "that" end in.
_SAYING = ("ed", "id", "says", "states", "claims", "reports", "alleges", "insists", "adds")
_FINITE = frozenset(("was", "were", "is", "are", "had", "has", "have", "did", "does", "will",
                     "would", "could", "said", "says", "died", "lost", "killed"))  # fmt: skip
_LONGEST = 12


@dataclass(frozen=True, slots=True)
class Speaker:
    """Token indices, inclusive. first: where the phrase begins, appositions and all. who: whose
    claim it is; where "X, citing Y, said" that is Y."""

    first: int
    who: tuple[int, int]


def speaker_before(found: Sequence[Token], verb: int) -> Speaker | None:
    """The speaker just before a verb, with what may stand between them; None if none is plain."""
    at = verb - 1
    while at >= 0 and found[at].folded in _BETWEEN:
        at -= 1
    if at >= 0 and found[at].text == ",":
        return _with_apposition(found, at)
    if at >= 0 and found[at].folded.endswith(("'s", "s'")):
        # "Armenia's claims": a noun, and its owner.
        return None
    phrase = phrase_before(found, at)
    return None if phrase is None else Speaker(phrase[0], phrase)


def _with_apposition(found: Sequence[Token], comma: int) -> Speaker | None:
    """ "Minasyan, once an envoy, said", "Reuters, citing officials, said": at the 2nd comma."""
    opening = next(
        (i for i in range(comma - 1, max(-1, comma - _LONGEST - 2), -1) if found[i].text == ","),
        None,
    )
    if opening is None or opening < 1:
        return None
    inner = found[opening + 1 : comma]
    if any(t.folded in _FINITE for t in inner) or not all(t.is_word for t in inner):
        return None
    phrase = phrase_before(found, opening - 1)
    if phrase is None or not found[opening - 1].is_capital:
        return None
    if inner and inner[0].folded in ("citing", "quoting"):
        cited = speaker_after(found, opening + 2)
        return None if cited is None else Speaker(phrase[0], cited)
    # "In Baku, officials and soldiers, …": what comes first is no name but a place.
    if phrase[0] > 0 and found[phrase[0] - 1].folded in ("in", "at", "from", "of", "to"):
        return None
    return Speaker(phrase[0], phrase)


def phrase_before(found: Sequence[Token], last: int) -> tuple[int, int] | None:
    """The noun phrase that ends at a token, as inclusive token indices; None if none is plain."""
    if last < 0 or not _can_head(found[last]):
        return None
    at = last
    while at > 0 and last - at < _LONGEST:
        step = _step_back(found, at)
        if step is None:
            break
        at = step
    named = any(_is_name(t) or t.folded in _HEADS for t in found[at : last + 1])
    # "the total that Baku admits", "in Baku", "soldiers of Baku": part of something else.
    held = at > 0 and found[at - 1].folded in (
        "that", "which", "who", "whom", "of", "in", "by", "to", "from", "for", "with", "at", "on",
        "than", "as", "what", "against", "between",
    )  # fmt: skip
    if held and found[at - 1].folded == "that":
        # "said that Baku claims": after a verb it is no relative.
        held = at < 2 or not found[at - 2].folded.endswith(_SAYING)
    return (at, last) if named and not held else None


def _step_back(found: Sequence[Token], at: int) -> int | None:
    """One token further to the left inside a noun phrase, or None where it begins."""
    before = found[at - 1]
    word = before.folded
    if found[at].folded in _DETERMINERS:
        # "the spokesman of the ministry"
        joins = word in _CONNECTING and at > 1 and _can_head(found[at - 2])
        return at - 2 if joins else None
    if word in _DETERMINERS or word in _MODIFIERS or word.endswith(("'s", "s'")):
        return at - 1
    if word in _CONNECTING:
        return at - 2 if at > 1 and _can_head(found[at - 2]) else None
    if word in _NOBODY:
        return None
    if _is_name(before) or word in _HEADS:
        return at - 1
    # "the semi-official newspaper": up to two other words after a determiner or a possessive.
    for far in (2, 3):
        if at >= far and all(found[at - k].text.isalpha() for k in range(1, far)):
            lead = found[at - far].folded
            if lead in _DETERMINERS or lead.endswith("'s"):
                return at - far
    return None


def speaker_after(found: Sequence[Token], start: int) -> tuple[int, int] | None:
    """The noun phrase that begins at a token, as inclusive token indices.

    It goes on over names, speakers and what joins them; other words only lead to one.
    """
    last = None
    at = start
    while at < len(found) and at - start < _LONGEST:
        token = found[at]
        word = token.folded
        if _is_name(token) or word in _HEADS:
            last = at
        elif last is None:
            lead = word in _DETERMINERS or word in _MODIFIERS or word.endswith("'s")
            if not lead and (at == start or not token.text.replace("-", "").isalpha()):
                return None
            if word in _NOBODY - _DETERMINERS - _MODIFIERS:
                return None
        elif word != "by" and word not in _CONNECTING | _DETERMINERS | _MODIFIERS:
            break
        at += 1
    return None if last is None else (start, last)


def _can_head(token: Token) -> bool:
    return (_is_name(token) or token.folded in _HEADS) and not token.text[0].isdigit()


def _is_name(token: Token) -> bool:
    return token.is_capital and token.folded not in _NOBODY | _DETERMINERS
