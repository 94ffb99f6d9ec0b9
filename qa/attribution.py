"""Who says so, and how sure the sentence itself is: from a quote and the answer's place. Pure.

English, by rules, and sooner nothing than a wrong name: an attribution counts only if it stands
in the answer's own statement (`clauses.statement`) and in one of the forms below. Of several the
nearest counts, so that what one party says the other claims is the other's claim. Pronouns are
nobody ("he said"), and a denial is no attribution.

Forms, with the answer as N: "Armenia claims that … N", "Armenia puts the dead at N", "N …, said
Reuters", "according to Armenia, N" and "N, according to Armenia", "Reuters, citing officials,
reported that N", "Armenia's figure is N", "the figure given by Armenia: N".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.types import Span
from qa.clauses import Token, statement
from qa.speakers import phrase_before, speaker_after, speaker_before
from qa.types import Attribution, Wording

# How many tokens from the answer anything is looked for.
REACH = 60

# What follows these is what somebody says, with or without "that".
_SAYS = frozenset(
    ("say", "says", "said", "state", "states", "stated", "claim", "claims", "claimed", "allege",
     "alleges", "alleged", "assert", "asserts", "asserted", "insist", "insists", "insisted",
     "maintain", "maintains", "maintained", "argue", "argues", "argued", "believe", "believes",
     "believed", "estimate", "estimates", "estimated", "admit", "admits", "admitted",
     "acknowledge", "acknowledges", "acknowledged", "concede", "concedes", "conceded")
)  # fmt: skip
# These report an event as well ("announced a ceasefire on N"), so that more must show.
_REPORTS = frozenset(
    ("report", "reports", "reported", "announce", "announces", "announced", "confirm", "confirms",
     "confirmed", "declare", "declares", "declared", "note", "notes", "noted", "add", "adds",
     "added", "write", "writes", "wrote", "told", "tells", "reveal", "reveals", "revealed", "warn",
     "warns", "warned", "predicts", "predicted", "recorded", "records", "suggests", "suggested")
)  # fmt: skip
# Nouns as well: "Armenian reports say", "the five states met", "an official report".
_NOUNS = frozenset(("claims", "states", "reports", "estimates", "notes", "records"))
_BARE_NOUNS = frozenset(("claim", "state", "report", "estimate", "note"))
_OBJECTS = frozenset(("the", "a", "an", "its", "their", "his", "her", "more", "over", "at", "about",
                      "up", "nearly", "almost", "some", "only"))  # fmt: skip
_TIMES = frozenset(("on", "in", "at", "during", "from", "before", "after", "by", "to", "for",
                    "with", "about", "since", "until", "against"))  # fmt: skip
_CLAIMS = frozenset(("claim", "claims", "figure", "figures", "estimate", "estimates", "count",
                     "tally"))  # fmt: skip
_NAMED = _CLAIMS | {"number", "total", "answer", "statement", "report"}
_GIVEN = frozenset(("given", "claimed", "stated", "reported", "announced", "published", "released",
                    "provided", "issued", "cited", "named", "offered", "admitted"))  # fmt: skip
_LINKS = frozenset(("of", "is", "was", "are", "were", "at", "that", "stands", "stood", ":", "be"))
_DENIES = frozenset(("not", "never", "no", "denied", "denies", "deny", "rejected", "rejects",
                     "disputed", "disputes", "without", "nobody"))  # fmt: skip
# What begins a clause whose verb is not that of what follows it.
_SUBORDINATES = frozenset(
    ("after", "before", "when", "since", "because", "if", "until", "unless", "once")
)
# These take a thing as well: what they say begins with "that", a colon or a quotation mark.
_CLAUSAL = frozenset(
    ("maintain", "maintains", "maintained", "concede", "concedes", "conceded", "add", "adds",
     "added", "write", "writes", "wrote", "declare", "declares", "declared", "warn", "warns",
     "warned")
)  # fmt: skip
# Who is let in: "Harvard admitted 2,000 students" says nothing of what it says.
_LET_IN = frozenset(("students", "pupils", "applicants", "candidates", "freshmen", "undergraduates",
                     "patients", "members", "refugees", "migrants", "immigrants", "guests",
                     "visitors", "spectators"))  # fmt: skip
# Before a speaker: then nobody says it.
_NONE = frozenset(("no", "few", "neither", "nor", "hardly"))
_STOPS = frozenset('.,;:!?)"”’—–')
_AFTERWARDS = frozenset(
    ("on", "in", "at", "last", "this", "yesterday", "earlier", "later", "adding", "citing", "today",
     "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
)  # fmt: skip
_HEDGES = (
    "reportedly", "allegedly", "purportedly", "supposedly", "apparently", "possibly", "perhaps",
    "maybe", "probably", "presumably", "likely", "unconfirmed", "unverified", "rumoured", "rumored",
    "may", "might", "could have", "seems to", "seemed to", "appears to", "appeared to",
    *(
        " ".join(f"{be} {how} {told} to".split())
        for be in ("is", "are", "was", "were")
        for how in ("", "widely", "generally", "commonly", "still")
        for told in ("expected", "believed", "thought", "said", "reported", "rumoured", "rumored",
                     "alleged")
    ),
    *(
        f"it {be} {what}"
        for be in ("is", "was", "remains")
        for what in ("unclear", "not clear", "alleged", "rumoured", "rumored", "believed")
    ),
    "not been confirmed", "not yet been confirmed", "not confirmed", "not been verified",
    "not yet been verified", "not be verified", "not be confirmed", "not be independently verified",
)  # fmt: skip


_HEDGES_BY_WORD = {
    first: tuple(hedge for hedge in _HEDGES if hedge.split()[0] == first)
    for first in {hedge.split()[0] for hedge in _HEDGES}
}
# These hedge one verb, and whatever stands beyond a mark or a relative is another's.
_MODALS = frozenset(("may", "might", "could have"))
_APART = frozenset((":", ",", "—", "–", "(", "which", "who", "that"))


@dataclass(frozen=True, slots=True)
class _Found:
    """Token indices: the words from `first` to `last`, those of the speaker in `who`, and how far
    from the answer they stand. All ends inclusive."""

    first: int
    last: int
    who: tuple[int, int]
    distance: int


def attribution(text: str, answer: Span) -> Attribution | None:
    """Who is said to say the answer, as the text puts it; None if it does not or is not plain.

    answer: a span of `text`; the spans returned are too. The answer itself is never in them.
    """
    return _attributed(text, _near(statement(text, answer), answer), answer)


def _attributed(text: str, found: Sequence[Token], answer: Span) -> Attribution | None:
    inside = _inside(found, answer)
    if not inside:
        return None
    found = _own_aside(found, inside[0])
    inside = _inside(found, answer)
    first, last = inside[0], inside[-1]
    best: _Found | None = None
    for one in _all(found, first, last):
        apart = one.last < first or one.first > last
        if apart and (best is None or one.distance < best.distance):
            best = one
    if best is None:
        return None
    who = _wording(text, found, *best.who)
    for ending in ("'s", "’s"):
        if who.text.endswith(ending):
            who = Wording(who.text[:-2], Span(who.span.start, who.span.end - 2))
    return Attribution(_wording(text, found, best.first, best.last), who)


def _inside(found: Sequence[Token], answer: Span) -> list[int]:
    return [
        i for i, t in enumerate(found)
        if t.span.end > answer.start and t.span.start < answer.end
    ]  # fmt: skip


def _own_aside(found: Sequence[Token], first: int) -> Sequence[Token]:
    """What the brackets around the answer hold, where somebody of their own does something in
    them: "officials said 15 died (Reuters counted 20)". Otherwise everything."""
    opening = next((i for i in range(first - 1, -1, -1) if found[i].text in "()"), None)
    if opening is None or found[opening].text == ")":
        return found
    before = found[opening + 1 : first]
    acts = (one.is_capital and other.folded.endswith("ed") for one, other in pairwise(before))
    if not any(acts):
        return found
    closing = next((i for i in range(first, len(found)) if found[i].text == ")"), len(found))
    return found[opening + 1 : closing]


def _near(found: Sequence[Token], answer: Span) -> Sequence[Token]:
    """The tokens at most REACH before or after the answer: a "sentence" may be a whole table."""
    before = sum(t.span.end <= answer.start for t in found)
    until = sum(t.span.start < answer.end for t in found)
    return found[max(0, before - REACH) : until + REACH]


def hedges(text: str, answer: Span) -> tuple[Wording, ...]:
    """The words of the answer's statement, outside the answer, by which it stays uncertain."""
    found = _near(statement(text, answer), answer)
    told = _attributed(text, found, answer)
    out = []
    for at, token in enumerate(found):
        for hedge in _HEDGES_BY_WORD.get(token.folded, ()):
            size = len(hedge.split())
            run = found[at : at + size]
            if " ".join(t.folded for t in run) != hedge or run[0].text == "May":
                continue
            in_told = (
                told is not None
                and told.words.span.start <= run[0].span.start
                and run[-1].span.end <= told.words.span.end
            )
            if in_told or _reaches(found, at, at + size - 1, answer):
                out.append(_wording(text, found, at, at + size - 1))
    return tuple(out)


