"""HTML: the main text of a page, and what the page says of itself.

Canonical form: trafilatura's plain text, with a blank line between paragraphs; a line break that
falls inside a sentence (`<br>`) stays a line end; a table row is a paragraph, its cells separated
by ` | `. The page is parsed here, so that trafilatura never sees anything that it could take for
an address to fetch.
"""

from __future__ import annotations

import codecs
import json
import logging
import re
from collections.abc import Iterator
from typing import cast

import lxml.etree
import lxml.html
import trafilatura
from trafilatura.metadata import extract_metadata

from index.errors import LoadError
from index.loaders.decoding import decode
from index.loaders.metadata import derived_date, derived_text, derived_title, one_line
from index.types import Document, Metadata

# What these say of odd pages is for their makers: without a handler it would go to stderr.
for _library in ("trafilatura", "htmldate"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

# The encoding that a page declares: in a meta element or an XML declaration, near its start.
_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE
)
# What a page can be in that has the declaration in ASCII. Python knows codecs that are no such
# thing, from UTF-16 to escape sequences.
_DECLARABLE = re.compile(
    r"utf-?8|iso-?8859-\d+|iso-2022-\w+|(?:windows-|cp)\d+|koi8-[rut]|gb\w+|big5[\w-]*|euc-\w+"
    r"|s(?:hift)?[-_]?jis|mac[\w-]+|latin-?\d+|(?:us-)?ascii|tis-620"
)
# Browsers read Latin-1 and ASCII as Windows-1252, and so do those who write pages.
_WINDOWS_1252 = frozenset({"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"})
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_RULE_ROW = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_SENTENCE_ENDS = '.!?:\u2026"\u201d\u2019)'
_PULL_QUOTE = re.compile(r"pull-?_?quote", re.IGNORECASE)
_UNREADABLE = ("the page cannot be read", "save it anew as HTML")

# Meta elements whose content is the date of publication, best first. `lastmod`, `og:updated_time`
# and the like are not: they say when something about the page changed.
_DATE_NAMES = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "citation_publication_date",
    "citation_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "publication_date",
    "publish-date",
    "publishdate",
    "pubdate",
    "parsely-pub-date",
    "sailthru.date",
    "date",
)


def read(data: bytes, media_type: str) -> Document:
    """The readable text of a page. Raises LoadError if there is none.

    The date of publication is taken only from elements made to state it: a date guessed from an
    address, a time stamp or running text may be wrong, and a wrong date is a wrong citation.
    """
    source = _UNWANTED.sub("", _XML_DECLARATION.sub("", _decode(data), count=1))
    try:
        source = _without_pull_quotes(source)
        text = _text(source)
        metadata = _metadata(lxml.html.document_fromstring(source))
    # Neither lxml nor trafilatura says what it raises on damaged markup.
    except Exception as error:
        raise LoadError(*_UNREADABLE) from error
    if not text:
        raise LoadError("the page has no readable text", "save the page as it shows in a browser")
    return Document(text, metadata, media_type)


def _decode(data: bytes) -> str:
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith(_MARKS):
        name = declared[1].decode("ascii").lower()
        try:
            if _DECLARABLE.fullmatch(name):
                return data.decode("cp1252" if name in _WINDOWS_1252 else name)
        except (LookupError, UnicodeError):
            pass  # declared wrongly: it is as if nothing was declared
    return decode(data)


def _without_pull_quotes(source: str) -> str:
    """The page without elements of that class whose words stand elsewhere in it too."""
    if not _PULL_QUOTE.search(source):
        return source
    page = lxml.html.document_fromstring(source)
    letters = _letters(page)
    for element in list(page.iter("aside", "blockquote", "div", "figure", "p", "q", "span")):
        if _PULL_QUOTE.search(element.get("class") or ""):
            quote = _letters(element)
            if quote and letters.count(quote) > 1:
                cast(lxml.html.HtmlElement, element).drop_tree()
    return str(lxml.html.tostring(page, encoding="unicode"))


def _letters(element: lxml.etree._Element) -> str:
    text = "".join(map(str, element.itertext()))
    return "".join(filter(str.isalnum, text.casefold()))


def _text(source: str) -> str:
    """Main text, else all text. Each step gets a tree of its own, which it may prune."""
    main = trafilatura.extract(
        lxml.html.document_fromstring(source),
        output_format="txt",
        include_comments=False,
        include_formatting=False,
        include_tables=True,
    )
    text = _paragraphs(main or "")
    if not text:
        text = _paragraphs(trafilatura.html2txt(lxml.html.document_fromstring(source)))
    return text


def _paragraphs(text: str) -> str:
    """`text`, whose lines are paragraphs or pieces between breaks, in canonical form."""
    paragraphs: list[str] = []
    for line in _UNWANTED.sub("", text).splitlines():
        # The dash of a list item is trafilatura's, not the page's.
        item = line.lstrip().startswith("- ")
        paragraph = line.strip().removeprefix("- ").strip()
        if _RULE_ROW.fullmatch(paragraph):
            continue
        if len(paragraph) > 1 and paragraph[0] == paragraph[-1] == "|":
            cells = (cell.strip() for cell in paragraph[1:-1].split("|"))
            paragraph = " | ".join(cell for cell in cells if cell)
        if not paragraph:
            continue
        goes_on = not item and paragraph[0].islower()
        if paragraphs and goes_on and paragraphs[-1][-1] not in _SENTENCE_ENDS:
            paragraphs[-1] += f"\n{paragraph}"
        else:
            paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def _metadata(page: lxml.html.HtmlElement) -> Metadata:
    published = next(filter(None, map(derived_date, _dates(page))), None)
    # Its own date, which we do not use, would be looked for in all the text.
    found = extract_metadata(page, extensive=False)
    author = derived_text(found.author)
    url = one_line(found.url or "")
    return Metadata(
        title=derived_title(found.title),
        author=", ".join(part.strip() for part in author.split(";")) if author else None,
        publisher=derived_text(found.sitename),
        published=published,
        url=url if url.startswith(("http://", "https://")) else None,
        based_on=next(map(one_line, _named(page, "based_on")), None) or None,
    )


def _dates(page: lxml.html.HtmlElement) -> Iterator[str]:
    """What the page states as its date of publication, most trustworthy first."""
    for name in _DATE_NAMES[:3]:
        yield from _named(page, name)
    for script in page.iter("script"):
        if (script.get("type") or "").lower() == "application/ld+json":
            yield from _linked_data_dates(script.text or "")
    for name in _DATE_NAMES[3:]:
        yield from _named(page, name)
    for time in page.iter("time"):
        stated = (time.get("itemprop") or "").lower() == "datepublished"
        if stated or time.get("pubdate") is not None:
            yield str(time.get("datetime") or "")


def _named(page: lxml.html.HtmlElement, name: str) -> Iterator[str]:
    """What the meta elements of this name, in small letters, contain."""
    for meta in page.iter("meta"):
        if name in (str(meta.get(key) or "").lower() for key in ("property", "name", "itemprop")):
            yield str(meta.get("content") or "")


def _linked_data_dates(source: str) -> Iterator[str]:
    """`datePublished` of the things a JSON-LD script is about, not of things these refer to."""
    try:
        data = json.loads(source, strict=False)
    except (ValueError, RecursionError):
        return
    things = data if isinstance(data, list) else [data]
    for thing in things:
        if isinstance(thing, dict):
            graph = thing.get("@graph")
            for node in (thing, *(graph if isinstance(graph, list) else ())):
                if isinstance(node, dict) and isinstance(node.get("datePublished"), str):
                    yield node["datePublished"]
