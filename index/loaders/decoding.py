"""Bytes to text: byte order mark, then strict UTF-8, then a statistical guess."""

from __future__ import annotations

import codecs
import re

from index.errors import LoadError

# The longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_TEXT = ("this is not text", "check that the suffix says what the file is")
_SAMPLE = 1 << 18
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decode(data: bytes) -> str:
    """The text in `data`, unchanged but for a byte order mark, which goes.

    Raises LoadError for bytes that are not text, in an encoding that cannot be told, or blank.
    """
    text = _by_mark(data)
    if text is None:
        text = _without_mark(data)
    if not text.strip():
        raise LoadError("the file is empty", "put text into it or remove it")
    # One form feed a page is text; a twentieth of bells and escapes is not.
    if "\x00" in text or len(_CONTROL.findall(text)) * 20 > len(text):
        raise LoadError(*_NOT_TEXT)
    return text


def _by_mark(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                # Not what the mark promised: it may be chance, as with FF FE in a binary.
                return None
    return None


def _without_mark(data: bytes) -> str:
    if b"\x00" in data:
        return _wide(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    guess = _guess(data)
    try:
        if guess is not None:
            return data.decode(guess)
    except (UnicodeDecodeError, LookupError):
        pass
    raise LoadError("the encoding of the text cannot be told", "save it as UTF-8")


def _wide(data: bytes) -> str:
    """Text in UTF-16 or UTF-32 without a mark: the zero bytes stand in step, in most places."""
    sample = data[:_SAMPLE]
    for encoding, width, zero, full in (
        ("utf-32-le", 4, 3, 0),
        ("utf-32-be", 4, 0, 3),
        ("utf-16-le", 2, 1, 0),
        ("utf-16-be", 2, 0, 1),
    ):
        zeros, fulls = sample[zero::width], sample[full::width]
        if zeros.count(0) * 10 >= len(zeros) * 4 and fulls.count(0) * 50 <= len(fulls):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise LoadError(*_NOT_TEXT)


def _guess(data: bytes) -> str | None:
    """The encoding that fits best, from a sample of either end; None if none makes sense."""
    if len(_CONTROL.findall(data[:_SAMPLE].decode("latin-1"))) * 20 > min(len(data), _SAMPLE):
        raise LoadError(*_NOT_TEXT)
    from charset_normalizer import from_bytes

    sample = data if len(data) <= 2 * _SAMPLE else data[:_SAMPLE] + data[-_SAMPLE:]
    best = from_bytes(sample).best()
    return best.encoding if best is not None else None
