"""Dates, media types and numbers as a person reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime

# English month names, whatever the machine's locale is.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
# Media types of `index.loaders`, in the order in which a person is offered them.
FORMATS = {
    "text/plain": "Plain text",
    "text/markdown": "Markdown",
    "text/html": "HTML",
    "application/xhtml+xml": "XHTML",
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
}


def day_in_words(day: str) -> str:
    """31 July 2023 of 2023-07-31; what is no ISO date as it is."""
    try:
        return _day(date.fromisoformat(day))
    except ValueError:
        return day


def moment_in_words(moment: str) -> str:
    """20 November 2026, 10:00 UTC of 2026-11-20T10:00:00Z; what is no ISO time as it is."""
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except ValueError:
        return moment
    return f"{_day(at)}, {at:%H:%M} UTC"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def format_in_words(media_type: str) -> str:
    return FORMATS.get(media_type, media_type)


def agreement(sources: int, voices: int) -> str:
    """How many sources say so, and how many of them speak for themselves."""
    if sources == 1:
        return "One source says so"
    said = f"{sources} sources say so"
    if voices == sources:
        return said
    return f"{said}, copies of one text" if voices == 1 else f"{said}, {voices} of them independent"


def share(said: str) -> float:
    """The share that "20%" or "0.2" says. Raises ValueError if it is no number."""
    return float(said[:-1]) / 100 if said.endswith("%") else float(said)


def promise(max_error: float, needed: float) -> str:
    """What asking for a largest error comes to. needed: the confidence that an answer then
    needs."""
    return (
        f"At most {max_error * 100:g}% wrong: that is promised of answers with a confidence of "
        f"{needed:.2f} or more, on questions like those it was measured on. Only such an answer "
        "is given"
    )