def _reaches(found: Sequence[Token], first: int, last: int, answer: Span) -> bool:
    """Whether the hedge from token `first` to `last` is about the answer, and not in it."""
    modal = " ".join(t.folded for t in found[first : last + 1]) in _MODALS
    if found[last].span.end <= answer.start:
        after = [t.folded for t in found[last + 1 :] if t.span.end <= answer.start]
        # An aside that is closed before the answer: "the ceasefire, reportedly brokered by it, …".
        opened = _at(found, first - 1) == "," and after[:1] != [","]
        relative = {"which", "who"} & {t.folded for t in found[max(0, first - 2) : first]}
        aside = "," in after[1:] and (opened or relative)
        return not aside and not set(after) & (_APART if modal else {":"})
    if found[first].span.start < answer.end:
        return False
    between = {t.folded for t in found[:first] if t.span.start >= answer.end}
    # "drones, reportedly advisers, and money" against "15 men died, reportedly."
    closes = last + 1 == len(found) or found[last + 1].text in _STOPS
    return not between & _APART or (closes and not modal and ":" not in between)


def _wording(text: str, found: Sequence[Token], first: int, last: int) -> Wording:
    span = Span(found[first].span.start, found[last].span.end)
    return Wording(text[span.start : span.end], span)


def _all(found: Sequence[Token], first: int, last: int) -> Iterator[_Found]:
    for at, token in enumerate(found):
        if first <= at <= last:
            continue
        word = token.folded
        if token.is_capital and word != "according":
            continue
        if word in _SAYS or word in _REPORTS or word in ("put", "puts"):
            yield from _said(found, at, first, last)
        elif word == "according" and _at(found, at + 1) == "to":
            yield from _source(found, at, at + 2, first, last)
        elif word in ("citing", "quoting"):
            yield from _source(found, at, at + 1, first, last)
        elif word in _CLAIMS and at < first:
            yield from _owned(found, at, first)
        elif word in _GIVEN | {"come", "comes", "came"}:
            yield from _given(found, at, first, last)


