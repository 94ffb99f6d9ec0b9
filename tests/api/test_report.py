from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.charts import reliability_diagram, risk_coverage_diagram
from api.report import report_page
from api.report_style import STYLE
from index.types import Span
from qa.evaluation import RiskPoint, reliability, risk_coverage
from qa.outcomes import Excerpt
from tests.api.fakes import outcome, trial

VOID = {"meta"}


class Checked(HTMLParser):
    """Reads a page, and sees that what is opened is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(*outcomes: object, **changes: object) -> str:
    made = trial(*outcomes)  # type: ignore[arg-type]
    return report_page("own.jsonl", replace(made, **changes), "2026-01-02 03:04 UTC")  # type: ignore[arg-type]


def test_the_page_holds_tables_diagrams_and_misses() -> None:
    seen = Checked(page())
    assert seen.tags.count("svg") == 2
    assert seen.tags.count("table") == 4
    assert "How well Pincite answers own.jsonl" in seen.text
    assert "generation 3" in seen.text
    assert "2026-01-02 03:04 UTC" in seen.text
    wrong, declined = page().split("Declined, though there is an answer")
    assert wrong.index("who sold the drones") < wrong.index("who lives on the moon")
    assert '<mark class="guess">Ankara</mark>' in wrong
    assert "Wanted: <bdi>no answer</bdi>" in wrong
    assert "2 of 2" in wrong
    assert "when was that" in declined
    assert "corpus/rival.pdf</bdi>, rank 2" in declined
    assert "who supplied the drones" not in page()


def test_the_page_needs_nothing_else() -> None:
    text = page()
    seen = Checked(text)
    assert not {"script", "link", "img", "iframe", "object", "a"} & set(seen.tags)
    assert not any(name in ("src", "href") or name.startswith("on") for name, _ in seen.attributes)
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


EVIL = '</style><script>alert(1)</script><img src=x onerror="a()">&\u202e\x00\udcff'


def test_no_text_is_markup() -> None:
    one = outcome(
        f"who {EVIL}", f"{EVIL} {'one two three ' * 9}", guess=f"guess {EVIL}", confidence=0.9
    )
    one = replace(
        one,
        given=Excerpt(f"path {EVIL}", f"text {EVIL} here", Span(5, 9), 1),
        wanted=Excerpt(f"path {EVIL}", f"text {EVIL}", None, None),
    )
    made = replace(trial(one), models={"reader": EVIL})
    text = report_page(f"file {EVIL}", made, "now")
    seen = Checked(text)
    assert not {"script", "img"} & set(seen.tags)
    assert seen.text.count("alert(1)") == text.count("alert(1)") > 6
    assert not set(text) & set("\u202e\x00\udcff")
    text.encode()


def test_a_passage_that_was_not_found_says_so() -> None:
    one = outcome("who", "Iran", guess="Oman", confidence=0.9)
    assert one.wanted is not None
    lost = replace(one, wanted=replace(one.wanted, rank=None))
    assert "not among the first 20: <bdi>corpus/rival.pdf</bdi>" in page(lost)
    assert "wanted from <bdi>corpus/rival.pdf</bdi>" in page(replace(lost, retrieved=None))
    assert "No passage of the index answers it." in page(replace(one, wanted=None))


def test_one_passage_is_shown_once_with_both_marks() -> None:
    text = "Turkey sold them, and Ankara paid."
    one = outcome("who", "Turkey", guess="Ankara", confidence=0.9)
    given = Excerpt("a.md", text, Span(22, 28), 1)
    both = replace(one, given=given, wanted=replace(given, mark=Span(0, 6)))
    shown = page(both)
    marked = '<mark class="answer">Turkey</mark> sold them, and <mark class="guess">Ankara</mark>'
    assert shown.count("paid.") == shown.count(marked) == 1
    assert "found in and wanted from <bdi>a.md</bdi>, rank 1" in shown
    overlapping = replace(both, wanted=replace(given, mark=Span(18, 28)))
    assert ', and <mark class="guess">Ankara</mark> paid.' in page(overlapping)


def test_nothing_to_show_is_no_failure() -> None:
    seen = Checked(page(outcome("what is love")))
    assert "svg" not in seen.tags
    assert "Nothing was found for any question." in seen.text
    assert "Retrieval" not in seen.text
    assert "In numbers" in seen.text


ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50)


@given(ANSWERS)
def test_diagrams_are_sound_and_stay_in_the_picture(answers: list[tuple[float, bool]]) -> None:
    sure, right = [c for c, _ in answers], [r for _, r in answers]
    curve = risk_coverage(sure, right)
    chance = right.count(False) / len(right)
    for picture in (
        reliability_diagram(reliability(sure, right)),
        risk_coverage_diagram(curve, curve[len(curve) // 2], chance),
    ):
        root = ElementTree.fromstring(picture)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for points in re.findall(r'points="([^"]*)"', picture):
            for x, y in (map(float, point.split(",")) for point in points.split()):
                assert 0 <= x <= width
                assert 0 <= y <= height
        for bar in root.iter("rect"):
            assert float(bar.attrib["height"]) >= 0
            assert float(bar.attrib["width"]) > 0


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    curve = [RiskPoint((i + 1) / 5000, 0.5) for i in range(5000)]
    picture = risk_coverage_diagram(curve, None, 0.5)
    line = re.search(r'class="curve" points="([^"]*)"', picture)
    assert line is not None
    assert len(line[1].split()) <= 320
    assert line[1].endswith("344.0,140.0")


@pytest.mark.parametrize("name", ["--ink", "--paper", "--blue", "--mark", "--red"])
def test_every_colour_has_a_light_a_dark_and_a_printed_form(name: str) -> None:
    assert STYLE.count(f"{name}: #") == 3
