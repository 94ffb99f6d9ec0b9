"""PDF: the text layer, page by page, with the start of each page.

Canonical form: pages are separated by one blank line, lines end in one line feed, and a blank line
stands where the page's geometry shows a new paragraph or heading. A line that ends in a hyphen
keeps it, whether it broke a word or not (pdfium yields one character, U+FFFE, for hyphen and line
end together): which is which, cleaning decides.

pdfium is not thread-safe: only one thread of a process may be in this module at a time.
"""

from __future__ import annotations

import re
from contextlib import closing
from ctypes import c_int, create_string_buffer
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from pypdfium2 import PdfDocument, PdfiumError, PdfPage, PdfTextPage, raw

from index.errors import LoadError
from index.loaders.metadata import derived_text, derived_title
from index.types import Document, Metadata

MAX_PAGES = 10_000
MAX_CHARACTERS = 20_000_000
PAGE_BREAK = "\n\n"
_LONGEST_FONT_NAME = 128

# A hyphen and the line end after it; which of the two characters depends on the call and version.
_BROKEN = "\ufffe\x02"
_LINE = re.compile(rf"([^\r\n{_BROKEN}]*)(\r\n|[\r\n{_BROKEN}]|\Z)")
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\uffff]")
_SCANNED = (
    "the PDF holds no text, only pictures of it",
    "run it through text recognition first, for example ocrmypdf",
)


class _Line(NamedTuple):
    text: str
    broken: bool  # ended in a hyphen
    start: int  # index of its first character in pdfium's own text, in UTF-16 units