def _said(found: Sequence[Token], verb: int, first: int, last: int) -> Iterator[_Found]:
    """ "Armenia claims … N" before the answer, "N, Armenia claims" or "N, said Armenia" after."""
    speaker = speaker_before(found, verb)
    if speaker is not None and not _is_verb(found, verb, speaker.who[1]):
        return
    if verb < first:
        if speaker is None or not _governs(found, verb, first):
            return
        lead = _at(found, speaker.first - 1)
        if lead in _NONE:
            return
        if lead in _SUBORDINATES and "," in [t.text for t in found[verb + 1 : first]]:
            return
        yield _Found(speaker.first, verb, speaker.who, first - verb)
        return
    if found[verb].folded in ("put", "puts"):
        return
    if speaker is not None and speaker.first > last:
        if _closes(found, speaker.first - 1, last) and _ends(found, verb + 1):
            cited = speaker_after(found, verb + 3) if _at(found, verb + 2) == "citing" else None
            end = cited[1] if cited else verb
            yield _Found(speaker.first, end, cited or speaker.who, speaker.first - last)
    elif _closes(found, verb - 1, last):
        after = speaker_after(found, verb + 1)
        if after is not None and _ends(found, after[1] + 1):
            yield _Found(verb, after[1], after, verb - last)


def _is_verb(found: Sequence[Token], verb: int, speaker: int) -> bool:
    """Whether what could be a noun is the verb of a speaker, whose last token is given."""
    word, after = found[verb].folded, found[verb + 1 : verb + 2]
    if word in _BARE_NOUNS:
        return found[speaker].folded.endswith(("s", "media", "police", "press"))
    if word not in _NOUNS or not after or after[0].folded == "that" or after[0].text in _STOPS:
        return True
    starts = after[0].folded in _OBJECTS or after[0].is_capital or after[0].text[0].isdigit()
    return word != "states" and starts


