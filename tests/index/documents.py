"""Small PDFs and Word documents, made in memory."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import docx


class Placed(NamedTuple):
    """A line of text on a page: its left edge and base line in points, its size and face."""

    x: float
    y: float
    text: str
    size: float = 10
    bold: bool = False


def column(texts: Sequence[str], *, top: float = 500, left: float = 50) -> list[Placed]:
    """Lines one below another, 12 points apart; an empty one leaves half a line more."""
    placed: list[Placed] = []
    y = top
    for text in texts:
        if text:
            placed.append(Placed(left, y, text))
        y -= 12 if text else 9
    return placed


def make_pdf(pages: Sequence[Sequence[Placed]], title: str = "", author: str = "") -> bytes:
    """A PDF whose pages are 420 by 595 points and hold these lines, in Helvetica."""
    objects: list[bytes] = [b"", b""]

    def add(content: bytes) -> int:
        objects.append(content)
        return len(objects)

    fonts = [
        add(b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>" % name)
        for name in (b"Helvetica", b"Helvetica-Bold")
    ]
    resources = b"<< /Font << /F0 %d 0 R /F1 %d 0 R >> >>" % tuple(fonts)
    kids = []
    for page in pages:
        stream = b"BT\n" + b"".join(map(_shown, page)) + b"ET"
        contents = add(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(
            add(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents %d 0 R"
                b" /Resources %s >>" % (contents, resources)
            )
        )
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    info = add(b"<< /Title (%s) /Author (%s) >>" % (_escaped(title), _escaped(author)))
    return _file(objects, info)


def _shown(line: Placed) -> bytes:
    face = b"F1" if line.bold else b"F0"
    place = b"1 0 0 1 %.1f %.1f Tm" % (line.x, line.y)
    return b"/%s %.1f Tf %s (%s) Tj\n" % (face, line.size, place, _escaped(line.text))


def _escaped(text: str) -> bytes:
    for mark in "\\()":
        text = text.replace(mark, f"\\{mark}")
    return text.encode("cp1252")


def _file(objects: Sequence[bytes], info: int) -> bytes:
    parts = [b"%PDF-1.7\n"]
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = sum(map(len, parts))
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    parts += [b"%010d 00000 n \n" % offset for offset in offsets]
    parts.append(
        b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, info, start)
    )
    return b"".join(parts)


def make_docx(paragraphs: Sequence[str], title: str = "", author: str = "") -> bytes:
    """A Word document of these paragraphs, with a table of two rows before the last of them."""
    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.author = author
    for text in paragraphs[:-1]:
        document.add_paragraph(text)
    table = document.add_table(2, 2)
    for row, cells in zip(table.rows, (("Boat", "Year"), ("Freja", "1904")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph(paragraphs[-1])
    return saved(document)


def saved(document: docx.document.Document) -> bytes:
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()