class _Character(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float
    font: str


class _Box(NamedTuple):
    """Where a line stands on its page, in points, and how it is set.

    word: where its first word ends. height: its type size. font: its face, "" if it has several.
    """

    left: float
    word: float
    right: float
    bottom: float
    height: float
    font: str


def read(data: bytes, media_type: str) -> Document:
    """The text of all pages. `Document.pages` has one start a page, also for pages without text.

    A PDF's creation date says when the file was made, not when the text was published: it is not
    taken for a date. Raises LoadError for a PDF that is locked, broken, too long or without text.
    """
    try:
        with closing(PdfDocument(data)) as pdf:
            if len(pdf) > MAX_PAGES:
                raise LoadError(f"the PDF has more than {MAX_PAGES} pages", "split it")
            properties = pdf.get_metadata_dict(skip_empty=True)
            texts = _page_texts(pdf)
    except PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
            raise LoadError("the PDF is locked with a password", "save it without one") from error
        raise LoadError(f"the PDF is broken: {error}", "export it anew") from error
    if not any(map(str.strip, texts)):
        raise LoadError(*_SCANNED)
    starts = [0]
    for text in texts[:-1]:
        starts.append(starts[-1] + len(text) + len(PAGE_BREAK))
    metadata = Metadata(
        title=derived_title(properties.get("Title")), author=derived_text(properties.get("Author"))
    )
    return Document(PAGE_BREAK.join(texts), metadata, media_type, pages=tuple(starts))


def _page_texts(pdf: PdfDocument) -> list[str]:
    texts: list[str] = []
    total = 0
    for number in range(len(pdf)):
        with closing(pdf[number]) as page:
            texts.append(_page_text(page))
        total += len(texts[-1])
        if total > MAX_CHARACTERS:
            raise LoadError(f"the PDF has more than {MAX_CHARACTERS} characters", "split it")
    return texts


def _page_text(page: PdfPage) -> str:
    with closing(page.get_textpage()) as textpage:
        lines = _lines(textpage.get_text_range())
        breaks = _breaks(textpage, lines)
    parts: list[str] = []
    for line, blank in zip(lines, breaks, strict=True):
        if blank and parts:
            parts.append("\n")
        parts.append(f"{line.text}-\n" if line.broken else f"{line.text}\n")
    return _UNWANTED.sub("", "".join(parts)).strip("\n")


def _lines(source: str) -> list[_Line]:
    """The lines of a page that hold text, trailing spaces gone."""
    lines: list[_Line] = []
    position = 0
    for match in _LINE.finditer(source):
        text, broken = match[1].rstrip(), match[2] in _BROKEN and match[2] != ""
        if text:
            lines.append(_Line(text, broken, position))
        # pdfium counts in UTF-16 units: a character beyond the first plane is two.
        position += len(match[0].encode("utf-16-le", "surrogatepass")) // 2
    return lines


def _breaks(textpage: PdfTextPage, lines: list[_Line]) -> list[bool]:
    """For each line, whether a paragraph or heading begins with it, as far as geometry tells.

    Signs: more space above it than between other lines of its size, another type size or face, an
    indented first line, or a line above that had room for its first word. A line that stands higher
    than the one before begins a column, which says nothing.
    """
    boxes = [_box(textpage, line) for line in lines]
    pitches = [
        (above.bottom - box.bottom) / box.height
        for above, box in pairwise(boxes)
        if above and box and 0.5 < (above.bottom - box.bottom) / box.height < 3
    ]
    usual = median(pitches) if pitches else 0.0
    breaks = [False]
    for number in range(1, len(lines)):
        above, box = boxes[number - 1], boxes[number]
        if above is None or box is None or lines[number - 1].broken:
            breaks.append(False)
            continue
        pitch = (above.bottom - box.bottom) / max(box.height, above.height)
        spaced = pitch > 1.3 * usual
        reset = not 0.87 < box.height / above.height < 1.15 or (
            above.font != box.font and "" not in (above.font, box.font)
        )
        indented = _indented(boxes[number - 1 : number + 2])
        early = _ends_early(boxes[max(0, number - 3) : number + 2], min(number, 3))
        # In the middle of a sentence, no sign but space is good enough.
        inside = lines[number].text[0].islower() and lines[number - 1].text[-1] not in ".!?:;"
        breaks.append(pitch > 0 and (spaced or (not inside and (reset or indented or early))))
    return breaks[: len(lines)]


def _indented(boxes: list[_Box | None]) -> bool:
    """Whether the second of three lines begins further right than the first and the third."""
    above, box, below = (*boxes, None)[:3]
    if above is None or box is None or below is None:
        return False
    straight = abs(above.left - below.left) < 0.2 * box.height
    return straight and 0.6 * box.height < box.left - above.left < 4 * box.height


def _ends_early(boxes: list[_Box | None], number: int) -> bool:
    """Whether the line before this one had room for its first word, as wide as its column is.

    boxes: up to three lines before, this one, and one after.
    """
    above, box = boxes[number - 1], boxes[number]
    if above is None or box is None:
        return False
    before = [other.right for other in boxes[: number - 1] if other and _side_by_side(other, above)]
    behind = [other.right for other in boxes[number:] if other and _side_by_side(other, box)]
    # Text beside a picture is narrower: of the two widths, the lesser one is sure.
    edge = min(max(before, default=max(behind)), max(behind))
    room = edge - above.right - 0.25 * box.height
    return room > box.word - box.left + 0.5


def _side_by_side(one: _Box, other: _Box) -> bool:
    return abs(one.left - other.left) < 3 * other.height


def _box(textpage: PdfTextPage, line: _Line) -> _Box | None:
    """Where a line stands, from its first, middle and last character; None if that is not told."""
    first = line.start + len(line.text) - len(line.text.lstrip())
    word = line.start + len(line.text) - len(line.text.lstrip().partition(" ")[2].lstrip()) - 1
    last = line.start + len(line.text) - 1
    samples = [_character(textpage, at) for at in (first, (first + last) // 2, last)]
    word_end = _character(textpage, min(word, last))
    found = [sample for sample in samples if sample is not None]
    if len(found) < 3 or word_end is None:
        return None
    height = median(sample.top - sample.bottom for sample in found)
    if not height > 0:
        return None
    fonts = {sample.font for sample in found}
    return _Box(
        left=found[0].left,
        word=word_end.right,
        right=found[2].right,
        bottom=median(sample.bottom for sample in found),
        height=height,
        font=fonts.pop() if len(fonts) == 1 else "",
    )


def _character(textpage: PdfTextPage, place: int) -> _Character | None:
    """How and where the character with this index in pdfium's text is set."""
    index = raw.FPDFText_GetCharIndexFromTextIndex(textpage, place)
    if index < 0:
        return None
    try:
        left, bottom, right, top = textpage.get_charbox(index, loose=True)
    except PdfiumError:
        return None
    name = create_string_buffer(_LONGEST_FONT_NAME)
    size = raw.FPDFText_GetFontInfo(textpage, index, name, _LONGEST_FONT_NAME, c_int())
    font = name.value.decode("utf-8", "replace") if 0 < size <= _LONGEST_FONT_NAME else ""
    return _Character(left, bottom, right, top, font)
