"""What a web page puts around a text: related articles, teasers, appeals, buttons, credits.

Losing text is worse than keeping an appeal, so a line has to say what it is, and to stand where
such lines stand:

- anywhere: a picture's credit ("Image source: ...") or an advertisement's label, alone in a line;
- at the start: buttons ("Share", "Menu"), two at least, and a line that the next one repeats as
  its title;
- at the end: the run of lines of which each is a button, a teaser cut short ("... more"), an
  appeal (to subscribe, follow, share, accept cookies), or a short line that turns to the reader
  between such lines. One line at least must be more than that. An appeal speaks to the reader or
  of itself: a line that reports what somebody said is none;
- at the end, from a heading such as "Related articles" on, if little follows, and no more than
  two paragraphs of it.

The phrases are English; in other languages only the shapes count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_EDGE = 12
_MOST_RELATED = 60
_LONG = 300
_LONGEST_LABEL = 80
_LONGEST_CREDIT = 120
_LONGEST_ASIDE = 160

_CREDIT = re.compile(
    r"(?:image|photo|picture|photograph|header image|cover image|featured image)s?\s*"
    r"(?:source|credit|courtesy|by|from)s?\s*(?::|of\b|by\b).{1,100}"
    r"|(?:image|photo)s?\s?:.{1,80}",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\W*(?:advertisement|advertising|sponsored(?: content)?|story continues below.{0,30})\W*",
    re.IGNORECASE,
)
_BUTTON = re.compile(
    r"\W*(?:home|menu|search|share|tweet|print|e-?mail|facebook|twitter|linkedin|whatsapp|telegram"
    r"|instagram|youtube|pinterest|reddit|copy link|skip to (?:main )?content|log ?in|sign ?in"
    r"|sign ?up|register|subscribe(?: now)?|read more|load more|show more|see all|view all"
    r"|comments?(?: \(?\d+\)?)?|leave a (?:comment|reply)|post a comment|back to top|top|next"
    r"|previous|(?:next|previous) (?:article|post|story)|close|save|donate|follow us|contact us"
    r"|about us|privacy policy|terms (?:of (?:use|service)|and conditions))\W*",
    re.IGNORECASE,
)
_CUT_SHORT = re.compile(
    r".*(?:\.\.\.|\u2026|\[\u2026\])\s*(?:read\s+)?more\W*|.*\bcontinue reading\W*", re.IGNORECASE
)
_APPEAL = re.compile(
    r"\b(?:subscrib\w+|subscription|sign(?:ing)? up|register(?:ing)?)\b.{0,120}"
    r"\b(?:news\w*|magazine|journal\w*|updates?|alerts?|monthly|basis|inbox|e-?mails?|access|digital"
    r"|channel|free|today|now|bulletin|digest|podcast)\b"
    r"|\b(?:follow|like|find|join|connect with|visit)\b.{0,60}\bon\b.{0,30}\b(?:twitter|facebook"
    r"|instagram|telegram|youtube|linkedin|whatsapp|tiktok|threads|mastodon|bluesky|google news)\b"
    r"|\bshare (?:this|the|it)\b.{0,30}\b(?:article|story|post|page|on|via|with|friends)\b"
    r"|\b(?:we|(?:this|our) (?:web)?site) uses? cookies\b|\b(?:accept|manage) (?:all )?cookies\b"
    r"|\bcookie (?:policy|settings|preferences)\b|\ball rights reserved\b"
    r"|^(?:copyright\b.{0,10}|\u00a9)\s*(?:\(c\)|\u00a9)?\s*\d{4}|\bclick here to\b"
    r"|\bsupport our\b|\bbecome a (?:member|patron|subscriber|supporter)\b"
    r"|\bdownload (?:our|the) app\b|\bour (?:weekly |daily |free )?newsletters?\b",
    re.IGNORECASE,
)
_OWN_VOICE = re.compile(
    r"\b(?:you|your|our|us|we)\b|^\W*(?:please |by |choose to )?(?:subscrib|sign|follow|like|find"
    r"|join|share|click|regist|download|support|become|visit|connect|copyright|\u00a9|all rights"
    r"|this (?:web)?site|accept|manage|cookie)",
    re.IGNORECASE,
)
_REPORTED = re.compile(r"\b(?:said|says|told|asked|urged|according)\b", re.IGNORECASE)
_TO_THE_READER = re.compile(
    r"\b(?:you|your)\b.*\b(?:news|support|attention|read\w*|access|journalism|subscri\w+|enjoy\w*"
    r"|newspaper|magazine|site|website)\b|^\W*thank(?:s| you)\b(?! to\b).{0,60}$",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"\W*(?:related|similar|recommended|more|further|popular|latest|recent|trending|most read|other"
    r"|top|you (?:may|might) also (?:like|be interested in)|also read|read (?:also|next|more)"
    r"|up next|what to read next|more (?:from|by)\b.{0,40})"
    r"(?:\s+(?:articles?|stories|story|news|posts?|reading|publications|headlines))?\s*:?\W*",
    re.IGNORECASE,
)
_BARE = frozenset(
    ["related", "similar", "recommended", "more", "further", "popular", "latest", "recent", "other"]
)


def _is_button(text: str) -> bool:
    return len(text) <= _LONGEST_LABEL and bool(_BUTTON.fullmatch(text))


def _is_telling(text: str) -> bool:
    """Whether a line is a teaser cut short, or an appeal."""
    if len(text) > _LONG:
        return False
    appeal = _APPEAL.search(text) and _OWN_VOICE.search(text) and not _REPORTED.search(text)
    return bool(appeal or _CUT_SHORT.fullmatch(text))


def _is_aside(text: str) -> bool:
    """Whether a line may stand between such lines: short, and said to the reader."""
    spoken = len(text) <= _LONGEST_ASIDE and _TO_THE_READER.search(text)
    return bool(spoken and not _REPORTED.search(text)) or _is_button(text)


def find(texts: Sequence[str]) -> set[int]:
    """The numbers of the lines that are none of the text's own; empty lines have no part in it."""
    filled = [number for number, text in enumerate(texts) if text]
    found = {
        number
        for number in filled
        if len(texts[number]) <= _LONGEST_CREDIT
        and (_CREDIT.fullmatch(texts[number]) or _LABEL.fullmatch(texts[number]))
    }
    body = [number for number in filled if number not in found]
    found |= _opening(texts, body)
    end = _related(texts, body)
    found.update(body[end:])
    found.update(_closing(texts, body[:end]))
    return found


