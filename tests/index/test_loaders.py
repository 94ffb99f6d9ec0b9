from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LoadError
from index.loaders import SUFFIXES, is_supported, load
from index.types import Document, Metadata, Span
from tests.index.documents import column, make_docx, make_pdf

TEXT = "The keeper of the light wrote a diary.\n\nNobody read it.\n"
HTML = """<!doctype html><html><head><meta charset="utf-8"><title>The diary</title></head>
<body><article><h1>The diary</h1><p>The keeper of the light wrote a diary for thirty years, and it
was found.</p><p>Nobody had read it before the museum bought it.</p></article></body></html>"""


def read(data: str | bytes, name: str = "light.txt", sidecar: str | None = None) -> Document:
    raw = data if isinstance(data, bytes) else data.encode()
    return load(Path(name), raw, sidecar.encode() if sidecar is not None else None)


# What is a source


@pytest.mark.parametrize(
    "name",
    ["a.txt", "a.text", "a.md", "A.MARKDOWN", "a.html", "a.htm", "a.xhtml", "a.PDF", "a.docx",
     "folder/reading.md", "license-terms.pdf", "readme.docx", "a.b.txt"],
)  # fmt: skip
def test_sources(name: str) -> None:
    assert is_supported(Path(name))


@pytest.mark.parametrize(
    "name",
    ["a", "a.toml", "a.pdf.toml", "a.doc", "a.py", ".hidden.md", "~$a.docx", "README.md",
     "readme.txt", "README.de.md", "LICENSE", "LICENSE.txt", "Licence.md", "LICENSE-MIT.txt"],
)  # fmt: skip
def test_no_sources(name: str) -> None:
    assert not is_supported(Path(name))


def test_a_file_that_is_named_is_decided_by_its_suffix() -> None:
    assert read(TEXT, "README.md").media_type == "text/markdown"
    with pytest.raises(LoadError, match=r"\.doc are not supported: convert it"):
        read(TEXT, "a.doc")
    with pytest.raises(LoadError, match="not supported"):
        read(TEXT, "Makefile")


@pytest.mark.parametrize("name", [f"a{suffix}" for suffix in SUFFIXES])
@pytest.mark.parametrize("data", [b"", b" \n\t\r\n ", b"\n" * 9])
def test_an_empty_file_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(LoadError, match="empty"):
        read(data, name)


# Text


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_text_is_unchanged(name: str) -> None:
    text = "---\ntitle: Light\n---\n# Head\r\n\r\n  two  spaces,\ttab\n\f\rx\u00a0y \u2028z\n\n"
    assert read(text, name).text == text
    assert read("\ufeff" + text, name).text == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "utf-32-le"),
        (b"", "utf-32-be"),
    ],
)
def test_unicode_encodings(mark: bytes, encoding: str) -> None:
    text = TEXT + "\u0130stanbul, \u00d8re, \U0001f6a2\n"
    assert read(mark + text.encode(encoding)).text == text


GERMAN = "Das Wärterhäuschen stand für Jahre leer. „So, so“, hieß es. "
RUSSIAN = "Смотритель маяка писал дневник. "


@pytest.mark.parametrize(("encoding", "text"), [("cp1252", GERMAN * 5), ("cp1251", RUSSIAN * 9)])
def test_older_encodings_are_guessed(encoding: str, text: str) -> None:
    assert read(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 4,
        b"text\x00text with a zero byte in it",
        b"\x01\x02\x03\x04\x05 a\x07\x07\x07",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01",
    ],
)
def test_a_binary_is_not_text(data: bytes) -> None:
    with pytest.raises(LoadError, match="not text"):
        read(data)


# Metadata


def test_front_matter_is_read_and_set_aside() -> None:
    front = (
        "---\ntitle: The diary\nauthor: [Johanne Brink, Per Ore]\npublisher: Coast\n"
        "published: 2021-05-04\nurl: https://coast.example/1\nbased_on: A log\nmood: grey\n---\n"
    )
    document = read(front + TEXT, "a.md")
    assert document.set_aside == (Span(0, len(front)),)
    assert document.metadata == Metadata(
        "The diary", "Johanne Brink, Per Ore", "Coast", "2021-05-04",
        "https://coast.example/1", "A log",
    )  # fmt: skip
    assert read((front + TEXT).replace("\n", "\r\n"), "a.md").metadata == document.metadata
    assert read(front + TEXT).metadata == document.metadata


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-05-04", "2021-05-04"),
        ("'2021-05-04'", "2021-05-04"),
        ("2021-05-04T10:00:00Z", "2021-05-04"),
        ("'2021-05-04 23:59'", "2021-05-04"),
        ("", None),
        ("null", None),
    ],
)
def test_dates(value: str, expected: str | None) -> None:
    for key in ("published", "date"):
        text = f"---\ntitle: x\n{key}: {value}\n---\n{TEXT}"
        assert read(text, "a.md").metadata.published == expected


