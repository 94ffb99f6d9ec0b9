from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rendering import one_line_json
from api.terminal import (
    Layout,
    Line,
    Piece,
    Terminal,
    bold,
    neutral,
    open_terminal,
    wrapped_marking,
)
from index.types import Span
from tests.api.fakes import Screen

ANYTHING = st.text(st.characters(exclude_categories=()))
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@given(ANYTHING)
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    assert not STEERING.search(neutral(text))


def test_letters_of_any_script_are_left_alone() -> None:
    text = "TÜRKİYE ı ø Тоҷикистон طاجيكستان 塔吉克 👩‍🚀"
    assert neutral(text) == text


def test_a_control_is_spelt_out() -> None:
    assert neutral("a\x1b[2Jb\x9bc\u202ed\ne") == "a\\x1b[2Jb\\x9bc\\u202ed e"


@given(ANYTHING)
def test_json_is_one_harmless_line_that_says_the_same(text: str) -> None:
    line = one_line_json({"text": text})
    assert json.loads(line) == {"text": text}
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
    assert json.loads(one_line_json({"text": text}, "ascii")) == {"text": text}


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        one_line_json({"score": float("nan")})


def test_a_piece_cannot_end_its_style_by_itself() -> None:
    screen = Screen()
    Terminal(screen, screen, Layout(colour=True)).print([(bold("x\x1b[0my"), "z\x1b[31m")])
    assert screen.getvalue() == "\x1b[1mx\\x1b[0my\x1b[0mz\\x1b[31m\n"


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"NO_COLOR": ""}, True),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_only_on_a_terminal_that_wants_it(
    stream: io.StringIO, environment: dict[str, str], colour: bool
) -> None:
    terminal = open_terminal(stream, io.StringIO(), environment, 80)
    assert terminal.layout.colour is colour
    assert terminal.colour_messages is False


def flat(line: Line) -> str:
    return "".join(part.text if isinstance(part, Piece) else part for part in line)


@given(
    st.lists(st.text("abc[]{}<>.-", min_size=1, max_size=12), min_size=1, max_size=40),
    st.data(),
)
def test_wrapping_keeps_the_text_and_marks_the_run(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    lines = wrapped_marking(text, Span(start, end), Layout(60, colour=True), "  > ")
    assert all(len(flat(line)) <= 60 for line in lines)
    shown = "".join(flat(line).removeprefix("  > ") for line in lines)
    assert shown.replace(" ", "") == text.replace(" ", "")
    inside = "".join(part.text for line in lines for part in line if isinstance(part, Piece))
    assert inside.replace(" ", "") == text[start:end].replace(" ", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("said Iran did", "said [[Iran]] did"),
        ("said Iran [[2]] did", "said {{Iran}} [[2]] did"),
        ("said Iran [[2]] {{x", "said <<Iran>> [[2]] {{x"),
    ],
)
def test_without_colour_the_brackets_are_none_of_the_text(text: str, shown: str) -> None:
    lines = wrapped_marking(text, Span(5, 9), Layout(60))
    assert [flat(line) for line in lines] == [shown]
