from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import docx
import pytest

from index.errors import LoadError
from index.loaders import load
from index.loaders.docx import MAX_UNPACKED
from index.types import Document, Metadata
from tests.index.documents import make_docx, saved

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def read(data: bytes) -> Document:
    return load(Path("light.docx"), data, None)


def with_part(part: str, content: bytes | None) -> bytes:
    """A package with one part changed; None leaves it out."""
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(make_docx(["x"]))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            kept = content if info.filename == part else old.read(info)
            if kept is not None:
                new.writestr(info.filename, kept)
    return buffer.getvalue()


def with_body(body: str) -> bytes:
    xml = f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
    return with_part("word/document.xml", xml.encode())


def test_paragraphs_and_tables_in_order() -> None:
    document = read(
        make_docx(["The keeper wrote.", "", "He\ttrimmed\nthe lamp.", "Nobody read it."])
    )
    assert document.text == (
        "The keeper wrote.\n\nHe\ttrimmed\nthe lamp.\n\n"
        "Boat | Year\n\nFreja | 1904\n\nNobody read it."
    )
    assert document.pages == ()


def test_core_properties() -> None:
    assert read(make_docx(["x"], "The diary", "J. Brink")).metadata == Metadata(
        "The diary", "J. Brink"
    )
    # What python-docx, like Word, writes of its own is not taken, and no date is.
    made = docx.Document()
    made.add_paragraph("The keeper wrote.")
    assert read(saved(made)).metadata == Metadata("The keeper wrote.")


def test_runs_wherever_they_stand() -> None:
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>{run.format('one')}"
        f"<w:ins>{run.format(' added')}</w:ins>"
        "<w:del><w:r><w:delText> gone</w:delText></w:r></w:del>"
        f"<w:hyperlink>{run.format(' linked')}</w:hyperlink>"
        f"<w:sdt><w:sdtContent>{run.format(' held')}</w:sdtContent></w:sdt>"
        "<w:r><w:noBreakHyphen/><w:t>x</w:t><w:softHyphen/><w:t>y</w:t></w:r></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run.format('block')}</w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>"
        f"<w:p>{run.format('boxed')}</w:p></w:txbxContent></mc:Choice>"
        f"<mc:Fallback><w:p>{run.format('boxed')}</w:p></mc:Fallback></mc:AlternateContent></w:r>"
        f"{run.format('holder')}</w:p>"
    )
    assert read(with_body(body)).text == (
        "one added linked held\u2011x\u00ady\n\nblock\n\nholder\n\nboxed"
    )


def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(LoadError, match="no text"):
        read(with_body("<w:p/>"))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = bytearray(make_docx(["x"]))
    # The size that the directory of the archive states for its first part.
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (MAX_UNPACKED + 1).to_bytes(4, "little")
    with pytest.raises(LoadError, match="unpacks to too much"):
        read(bytes(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entities_are_refused(encoding: str) -> None:
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    xml = (
        f'<!DOCTYPE w:document [{laughs}<!ENTITY file SYSTEM "file:///etc/hostname">]>'
        f"<w:document {NAMESPACES}><w:body><w:p><w:r><w:t>&a8;&file;</w:t></w:r></w:p></w:body>"
        "</w:document>"
    ).encode(encoding)
    data = with_part("word/document.xml", xml)
    with pytest.raises(LoadError, match="document type"):
        read(data)


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "_rels/.rels", "word/document.xml", "docProps/core.xml"]
)
@pytest.mark.parametrize("content", [None, b"", b"<", b"<a/>", b"\xff\xfe\x00"])
def test_damaged_packages_are_refused(part: str, content: bytes | None) -> None:
    with pytest.raises(LoadError, match="not a readable DOCX"):
        read(with_part(part, content))


def test_other_archives_are_refused() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("a.txt", "text")
    for data in (buffer.getvalue(), b"PK\x03\x04", b"{\\rtf1 text}", b"\xd0\xcf\x11\xe0 old Word"):
        with pytest.raises(LoadError, match="not a readable DOCX"):
            read(data)