def _opening(texts: Sequence[str], body: Sequence[int]) -> set[int]:
    buttons = {number for number in body[:_EDGE] if _is_button(texts[number])}
    # One alone may be a title: "Home".
    found = buttons if len(buttons) > 1 else set()
    for rank, number in enumerate(body[:_EDGE]):
        following = texts[body[rank + 1]] if rank + 1 < len(body) else ""
        title = 8 <= len(texts[number]) <= _LONG and texts[number][-1] not in ".!?\u2026"
        if title and texts[number].casefold() == following.casefold():
            found.add(number)
    return found


def _related(texts: Sequence[str], body: Sequence[int]) -> int:
    """The rank in `body` of the heading of a list of other articles, or the number of lines."""
    total = sum(len(texts[number]) for number in body)
    after = 0
    paragraphs = 0
    rank = len(body)
    for index in range(len(body) - 1, max(0, len(body) - _MOST_RELATED) - 1, -1):
        text = texts[body[index]]
        after += len(text)
        paragraphs += len(text) >= _LONG
        if after * 3 > total or paragraphs > 2:
            break
        heads = index > 0 and len(text) <= _LONGEST_LABEL and _RELATED.fullmatch(text)
        if heads and text.strip(" :").casefold() not in _BARE:
            rank = index
    return rank


def _closing(texts: Sequence[str], body: Sequence[int]) -> list[int]:
    """The run of appeals and teasers that ends a text."""
    run: list[int] = []
    telling = False
    for number in reversed(body[-4 * _EDGE :]):
        tells = _is_telling(texts[number])
        if not tells and not _is_aside(texts[number]):
            break
        run.append(number)
        telling = telling or tells
    return run if telling or all(_is_button(texts[number]) for number in run) else []
