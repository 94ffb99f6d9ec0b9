from __future__ import annotations

import re
from textwrap import dedent, fill

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.cleaning import clean
from index.types import Document, Metadata, Span


def cleaned(text: str, media_type: str = "text/plain", pages: tuple[int, ...] = ()) -> str:
    """The clean text; that its edits lead to it, and back, is checked for every test."""
    document = Document(text, Metadata(), media_type, pages)
    result = clean(document)
    assert result.edits.apply(text) == result.text
    for word in re.finditer(r"\S+", result.text):
        span = result.edits.to_canonical(Span(*word.span()))
        letters = "".join(filter(str.isalnum, word[0]))
        assert "".join(filter(str.isalnum, text[span.start : span.end])) == letters
    return result.text


def paragraphs(text: str) -> list[str]:
    return cleaned(text).split("\n\n")


def wrapped(text: str, width: int = 64) -> str:
    return fill(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)


LIGHTHOUSE = """\
The keeper of the northern light wrote a diary for thirty years, and hardly a day is missing
from it. Fog, wind and passing ships are noted with the same care as the price of oil. When
the light was made electric, the diary ends in the middle of a page; nobody knows what became
of the keeper after that. His successor, who had been trained in the capital, kept no diary
at all."""


# Lines and paragraphs


def test_line_ends_in_a_paragraph_become_spaces() -> None:
    text = wrapped(LIGHTHOUSE)
    assert paragraphs(f"{text}\n\n{text}\n") == [" ".join(LIGHTHOUSE.split())] * 2


def test_a_line_a_paragraph_stays_that_way() -> None:
    lines = [sentence + "." for sentence in " ".join(LIGHTHOUSE.split()).rstrip(".").split(". ")]
    assert paragraphs("\n".join(lines)) == lines
    assert paragraphs("\r\n\r\n".join(lines)) == lines


def test_spaces_and_invisible_characters() -> None:
    text = "\ufeff  A\u00a0lamp \t in\u200b the\u00ad win\u00addow,\u2009a n\u200cim-fasele. \n"
    assert cleaned(text) == "A lamp in the window, a n\u200cim-fasele."


def test_letters_are_never_changed() -> None:
    text = "\ufb01re \u2460 \u201cna\u00efve\u201d Tu\u0308rkiye \u0130stanbul \u2126 x\u00b2"
    assert cleaned(text) == text


def test_indented_paragraphs_without_empty_lines() -> None:
    text = dedent("""\
           In the spring the ice went out with a noise that could be heard
        as far as the church. Children were kept in.
           Boats were tarred the week after, and the first of them left the
        harbour before Easter.
        """)
    assert len(paragraphs(text)) == 2


def test_a_paragraph_goes_on_after_a_gap_inside_a_sentence() -> None:
    lines = wrapped(LIGHTHOUSE).split("\n")
    text = "\n".join([*lines[:3], "", *lines[3:]])
    assert cleaned(text) == " ".join(LIGHTHOUSE.split())


def test_headings_stand_alone() -> None:
    text = f"The Northern Light\n\n{wrapped(LIGHTHOUSE)}\n Its End\n\n{wrapped(LIGHTHOUSE)}\n"
    whole = " ".join(LIGHTHOUSE.split())
    assert paragraphs(text) == ["The Northern Light", whole, "Its End", whole]


@pytest.mark.parametrize(
    "lines",
    [
        ["Shopping", "apples", "pears", "oranges", "plums", "quinces"],
        ["2021-01-01 10:00 server up", "2021-01-01 10:05 client in", "2021-01-02 11:00 down"],
        ["The boats went out at break of day", "With linen on the line,", "And no one spoke"],
        ['"Where is he?"', '"At sea."', '"Since when?"', '"Since the ice went out, I think."'],
        ["Price", "\u2014", "12", "\u2014", "13", "\u2014", "\u2014"],
    ],
)
def test_lists_verse_and_speech_keep_their_lines(lines: list[str]) -> None:
    assert paragraphs("\n".join(lines)) == lines


def test_marks_that_bind_words_over_a_line_end() -> None:
    text = dedent("""\
        It was said that the keeper spoke to gulls, to seals, to the sea/
        air boundary itself, and to the wind\u2014
        above all to the wind, which in his years never ceased to blow.
        """)
    assert "sea/air boundary" in cleaned(text)
    assert "wind\u2014above" in cleaned(text)