@pytest.mark.parametrize(
    "value", ["2021", "2021-05", "'2021-13-01'", "May 4", "[2021-05-04]", "4.5.2021"]
)
def test_what_is_no_full_date_is_refused(value: str) -> None:
    with pytest.raises(
        LoadError, match=r"published in the front matter is not a date: .*YYYY-MM-DD"
    ):
        read(f"---\npublished: {value}\n---\n{TEXT}", "a.md")
    with pytest.raises(LoadError, match=r"date in a\.pdf\.toml is not a date: .*YYYY-MM-DD"):
        read(TEXT, "a.pdf", f"date = {value if value[0] in chr(39) + '[' else repr(value)}")


@pytest.mark.parametrize(
    "front",
    [
        "title: [unclosed",
        "just words",
        "- a\n- list",
        "published: 2021-02-30",
        "title: {a: b}",
        "? {a: b}\n: c",
        "title: !!python/object/apply:os.system [ls]",
        "title: &a [*a]",
        "[" * 3000,
        "a: \x01",
    ],
)
def test_front_matter_that_cannot_be_read_is_refused(front: str) -> None:
    with pytest.raises(LoadError):
        read(f"---\n{front}\n---\n{TEXT}", "a.md")


def test_dashes_are_not_always_front_matter() -> None:
    for text in (
        f"---\n\nA rule.\n\n---\n{TEXT}",
        f"---\nNo end.\n{TEXT}",
        f"{TEXT}---\na: b\n---\n",
    ):
        assert read(text, "a.md").set_aside == ()
    for text in (f"---\nwords\n---\n{TEXT}", f"---\nDear: Sir\n---\n{TEXT}"):
        assert read(text, "a.txt").set_aside == ()
    assert read(f"---\n---\n{TEXT}", "a.md").set_aside == (Span(0, 8),)


def test_a_sidecar_beats_the_file() -> None:
    text = f"---\ntitle: In the file\nauthor: File\n---\n{TEXT}"
    found = read(text, "a.md", 'title = "Beside it"\ndate = 2021-05-04\n[more]\nx = 1').metadata
    assert found == Metadata("Beside it", "File", published="2021-05-04")


@pytest.mark.parametrize(
    "sidecar",
    [
        "title = ",
        "title",
        'title = "a"\ntitle = "b"',
        "title = ['a']",
        "author = [[1]]",
        "x = [" * 999,
    ],
)
def test_a_sidecar_that_cannot_be_read_is_refused(sidecar: str) -> None:
    with pytest.raises(LoadError, match=r"a\.txt\.toml"):
        read(TEXT, "a.txt", sidecar)
    with pytest.raises(LoadError, match="UTF-8"):
        load(Path("a.txt"), TEXT.encode(), b'title = "\xff"')


def test_titles_where_nothing_says() -> None:
    assert read(TEXT).metadata.title == "The keeper of the light wrote a diary."
    assert read("***\n\n  A \t line\nmore").metadata.title == "A line"
    assert read("***\n---", "the-light.txt").metadata.title == "the-light"
    assert read("Text.\n\n## The **light** #\n", "a.md").metadata.title == "The light"
    assert read(f"---\nauthor: x\n---\n{TEXT}", "a.md").metadata.title == TEXT.split("\n")[0]
    long = read("word " * 60).metadata.title
    assert long is not None
    assert 110 < len(long) <= 120
    assert set(long.split()) == {"word"}
    assert len(read("w" * 300).metadata.title or "") == 120


# HTML


def page(head: str = "", body: str = "") -> str:
    return HTML.replace("</head>", f"{head}</head>").replace("</article>", f"{body}</article>")


