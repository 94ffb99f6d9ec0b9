"""DOCX: paragraphs and tables of the body, in document order.

Canonical form: one paragraph a line, a blank line between paragraphs; a table row is a paragraph,
its cells separated by ` | `. Headers, footers, notes, comments and deleted text are left out.

The package is checked before it is parsed: a small file can unpack to gigabytes. Document type
declarations, which could define entities, have no place in a DOCX and are refused; the parser of
python-docx would not expand them, and neither does it load anything.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

import docx
from docx.document import Document as DocxDocument
from lxml import etree

from index.errors import LoadError
from index.loaders.metadata import derived_text, derived_title
from index.types import Document, Metadata

MAX_UNPACKED = 256 * 2**20
MAX_PARTS = 10_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH, _ROW, _CELL, _TEXT, _BOX = (_W + name for name in ("p", "tr", "tc", "t", "txbxContent"))
_CHARACTERS = {
    _W + "tab": "\t",
    _W + "br": "\n",
    _W + "cr": "\n",
    _W + "noBreakHyphen": "\u2011",
    _W + "softHyphen": "\u00ad",
}
# Old renderings of what stands beside them, deleted and moved-away text, and properties (whose
# `tab` elements are tab stops).
_SKIPPED = frozenset(
    {
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
        *(_W + tag for tag in ("del", "moveFrom", "pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr")),
    }
)
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BROKEN = ("the file is not a readable DOCX", "save it anew as .docx")


def read(data: bytes, media_type: str) -> Document:
    """The text of the body. Core properties give title and author.

    When the file was created or last saved is not when its text was published: no date is taken.
    Raises LoadError for a package that is broken, would unpack to too much, or holds no text.
    """
    _check(data)
    try:
        opened = docx.Document(BytesIO(data))
        paragraphs = list(_paragraphs(opened.element.body))
        metadata = _metadata(opened)
    # A damaged package fails in many ways, from KeyError for a missing part to lxml's own errors:
    # python-docx promises none of them.
    except Exception as error:
        raise LoadError(*_BROKEN) from error
    text = "\n\n".join(paragraphs)
    if not text:
        raise LoadError("the document holds no text", "put text into it or remove it")
    return Document(text, metadata, media_type)


def _check(data: bytes) -> None:
    """Refuse a package that is broken or dangerous, without unpacking all of it at once."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            infos = package.infolist()
            if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
                raise LoadError("the file unpacks to too much", "split it or drop its media")
            for info in infos:
                if info.filename.endswith((".xml", ".rels")) and _declares(package, info):
                    raise LoadError("the file declares a document type", "save it anew as .docx")
    except LoadError:
        raise
    # zipfile raises BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError (locked).
    except Exception as error:
        raise LoadError(*_BROKEN) from error


def _declares(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Whether a part begins with a document type declaration, in UTF-8 or UTF-16."""
    with package.open(info) as part:
        # The declaration stands before the first element, and so near the start.
        return b"<!DOCTYPE" in part.read(1 << 16).replace(b"\x00", b"")


def _metadata(opened: DocxDocument) -> Metadata:
    properties = opened.core_properties
    return Metadata(title=derived_title(properties.title), author=derived_text(properties.author))


def _paragraphs(container: etree._Element) -> Iterator[str]:
    """The paragraphs below `container` that hold text, outside in.

    A text box comes after the paragraph it hangs on. Recursion is as deep as the XML, which the
    parser bounds.
    """
    for child in container:
        if child.tag == _PARAGRAPH:
            pieces: list[str] = []
            boxes: list[etree._Element] = []
            _collect(child, pieces, boxes)
            if text := _tidy("".join(pieces)):
                yield text
            for box in boxes:
                yield from _paragraphs(box)
        elif child.tag == _ROW:
            cells = (" ".join(_paragraphs(cell)).replace("\n", " ") for cell in _cells(child))
            if text := " | ".join(cell for cell in cells if cell):
                yield text
        elif child.tag not in _SKIPPED:
            yield from _paragraphs(child)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for child in row:
        if child.tag == _CELL:
            yield child
        elif child.tag not in _SKIPPED:  # a content control around cells
            yield from _cells(child)


def _collect(element: etree._Element, pieces: list[str], boxes: list[etree._Element]) -> None:
    """Add the characters below `element` to `pieces`, and the text boxes to `boxes`."""
    for child in element:
        if child.tag == _TEXT:
            pieces.append(child.text or "")
        elif child.tag == _BOX:
            boxes.append(child)
        elif child.tag in _CHARACTERS:
            pieces.append(_CHARACTERS[child.tag])
        elif child.tag not in _SKIPPED:
            _collect(child, pieces, boxes)


def _tidy(text: str) -> str:
    lines = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())