def test_scripts_without_spaces_are_joined_without_one() -> None:
    line = "\u706f\u53f0\u7684\u770b\u5b88\u4eba\u5199\u4e86\u4e09\u5341\u5e74\u7684\u65e5\u8bb0"
    assert cleaned(f"{line * 3}\n{line * 3}\n{line}\u3002") == f"{line * 7}\u3002"


# Broken words


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("inter-", "national", "international"),
        ("tech-", "nology", "technology"),
        ("Octo-", "ber", "October"),
        ("battle-", "field", "battlefield"),
        ("multi-", "faceted", "multifaceted"),
        ("Danish-", "built", "Danish-built"),
        ("Dan-", "ish-built", "Danish-built"),
        ("well-", "equipped", "well-equipped"),
        ("medium-", "altitude", "medium-altitude"),
        ("Anglo-", "Saxon", "Anglo-Saxon"),
        ("F-", "16", "F-16"),
        ("44-", "day", "44-day"),
        ("14th-", "century", "14th-century"),
        ("e-", "mail", "e-mail"),
        ("state-of-the-", "art", "state-of-the-art"),
        ("thous-", "and", "thousand"),
        ("short-", "and long-range", "short- and long-range"),
        ("un\u2010", "known", "unknown"),
        ("ham\u00ad", "mock", "hammock"),
    ],
)
def test_hyphens_at_line_ends(before: str, after: str, expected: str) -> None:
    text = f"All that the keeper had seen of it was the {before}\n{after} thing, and that was it."
    want = f"All that the keeper had seen of it was the {expected} thing, and that was it."
    assert cleaned(text) == want


def test_a_document_knows_its_own_words() -> None:
    # No list has these names, and one would join what this document hyphenates.
    text = wrapped("""The village of Brunsk-Oberdal lies on the Oberdal road. Its goldsmith was also
        its co-author, and every anti-mist horn came from him.""")
    text += "\nPeople went from Brunsk-Ober-\ndal to the sea, past the co-\nauthor of the book and"
    text += "\nan anti-\nsubmarine mine.\n"
    assert "from Brunsk-Oberdal to" in cleaned(text)
    assert "the co-author of" in cleaned(text)
    assert "an anti-submarine mine" in cleaned(text)


def test_other_languages_have_lists_of_their_own() -> None:
    text = wrapped("""Der Leuchtturm ist nicht der einzige an der Küste, und das Licht ist auf dem
        Meer weit zu sehen. Die Wärter sind mit den Schiffen vertraut, und der Wind ist ein""")
    text += (
        "\nFreund. Der letzte Wärter war bis zum Ende ein Sozial-\ndemokrat und mit der Bundes-\n"
    )
    text += "regierung nicht einer Meinung.\n"
    assert "Sozialdemokrat und mit der Bundesregierung" in cleaned(text)


# Page furniture

BODY = [wrapped(LIGHTHOUSE, 60).split("\n")] * 3


def test_running_heads_and_page_numbers_of_known_pages() -> None:
    pages = [
        "\n".join(["The Northern Light", *BODY[0], "1"]),
        "\n".join(["COASTAL STUDIES", *BODY[1], "2"]),
        "\n".join(["The Northern Light", *BODY[2], "3"]),
        "\n".join(["COASTAL STUDIES", *BODY[0], "4"]),
        "\n".join(["The Northern Light", *BODY[1], "5"]),
        "\n".join(["COASTAL STUDIES", *BODY[2], "6"]),
    ]
    starts = [sum(len(page) + 2 for page in pages[:rank]) for rank in range(len(pages))]
    text = cleaned("\n\n".join(pages), pages=tuple(starts))
    assert "COASTAL" not in text
    # On the first page it may be the title.
    assert text.startswith("The Northern Light")
    assert text.count("The Northern Light") == 1
    assert not re.search(r"\d", text)


