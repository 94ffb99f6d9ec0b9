from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.links import deep_link
from tests.api.fakes import source

PAGE = replace(source(), media_type="text/html", url="https://example.org/lamp")


@pytest.mark.parametrize(
    ("url", "media_type", "text", "link"),
    [
        (None, "text/html", "It is red.", None),
        ("https://e.org/a", "text/html", "It is red.", "https://e.org/a#:~:text=It%20is%20red."),
        ("https://e.org/a#b", "text/html", "x, y-z & q",
         "https://e.org/a#b:~:text=x%2C%20y%2Dz%20%26%20q"),
        ("https://e.org/a.pdf", "application/pdf", "x", "https://e.org/a.pdf#page=7"),
        ("https://e.org/a.pdf#x", "application/pdf", "x", "https://e.org/a.pdf#page=7"),
        ("https://e.org/a.pdf", "text/markdown", "x", None),
        ("javascript:alert(1)", "text/html", "x", None),
        ("JAVASCRIPT://e.org/%0aalert(1)", "text/html", "x", None),
        ("data:text/html,x", "text/html", "x", None),
        ("/relative", "text/html", "x", None),
        ("http://[", "text/html", "x", None),
        ("https://e.org/a", "text/html", "one two\nthree four",
         "https://e.org/a#:~:text=one%20two,three%20four"),
    ],
)  # fmt: skip
def test_a_link_opens_the_source_at_the_quote(
    url: str | None, media_type: str, text: str, link: str | None
) -> None:
    assert deep_link(replace(source(), url=url, media_type=media_type), text, 7) == link


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_a_fragment_says_nothing_but_the_words(text: str) -> None:
    link = deep_link(PAGE, text, None)
    assert link is not None
    head, _, fragment = link.partition("#:~:text=")
    assert head == PAGE.url
    runs = fragment.split(",")
    assert len(runs) <= 2
    assert not set(fragment) & set("-&#<>\"' ")
    words = text.split()
    assert unquote(runs[0]).split() == words[: len(unquote(runs[0]).split())]