def test_html_main_text() -> None:
    body = """<h2>Its price</h2><ul><li>ten crowns</li><li>and a lamp</li></ul>
        <table><tr><th>Ship</th><th>Year</th></tr><tr><td>Freja</td><td>1904</td></tr></table>
        <p>The end of it,<br>one hears, was foggy.</p><script>var x = "no";</script>"""
    document = read(
        page(body=body).replace("<body>", "<body><nav><a href='/'>Home</a></nav>"), "a.html"
    )
    assert document.text.split("\n\n") == [
        "The diary",
        "The keeper of the light wrote a diary for thirty years, and it was found.",
        "Nobody had read it before the museum bought it.",
        "Its price",
        "ten crowns",
        "and a lamp",
        "Ship | Year",
        "Freja | 1904",
        "The end of it,\none hears, was foggy.",
    ]
    assert document.media_type == "text/html"
    assert document.metadata.title == "The diary"


def test_html_metadata() -> None:
    head = """<meta property="og:site_name" content="The Coast">
        <meta name="author" content="Johanne Brink"><meta name="based_on" content="A log">
        <link rel="canonical" href="https://coast.example/diary">
        <meta property="article:published_time" content="2021-05-04T10:00:00+02:00">"""
    assert read(page(head), "a.html").metadata == Metadata(
        "The diary",
        "Johanne Brink",
        "The Coast",
        "2021-05-04",
        "https://coast.example/diary",
        "A log",
    )


LINKED = '<script type="application/ld+json">%s</script>'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta name="date" content="2021-05-04">', "2021-05-04"),
        ('<meta name="citation_publication_date" content="2021/05/04">', "2021-05-04"),
        (LINKED % '{"@graph": [{"datePublished": "2021-05-04"}]}', "2021-05-04"),
        (LINKED % '[{"@type": "Person"}, {"datePublished": "2021-05-04T09:00Z"}]', "2021-05-04"),
        (LINKED % '{"mentions": {"datePublished": "2021-05-04"}}', None),
        (LINKED % '{"@type": [', None),
        ('<meta name="date" content="2021">', None),
        ('<meta name="date" content="2021-05">', None),
        ('<meta name="date" content="04/05/2021">', None),
        ('<meta name="date" content="2021-99-04">', None),
        ('<meta name="lastmod" content="2021-05-04">', None),
        ('<link rel="canonical" href="https://coast.example/2021/05/04/diary">', None),
    ],
)  # fmt: skip
def test_only_stated_dates_are_taken(head: str, expected: str | None) -> None:
    body = "<p>Updated on 3 March 2019, first seen on 2018-01-02.</p><footer>(c) 2017</footer>"
    assert read(page(head, body), "a.html").metadata.published == expected


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "utf-8"),
        ("cp1252", "iso-8859-1"),
        ("iso-8859-9", "iso-8859-9"),
        ("utf-8", "no-such-thing"),
        ("utf-16", "utf-8"),
        ("utf-8", "utf-16"),
        ("utf-8", "unicode_escape"),
        ("gb18030", "GB18030"),
    ],
)
def test_html_encodings(encoding: str, declared: str) -> None:
    source = page(body="<p>Das H\u00e4uschen stand leer, f\u00fcr Jahre.</p>").replace(
        "utf-8", declared
    )
    assert (
        "Das H\u00e4uschen stand leer, f\u00fcr Jahre."
        in read(source.encode(encoding), "a.html").text
    )


def test_xhtml_with_a_declaration() -> None:
    source = '<?xml version="1.0" encoding="utf-8"?>\n' + HTML
    assert "thirty years" in read(source, "a.xhtml").text


def test_short_and_broken_pages_are_read() -> None:
    assert read("<p>The lamp", "a.html").text == "The lamp"
    assert read("The <b>lamp", "a.html").text == "The lamp"
    assert read("<div>" * 100 + "deep down", "a.html").text == "deep down"


@pytest.mark.parametrize(
    "data", ["<html></html>", "<script>x()</script>", "<!-- a -->", "<img src=x>"]
)
def test_pages_without_text_are_refused(data: str) -> None:
    with pytest.raises(LoadError):
        read(data, "a.html")


def test_pull_quotes_of_a_page_go_only_if_repeated() -> None:
    quote = '<blockquote class="pullquote"><p>{}</p></blockquote>'
    body = quote.format("Nobody had read it") + quote.format("Only here are these few words.")
    text = read(page(body=body), "a.html").text
    assert text.count("Nobody had read it") == 1
    assert "Only here are these few words." in text


# PDF


