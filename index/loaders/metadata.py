"""What is known of a source beside its text: who says it, how strictly it is read, who wins.

Explicit metadata (a sidecar, front matter) was written for us: what is wrong in it is an error.
Derived metadata (properties a program left in a file) is taken only where it makes sense, and
dropped silently where it does not: no date is better than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime

from index.errors import LoadError
from index.types import Metadata, Span

MAX_TITLE = 120

_KEYS = tuple(field.name for field in fields(Metadata))
#: The keys that explicit metadata may have; others are ignored.
KEYS = frozenset({*_KEYS, "date"})
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d.*)?", re.DOTALL)
_LOOSE_DATE = re.compile(r"(\d{4})([-/.])(\d\d)\2(\d\d)(?!\d)")
_JUNK_TITLE = re.compile(
    r"(?:untitled|no title|new document|title|(?:word )?document|presentation"
    r"|powerpoint presentation|slide|layout|print(?:ing)?|scan)[ _-]*\d*"
    r"|microsoft (?:word|powerpoint|excel|office)\b.*"
    r"|[^\s]+\.(?:docx?|odt|rtf|pdf|tex|dvi|txt|indd|qxd|pages|pptx?|xlsx?|html?)"
    r"|.+\.(?:docx?|indd|qxd|dvi)"
    r"|[\W\d_]*",
    re.IGNORECASE | re.DOTALL,
)
_JUNK_AUTHOR = re.compile(
    r"python-docx|microsoft office user|(?:windows )?user|admin(?:istrator)?|owner|author"
    r"|unknown|anonymous|root|[\W\d_]*",
    re.IGNORECASE,
)


def explicit(values: Mapping[str, object], where: str) -> Metadata:
    """Metadata that a person wrote down, as YAML or TOML gave it.

    Keys are the fields of `Metadata`, and `date` for `published`; others are ignored, and so is a
    key without a value. `author` may be a list. `where` names the place, for messages.

    Raises LoadError for a value of the wrong kind, and for a date that is not a full date.
    """
    found: dict[str, str | None] = {}
    for key in _KEYS:
        name = "date" if key == "published" and values.get(key) is None else key
        value = values.get(name)
        if value is None:
            continue
        if key == "published":
            found[key] = _explicit_date(value, name, where)
        else:
            found[key] = _explicit_text(value, name, where)
    return Metadata(**found)


def _explicit_text(value: object, key: str, where: str) -> str | None:
    parts = value if isinstance(value, list) and key == "author" else [value]
    texts: list[str] = []
    for part in parts:
        name = part.get("name") if isinstance(part, dict) and key == "author" else part
        # A date is a fair title ("2021-10-05"), and a number too ("1984").
        if not isinstance(name, str | int | float | date) or isinstance(name, bool):
            raise LoadError(f"{key} in {where} is not text", f"write it as {key}: some words")
        texts.append(one_line(str(name)))
    return ", ".join(text for text in texts if text) or None


def _explicit_date(value: object, key: str, where: str) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    iso = _iso(match[1]) if match else None
    if iso is None:
        shown = one_line(str(value))[:40] if isinstance(value, str | int | float) else "its value"
        raise LoadError(f"{key} in {where} is not a date: {shown}", "write it as YYYY-MM-DD")
    return iso


def derived_date(value: str | None) -> str | None:
    """The full calendar date that `value` begins with, year first; None if there is none."""
    match = _LOOSE_DATE.match(value.strip()) if value else None
    return _iso("-".join(match.group(1, 3, 4))) if match else None


def derived_title(value: str | None) -> str | None:
    """A title from a file's properties, unless a program made it up."""
    text = one_line(value or "")
    return None if _JUNK_TITLE.fullmatch(text) else shorten(text)


def derived_text(value: str | None) -> str | None:
    """An author or publisher from a file's properties, unless a program made it up."""
    text = one_line(value or "")
    return None if _JUNK_AUTHOR.fullmatch(text) else text


def merge(first: Metadata | None, second: Metadata) -> Metadata:
    """Key by key, what `first` says, else what `second` says."""
    if first is None:
        return second
    return Metadata(**{key: getattr(first, key) or getattr(second, key) for key in _KEYS})


def first_line_title(text: str, set_aside: Sequence[Span] = ()) -> str | None:
    """The first line with a letter or digit outside `set_aside`, as a title; None if none."""
    position = 0
    for span in (*set_aside, Span(len(text), len(text))):
        for match in re.finditer(r"[^\r\n\f]+", text[position : span.start]):
            line = one_line(match[0])
            if any(map(str.isalnum, line)):
                return shorten(line)
        position = span.end
    return None


def shorten(title: str) -> str:
    """`title`, cut before the word that passes `MAX_TITLE` characters."""
    if len(title) <= MAX_TITLE:
        return title
    cut = title.rfind(" ", 0, MAX_TITLE + 1)
    return title[: cut if cut > 0 else MAX_TITLE].rstrip(" ,;:-\u2013\u2014")


def one_line(text: str) -> str:
    """`text` without line ends, control characters and lone surrogates, spaces run together."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text).split())


def _iso(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