def _governs(found: Sequence[Token], verb: int, first: int) -> bool:
    """Whether what a verb of saying is followed by holds the answer."""
    between = [t.folded for t in found[verb + 1 : first]]
    word = found[verb].folded
    if _DENIES & set(between) or found[verb - 1].folded in _DENIES:
        return False
    said = {"that", ":", '"', "“"} & set(between)
    if word in _CLAUSAL and not said:
        return False
    if word.startswith("admit") and not said and _LET_IN & {t.folded for t in found[first:][:4]}:
        return False
    if word.startswith("claim") and "lives" in [t.folded for t in found[first:]][:4]:
        return False
    if word in ("put", "puts"):
        return "at" in between[-3:]
    if said:
        return True
    if _at(found, verb + 1) == "to" or "that" in [t.folded for t in found[first:]][:6]:
        # "claims to have", and "said on N that".
        return False
    if word in _REPORTS:
        return not _TIMES & set(between)
    return not between or between[0] not in _TIMES


def _closes(found: Sequence[Token], mark: int, last: int) -> bool:
    """Whether a mark sets what follows off from the statement that holds the answer before it."""
    return mark > last and found[mark].text in ',"”’—–'


def _ends(found: Sequence[Token], at: int) -> bool:
    """Whether nothing follows that could be what is said."""
    return at >= len(found) or found[at].text in _STOPS or found[at].folded in _AFTERWARDS


def _source(
    found: Sequence[Token], cue: int, at: int, first: int, last: int
) -> Iterator[_Found]:  # fmt: skip
    """ "according to Armenia", "citing officials": before the answer, or after and closed."""
    who = speaker_after(found, at)
    if who is None:
        return
    if cue > last and (_ends(found, who[1] + 1) or _at(found, who[1] + 1) in ("and", "or", "but")):
        yield _Found(cue, who[1], who, cue - last)
    elif who[1] < first and not _DENIES & {t.folded for t in found[who[1] + 1 : first]}:
        yield _Found(cue, who[1], who, first - who[1])


def _owned(found: Sequence[Token], noun: int, first: int) -> Iterator[_Found]:
    """ "Armenia's own figure is N"."""
    at = noun - 1
    while at > 0 and noun - at < 4 and not found[at].folded.endswith(("'s", "s'")):
        at -= 1
    between = [t.folded for t in found[noun + 1 : first]]
    if not found[at].folded.endswith(("'s", "s'")) or not found[at].is_capital:
        return
    if len(between) <= 4 and _LINKS & set(between) and not _DENIES & set(between):
        start = phrase_before(found, at)
        if start is not None:
            yield _Found(start[0], noun, start, first - noun)


def _given(found: Sequence[Token], verb: int, first: int, last: int) -> Iterator[_Found]:
    """ "the figure given by Armenia is N", "the answer comes from Armenia: N", "N, a figure
    published by Armenia"."""
    link = "from" if found[verb].folded.startswith(("come", "came")) else "by"
    who = speaker_after(found, verb + 2) if _at(found, verb + 1) == link else None
    near = range(max(0, verb - 3), verb)
    noun = next((i for i in near if found[i].folded in _NAMED), None)
    if who is None or noun is None or _DENIES & {t.folded for t in found[noun:verb]}:
        return
    if who[1] < first:
        between = [t.folded for t in found[who[1] + 1 : first]]
        if len(between) <= 3 and (_LINKS | {"(", ","}) & set(between):
            yield _Found(verb, who[1], who, first - who[1])
    elif noun > last and noun - last <= 3 and found[last + 1].text == "," and link == "by":
        yield _Found(verb, who[1], who, verb - last)


def _at(found: Sequence[Token], at: int) -> str:
    return found[at].folded if 0 <= at < len(found) else ""