def test_pdf_pages_and_lines() -> None:
    first = column(
        ["The keeper of the light wrote", "a diary for thirty years, and it", "was found."]
    )
    second = column(["Nobody had read it before the mu-", "seum bought it."])
    document = read(make_pdf([first, [], second], title="The diary", author="J. Brink"), "a.pdf")
    pages = [
        document.text[start:end].strip("\n")
        for start, end in zip(document.pages, [*document.pages[1:], None], strict=True)
    ]
    assert pages == [
        "The keeper of the light wrote\na diary for thirty years, and it\nwas found.",
        "",
        "Nobody had read it before the mu-\nseum bought it.",
    ]
    assert document.metadata == Metadata("The diary", "J. Brink")
    assert document.media_type == "application/pdf"


def test_pdf_paragraphs_are_told_by_geometry() -> None:
    spaced = column(["The first paragraph has", "two lines.", "", "The second is apart."])
    indented = column(
        ["This has three lines of", "text, and after them the", "next is indented.", "", "x"]
    )[:3]
    indented += [
        line._replace(x=line.x + (15 if rank == 0 else 0))
        for rank, line in enumerate(
            column(["An indented line that", "goes on.", "And on."], top=464)
        )
    ]
    early = column(
        ["This line is as wide as its column is", "but this one ends.", "The next has space left."]
    )
    heading = [
        line._replace(bold=rank == 0)
        for rank, line in enumerate(column(["The Northern Light", "The text below it is plain."]))
    ]
    texts = [read(make_pdf([page]), "a.pdf").text for page in (spaced, indented, early, heading)]
    assert [text.count("\n\n") for text in texts] == [1, 1, 1, 1]
    assert "two lines.\n\nThe second" in texts[0]
    assert "indented.\n\nAn indented" in texts[1]
    assert "ends.\n\nThe next" in texts[2]
    assert "Light\n\nThe text" in texts[3]


@pytest.mark.parametrize(
    "title", ["", "untitled", "Microsoft Word - a.doc", "diary.indd", "Document1", "  "]
)
def test_titles_that_programs_make_up_are_not_taken(title: str) -> None:
    data = make_pdf([column(["The Keeper", "wrote."])], title=title, author="Administrator")
    assert read(data, "a.pdf").metadata == Metadata("The Keeper")


def test_pdfs_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(LoadError, match=r"no text.*text recognition"):
        read(make_pdf([[], []]), "a.pdf")
    with pytest.raises(LoadError, match=r"broken.*export"):
        read(b"%PDF-1.7\nnothing", "a.pdf")
    locked = make_pdf([column(["Locked"])]).replace(b"/Root", LOCK + b" /Root")
    with pytest.raises(LoadError, match="password"):
        read(locked, "a.pdf")


# The standard security handler with a password nobody has.
LOCK = (
    b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32
    + b"> >> /ID [<00> <00>]"
)  # fmt: skip


# Any bytes


def attempt(name: str, data: bytes, sidecar: bytes | None = None) -> Document | LoadError:
    try:
        return load(Path(name), data, sidecar)
    except LoadError as error:
        return error


DOCX = make_docx(["The keeper wrote.", "Nobody read it."], title="The diary", author="J. Brink")
PDF = make_pdf([column(["The keeper wrote."]), column(["Nobody read it."])], title="The diary")
SOURCES = {".txt": TEXT.encode(), ".md": f"---\ntitle: x\n---\n{TEXT}".encode(),
           ".html": HTML.encode(), ".pdf": PDF, ".docx": DOCX}  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of some format with bytes changed, cut out, doubled or put in; or bytes of chance."""
    suffix = draw(st.sampled_from(sorted(SOURCES)))
    data = bytearray(SOURCES[suffix])
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(0, 40))
        data[at : at + size] = draw(
            st.binary(max_size=8) | st.just(bytes(data[at : at + 2 * size]))
        )
    if draw(st.booleans()):
        data = data[: draw(st.integers(0, len(data)))]
    return suffix, draw(st.just(bytes(data)) | st.binary(max_size=300))


@given(damaged())
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(case: tuple[str, bytes]) -> None:
    suffix, data = case
    found = attempt(f"a{suffix}", data)
    if isinstance(found, LoadError):
        assert found.message
        assert found.remedy
        assert "\n" not in str(found)
        return
    assert found.text.strip()
    assert found.text.encode()  # no lone surrogates: it can be stored
    assert found.metadata.title
    assert all(0 <= page <= len(found.text) for page in found.pages)
    assert attempt(f"a{suffix}", data) == found


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_sidecar_is_read_or_refused(sidecar: bytes) -> None:
    found = attempt("a.txt", TEXT.encode(), sidecar)
    assert isinstance(found, Document) or "a.txt.toml" in str(found)