def test_a_sentence_goes_on_over_a_page_break() -> None:
    lines = wrapped(LIGHTHOUSE, 60).split("\n")
    pages = [
        "\n".join(["A Diary", "", "7", "", *lines[:4]]),
        "\n".join(["Light and Fog", "", "8", "", *lines[4:]]),
    ]
    text = cleaned("\n\n".join(pages), pages=(0, len(pages[0]) + 2))
    assert text == " ".join(LIGHTHOUSE.split())


def test_form_feeds_are_page_breaks() -> None:
    pages = ["\n".join([f"Diaries {number}", *BODY[0]]) for number in range(11, 15)]
    assert "Diaries" not in cleaned("\f".join(pages))


def test_furniture_where_pages_are_not_known() -> None:
    lines = wrapped(LIGHTHOUSE, 60).split("\n")
    furniture = ["", "", "212 Coastal Studies", "", "JOHANNE BRINK and PER \u00d8STDAL", ""]
    other = ["", "", "", "THE DIARY OF A KEEPER: THIRTY YEARS OF FOG", "", "2020 Spring 213", ""]
    text = "\n".join([*lines[:3], *furniture, *lines[3:], "", *lines[:2], *other, *lines[2:]])
    assert paragraphs(text) == [" ".join(LIGHTHOUSE.split())] * 2


def test_page_numbers_alone_between_paragraphs() -> None:
    block = wrapped(LIGHTHOUSE * 2, 60)
    text = "".join(f"{block}\n\n{number}\n\n" for number in range(30, 35))
    assert not re.search(r"\d", cleaned(text))


def test_ordinary_lines_that_come_again_are_kept() -> None:
    refrain = "And the wind said nothing at all"
    verse = f"{wrapped(LIGHTHOUSE)}\n\n{refrain}\n\n"
    assert cleaned(verse * 4).count(refrain) == 4
    chapters = "".join(f"CHAPTER {n}\n\n{wrapped(LIGHTHOUSE)}\n\n\n\n" for n in range(1, 5))
    assert cleaned(chapters).count("CHAPTER") == 4
    table = f"{wrapped(LIGHTHOUSE)}\n\nLamps\n\n\u2014\n\n12\n\n\u2014\n\nOil\n\n\u2014\n\n12\n"
    assert paragraphs(table)[1:] == ["Lamps", "\u2014", "12", "\u2014", "Oil", "\u2014", "12"]


def test_numbered_lines_at_page_edges_are_kept() -> None:
    pages = [
        f"Step by step\nwe go on from here to there.\n{n}. Turn the wheel {n} times."
        for n in (1, 2)
    ]
    text = cleaned("\n\n".join(pages), pages=(0, len(pages[0]) + 2))
    assert "2. Turn the wheel 2 times." in text


# Pull quotes


def quote(text: str) -> list[str]:
    return fill(text, 30).split("\n")


def test_a_pull_quote_that_interrupts_a_sentence_goes() -> None:
    lines = wrapped(LIGHTHOUSE, 66).split("\n")
    pulled = quote("Fog, wind and passing ships are noted with the same care as the price of oil")
    after_a_gap = "\n".join([*lines[:4], "", *pulled, "", *lines[4:]])
    run_in = "\n".join([*lines[:4], "", *pulled, f" {lines[4]}", *lines[5:]])
    for text in (after_a_gap, run_in):
        assert cleaned(text) == " ".join(LIGHTHOUSE.split())


def test_a_pull_quote_differs_in_marks_notes_and_hyphens() -> None:
    body = wrapped(LIGHTHOUSE, 66).replace("ships are", "ships7 are")
    body = body.replace("with the same care", "with the sa-\nme care")
    pulled = "\n".join(
        quote("\u2018Fog; wind and passing ships are noted with the same care\u2019")
    )
    before, after = body.split("of the keeper after")
    text = f"{before}of the\n\n{pulled}\n\nkeeper after{after}"
    assert "\u2018Fog" not in cleaned(text)
    assert "of the keeper after" in cleaned(text)


def test_repeated_clauses_in_short_lines_are_kept() -> None:
    stanza = "\n".join(
        quote("the lamp is lit and the boats are in, and nobody asks where they have been")
    )
    assert cleaned(f"{stanza}\n\n{stanza}\n").count("nobody asks") == 2


