"""Writing to the two streams: colour only on a terminal, and nothing that could steer it.

A line is a tuple of pieces. Text enters an escape sequence only as a `Piece`, and every piece is
neutralised on its way out, so that no source and no question can move the cursor, colour what
follows or turn the reading order around.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple, TextIO

from api.rendering import one_line_json
from index.types import Span

_WIDEST = 100
_NARROWEST = 40
# Brackets around an answer where there is no colour; the first that the text itself does not use.
_BRACKETS = (("[[", "]]"), ("{{", "}}"), ("<<", ">>"), ("[[[[", "]]]]"))
_OPEN, _CLOSE = "\x01", "\x02"

_STEERING: dict[int, str] = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_STEERING |= {
    code: f"\\u{code:04x}"
    for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))
}
_STEERING |= dict.fromkeys(map(ord, "\t\n\v\f\r\u2028\u2029"), " ")


def neutral(text: str) -> str:
    """One line of text without power over a terminal: white space as spaces, controls spelt out."""
    return text.translate(_STEERING)


class Piece(NamedTuple):
    """Text with a style: parameters of the SGR sequence (ECMA-48, 8.3.117)."""

    text: str
    style: str


Line = tuple[str | Piece, ...]


def bold(text: str) -> Piece:
    return Piece(text, "1")


def dim(text: str) -> Piece:
    return Piece(text, "2")


def marked(text: str) -> Piece:
    return Piece(text, "1;4")


@dataclass(frozen=True, slots=True)
class Layout:
    """How wide lines may be, in columns, and whether they may have colour."""

    width: int = 80
    colour: bool = False


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command writes: data to stdout, messages to stderr."""

    stdout: TextIO
    stderr: TextIO
    layout: Layout
    colour_messages: bool = False

    def print(self, lines: Iterable[Line]) -> None:
        """Data. Flushed, so that a reader at the other end of a pipe need not wait."""
        for line in lines:
            self.stdout.write(_rendered(line, self.layout.colour) + "\n")
        self.stdout.flush()

    def json(self, value: object) -> None:
        """Data as one line of JSON, flushed likewise."""
        self.stdout.write(one_line_json(value, self.stdout.encoding or "utf-8") + "\n")
        self.stdout.flush()

    def note(self, *line: str | Piece) -> None:
        """A message, on a line of its own."""
        self.stderr.write(_rendered(line, self.colour_messages) + "\n")
        self.stderr.flush()


def open_terminal(
    stdout: TextIO, stderr: TextIO, environment: Mapping[str, str], columns: int
) -> Terminal:
    """Colour where a stream is a terminal, unless NO_COLOR or a dumb terminal forbids it."""
    allowed = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    width = max(_NARROWEST, min(columns, _WIDEST))
    return Terminal(
        stdout,
        stderr,
        Layout(width, allowed and stdout.isatty()),
        allowed and stderr.isatty(),
    )


def lenient(stream: TextIO | None) -> TextIO:
    """A stream that takes any text: a process may have another encoding, or no stream at all."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def let_go(stream: TextIO) -> None:
    """Keep the interpreter from failing on a closed pipe when it flushes for the last time."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def wrapped(text: str, layout: Layout, indent: str = "") -> list[Line]:
    """Text in lines no wider than the layout."""
    return [(line,) for line in _wrap(neutral(text), layout, indent)]


def wrapped_marking(text: str, mark: Span | None, layout: Layout, indent: str = "") -> list[Line]:
    """The same, with the run `mark` of `text` set off: by style, or in brackets without colour."""
    if mark is None:
        return wrapped(text, layout, indent)
    before, inside, after = (
        neutral(part)
        for part in (text[: mark.start], text[mark.start : mark.end], text[mark.end :])
    )
    if not layout.colour:
        opening, closing = _brackets(text)
        return [
            (line,) for line in _wrap(before + opening + inside + closing + after, layout, indent)
        ]
    # No control character is left in the parts, so these two stand for style while we wrap.
    return _styled(_wrap(before + _OPEN + inside + _CLOSE + after, layout, indent), indent)


def _wrap(text: str, layout: Layout, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        layout.width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _brackets(text: str) -> tuple[str, str]:
    for opening, closing in _BRACKETS:
        if opening not in text and closing not in text:
            return opening, closing
    return _BRACKETS[-1]


def _styled(lines: Sequence[str], indent: str) -> list[Line]:
    """Lines with the run between the two stand-ins as marked pieces; it may span lines."""
    styled: list[Line] = []
    inside = False
    for line in lines:
        pieces: list[str | Piece] = [indent]
        rest = line[len(indent) :]
        while rest:
            head, found, rest = rest.partition(_CLOSE if inside else _OPEN)
            if head:
                pieces.append(marked(head) if inside else head)
            if found:
                inside = not inside
        styled.append(tuple(pieces))
    return styled


def _rendered(line: Iterable[str | Piece], colour: bool) -> str:
    return "".join(
        f"\x1b[{part.style}m{neutral(part.text)}\x1b[0m"
        if isinstance(part, Piece) and colour
        else neutral(part.text if isinstance(part, Piece) else part)
        for part in line
    )
