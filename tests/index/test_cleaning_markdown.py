from __future__ import annotations

from textwrap import dedent

import pytest

from index.cleaning import clean
from index.cleaning.markdown import first_heading
from index.types import Document, Metadata, Span


def cleaned(text: str) -> str:
    result = clean(Document(text, Metadata(), "text/markdown"))
    assert result.edits.apply(text) == result.text
    return result.text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A **bold** lamp and _its_ keeper, ~~lost~~.", "A bold lamp and its keeper, lost."),
        ("***Very*** bold, **bold with *more* inside**.", "Very bold, bold with more inside."),
        ("*Across\nlines* too.", "Across lines too."),
        ("A [link](https://x.example/a_(b) 'title').", "A link."),
        ("A [link][ref] too.\n\n[ref]: https://x.example", "A link too."),
        ("A [link\nover lines](x.md) here.", "A link over lines here."),
        ("[ref] alone and [ref][] too.\n\n[REF]: <x>", "ref alone and ref too."),
        ("A picture ![of a *lamp*](lamp.png) is gone.", "A picture is gone."),
        ("A picture link [![lamp](a.png)](b.html) is gone.", "A picture link is gone."),
        ("See <https://x.example> or <a@x.example>.", "See https://x.example or a@x.example."),
        ("Run `make *all*` or ``a ` b`` now.", "Run make *all* or a ` b now."),
        (r"Not \*bold\*, 2 \> 1, a\\b.", r"Not *bold*, 2 > 1, a\b."),
        ("A<br>break, <b>bold</b>, x<sup>2</sup>.", "A break, bold, x2."),
        ("A note.[^1] And more.\n\n[^1]: The *note*.", "A note. And more.\n\nThe note."),
        ("Seen <!-- not seen --> here.", "Seen here."),
        ("One\ntwo  \nthree\\\nfour.", "One two three four."),
    ],
)  # fmt: skip
def test_marks_go_and_words_stay(source: str, expected: str) -> None:
    assert cleaned(source) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A snake_case_name and __dunder, 2 * 3 * 4, 2*3*4, and C# in it.",
        "f(*args, **kwargs) and a * at the end *",
        "An [aside] in brackets, [one](two three) and a lone ] or [.",
        "#hashtag, 1986. A year, and a > b, and x < y > z.",
        "An unclosed `code and *emphasis and <!-- comment.",
        "A | bar, or two | of them.",
        "snake_case *",
    ],
)
def test_what_is_no_mark_stays(text: str) -> None:
    assert cleaned(text) == text


def test_blocks() -> None:
    source = dedent("""\
        The *Light*
        ===========

        ## Its keeper ##

        He lit
        the lamp.
        - oil
          and wick
        * [x] trim it
        1. first
        2) second

        > Quoted,
        > and more.
        >
        > > Deeper.

        ***

        | Ship | Year |
        |:-----|-----:|
        | Freja | 1904 |

        Ship | Year
        --- | ---
        Ulla | 1911

        <!-- one
        # two
        -->

        ```python
        def lamp(oil_level): *return*

            # no heading
        ```

        Below
        -----
        The end.
        """)
    assert cleaned(source).split("\n\n") == [
        "The Light",
        "Its keeper",
        "He lit the lamp.",
        "oil and wick",
        "trim it",
        "first",
        "second",
        "Quoted, and more.",
        "Deeper.",
        "Ship | Year",
        "Freja | 1904",
        "Ship | Year",
        "Ulla | 1911",
        "def lamp(oil_level): *return*",
        "# no heading",
        "Below",
        "The end.",
    ]


def test_a_number_amid_a_paragraph_is_no_list() -> None:
    assert (
        cleaned("It was the year\n12. or so they said.") == "It was the year 12. or so they said."
    )


def test_a_paragraph_ends_at_an_empty_line_alone() -> None:
    assert cleaned("an open end\n\nsmall letters") == "an open end\n\nsmall letters"
    assert cleaned("One sentence.\nAnother.\nShort\nand long.") == (
        "One sentence. Another. Short and long."
    )


def test_windows_line_ends() -> None:
    assert (
        cleaned("# Head\r\n\r\nOne\r\ntwo.\r\n\r\n- a\r\n- b\r\n") == "Head\n\nOne two.\n\na\n\nb"
    )


def test_first_heading() -> None:
    front = "---\n# no\n---\n"
    text = f"{front}Text.\n\n```\n# code\n```\n\n## The **light** of [x](y)\n\n# Later\n"
    assert first_heading(text, (Span(0, len(front)),)) == "The light of x"
    assert first_heading("No heading.\n\nNone.") is None
    assert first_heading("#\n\nUnder\n---\n") == "Under"