def test_short_lines_that_stand_nowhere_else_are_kept() -> None:
    lines = wrapped(LIGHTHOUSE, 66).split("\n")
    column = quote("Beside the picture the column is narrow, and that is no reason to lose it.")
    assert "the column is narrow" in cleaned("\n".join([*lines, "", *column, "", *lines]))


# Footnote numbers


def test_footnote_numbers_in_a_series_go() -> None:
    text = (
        "It was foggy.1 Ships passed,2 some of them slowly;3 others \u2018in haste.\u20194 Oil"
        " was dear5 and cost 2.74 crowns.6 The F-16 and the TB2 were unknown, as was COVID-19."
        " (He wrote so)7 In 1904 there were 8,230 ships.8 By then, 7,630.9 The U.S.10 knew."
    )
    assert cleaned(text) == (
        "It was foggy. Ships passed, some of them slowly; others \u2018in haste.\u2019 Oil"
        " was dear and cost 2.74 crowns. The F-16 and the TB2 were unknown, as was COVID-19."
        " (He wrote so) In 1904 there were 8,230 ships. By then, 7,630. The U.S. knew."
    )


@pytest.mark.parametrize(
    "text",
    [
        "See Art.1 and Art.2 and Art.3 and Art.4 and Art.5 and Art.6 of the act.",
        "Sales rose in Q1, fell in Q2, rose in Q3, fell in Q4, and H1 beat A5.",
        "Under 3.1 and 3.2 it holds, by 3.3 and 3.4 too, and 3.5 settles it, with 3.6.",
        "It was foggy.1 Ships passed,2 some of them slowly;3 others not.4",
        "It was foggy.9 Ships passed,2 some slowly;30 others not.4 Oil was dear.11 He slept.6",
    ],
)
def test_numbers_that_are_no_footnotes_stay(text: str) -> None:
    assert cleaned(text) == text


def test_raised_footnote_numbers() -> None:
    text = "It was foggy.\u00b9 Ships\u00b2 passed;\u00b3 others not.\u2074 Oil was dear.\u2075"
    assert cleaned(text) == "It was foggy. Ships passed; others not. Oil was dear."
    assert cleaned("One m\u00b2 and one m\u00b3.") == "One m\u00b2 and one m\u00b3."


def test_a_series_a_chapter() -> None:
    chapter = "It was foggy.1 Ships passed,2 some slowly;3 others not.4 Oil was dear.5 He slept.6"
    assert not re.search(r"\d", cleaned(f"{chapter}\n\n{chapter}\n"))


# Navigation

STORY = [
    "The museum of the northern light has bought the diary of its last keeper, it said on Monday.",
    "The volume was found in an attic in the capital, under a heap of charts that nobody wanted.",
    "It will be shown from May on, next to the lamp, and may be read in full by whoever asks.",
]


@pytest.mark.parametrize(
    "tail",
    [
        ["A ferry line that lost its way has found a buyer, according to people who ... more"],
        ["Subscribe to our weekly newsletter for more stories from the coast.", "Thank you!"],
        ["You can also follow The Coast on Twitter @coast or on Facebook."],
        ["We bring you the news every day, and it costs you little.", "Sign up for free access."],
        ["Share this article with your friends", "Facebook", "Twitter", "Print"],
        [
            "\u00a9 2021 The Coast. All rights reserved.",
            "This website uses cookies. Accept cookies?",
        ],
        ["Related Articles", "Ferry line sold again", "Ten lamps that changed the coast", "A mus"],
        ["You may also like:", "Ferry line sold again", "On Friday the harbour office said that"],
    ],
)
def test_what_follows_a_story_is_set_aside(tail: list[str]) -> None:
    assert paragraphs("\n".join([*STORY, *tail])) == STORY
    assert paragraphs("\n\n".join([*STORY, *tail])) == STORY


def test_what_stands_before_a_story_is_set_aside() -> None:
    head = ["Skip to content", "Share", "the diary of the light", "The Diary of the Light"]
    credit = "Image source: Coastal Museum"
    text = "\n\n".join([*head, "By Johanne Brink", credit, *STORY])
    assert paragraphs(text) == ["The Diary of the Light", "By Johanne Brink", *STORY]


