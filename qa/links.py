"""Links that open a source at the quote: a text fragment for a page, a page number for a PDF."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from index.types import Source

# A longer quote is found by how it begins and ends.
_MOST_CHARACTERS = 200
_WORDS = 6


def deep_link(source: Source, text: str, page: int | None) -> str | None:
    """Where a source on the web shows `text`; None for one that is not on the web.

    text: the quote. page: 1-based, for a PDF. The fragment for a page is that of
    https://wicg.github.io/scroll-to-text-fragment/: a browser that does not find the words opens
    the page all the same. A source says itself where it is, so that anything but http(s) is no
    link: `javascript:` is an address too.
    """
    if source.url is None:
        return None
    try:
        parts = urlsplit(source.url)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return None
    if source.media_type == "application/pdf":
        return parts._replace(fragment=f"page={page or 1}").geturl()
    if parts.path.lower().endswith(".pdf"):
        return None
    return f"{source.url.strip()}{'' if parts.fragment else '#'}:~:text={_fragment(text)}"


def _fragment(text: str) -> str:
    words = text.split()
    # Exact words do not match across the edges of blocks, and a line end may be one.
    if len(text) <= _MOST_CHARACTERS and "\n" not in text.strip():
        return _encoded(" ".join(words))
    if len(words) < 2 * _WORDS:
        half = len(words) // 2
        return f"{_encoded(' '.join(words[:half]))},{_encoded(' '.join(words[half:]))}"
    return f"{_encoded(' '.join(words[:_WORDS]))},{_encoded(' '.join(words[-_WORDS:]))}"


def _encoded(words: str) -> str:
    # Hyphens, commas and ampersands mean something in a text directive.
    return quote(words, safe="").replace("-", "%2D")