@pytest.mark.parametrize(
    "sentence",
    [
        "The ministry asked citizens to subscribe to the new magazine at once.",
        "You may follow the minister on Twitter, she said, if your patience allows it.",
        "Share prices fell.",
        "Thanks to the lamp no ship was lost in that year.",
        "To support a local museum, they gave the work of a lifetime away.",
        "A subscription to the journal was all the news he had.",
        "He thanked the crew, and more than a few of them wept.",
        "Related articles of the treaty were struck out as well, and nobody objected to that.",
    ],
)
def test_a_story_may_speak_of_such_things(sentence: str) -> None:
    for lines in ([*STORY, sentence, STORY[0]], [*STORY, sentence]):
        assert paragraphs("\n".join(lines)) == lines


def test_much_text_after_such_a_heading_is_kept() -> None:
    text = [*STORY, "Related stories", *(f"{line} {line} {line} {line}" for line in STORY)]
    assert paragraphs("\n".join(text)) == text


def test_a_text_of_nothing_but_appeals_is_kept() -> None:
    text = "Subscribe to our newsletter today"
    assert cleaned(text) == text


# What is set aside, and properties


def test_runs_set_aside_by_the_loader_go() -> None:
    text = "---\nx: 1\n---\nThe lamp is lit.\n"
    document = Document(text, Metadata(), "text/plain", set_aside=(Span(0, 13),))
    assert clean(document).text == "The lamp is lit."


def test_an_empty_text() -> None:
    assert cleaned("") == ""
    assert cleaned(" \n\t\n\u200b") == ""


pieces = st.sampled_from(
    ["The lamp is lit.", "a keeper wrote", "inter-", "national", "12", "12 Coast", "COAST", "\n",
     "\n\n", "\f", "\r\n", " ", "word.1", "word.2", "# ", "* ", "**", "_", "`", "```", "[", "](",
     "]", "![", ")", "> ", "|", "---", "<!--", "-->", "<br>", "\\", "\u00ad", "\u200b", "1. ",
     "\u0645\u0631", "\U0001f642", "e\u0301", "\ud800", "\x00", "Related Articles", "... more",
     "- ", "\t"]
)  # fmt: skip
anything = st.lists(pieces, max_size=60).map("".join) | st.text(max_size=200)
media_types = st.sampled_from(["text/plain", "text/markdown", "application/pdf", "text/html"])


@given(anything, media_types, st.data())
def test_any_text_can_be_cleaned(text: str, media_type: str, data: st.DataObject) -> None:
    cuts = data.draw(st.sets(st.integers(0, len(text)), max_size=4).map(sorted))
    pages = (0, *cuts[:2]) if media_type == "application/pdf" else ()
    aside = (Span(cuts[2], cuts[3]),) if len(cuts) == 4 else ()
    result = clean(Document(text, Metadata(), media_type, pages, aside))
    assert result.edits.apply(text) == result.text
    assert result.text == result.text.strip()
    assert not re.search(r"\n{3,}|(?<!\n)\n(?!\n)|[\t\r\f\u00a0]|  |\u00ad|\u200b", result.text)
    again = clean(Document(text, Metadata(), media_type, pages, aside))
    assert again == result


sentences = st.lists(
    st.text(alphabet="abcdefgh ", min_size=1).map(
        lambda text: f"The {' '.join(text.split())} end."
    ),
    min_size=3,
    max_size=12,
)


@given(st.lists(sentences.map(" ".join), min_size=2, max_size=6), st.integers(50, 90))
@settings(max_examples=50)
def test_plain_prose_is_only_unwrapped(blocks: list[str], width: int) -> None:
    blocks = [" ".join(block.split()) for block in blocks]
    text = "\n\n".join(fill(block, width, break_on_hyphens=False) for block in blocks)
    result = cleaned(text)
    assert result.split() == " ".join(blocks).split()
    assert cleaned(result) == result


def test_time_grows_with_the_text_alone() -> None:
    # Each of these would take minutes where time grows with the square of the length.
    for piece in ("[", "](a ", "**a ", "` ", "<!--\n", "a.1 ", "\n", "ab-\ncd ", "| a\n", "12\n\n"):
        for media_type in ("text/plain", "text/markdown"):
            clean(Document(piece * (30_000 // len(piece)), Metadata(), media_type))
