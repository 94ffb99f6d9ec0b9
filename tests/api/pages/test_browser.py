"""Asking and reading in real Chromium, over a small index with fake models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, Page, expect

from api.app import create_app
from api.jobs.files import JobPlan
from api.pages.marking import exact
from qa.assembly import Pincite
from qa.types import Alternative
from tests.api.fakes import FakeService, answer, citation
from tests.api.pages.browsing import SIZES, axe_faults, opened, served
from tests.index.documents import column, make_pdf
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite

# A column of two pages; what it says of the lantern stands far down the second one.
TOWER = [column([f"Line {n} of page {page} tells of stones." for n in range(38)], top=560)
         for page in (1, 2)]  # fmt: skip
TOWER[1][30] = TOWER[1][30]._replace(text="The lantern of the tower weighs four tons.")
FILES: dict[str, str | bytes] = {
    "baku.md": "---\ntitle: Baku\nauthor: R. Aliyeva\npublished: 2020-12-03\n---\n\nThe Defence "
    "Ministry in Baku says that 2,783 of its soldiers died in the war.\n",
    "yerevan.md": "---\ntitle: Yerevan\npublished: 2021-03-01\n---\n\nHow many soldiers died? "
    "Armenia claims that its enemy reportedly lost 7,630 soldiers.\n",
    "letters.txt": "𝔖𝔢𝔢 the 😀 harbour, it is said, by night.\r\n\r\n"
    "قال الحارس 🏮 إن منارة الميناء أضيئت عام 1987 للسفن 𐍈 كلها.\r\n\r\nThe end of it all 😀.\r\n"
    + "".join(f"\r\nEntry {n} of the harbour book tells nothing.\r\n" for n in range(80)),
    "tower.pdf": make_pdf(TOWER, title="The tower"),
    "hostile.md": '---\ntitle: "<img src=x onerror=alert(1)>"\nauthor: "<script>alert(2)</script>"'
    "\nurl: javascript:alert(3)\n---\n\nThe gatekeeper <script>alert(4)</script> is <b>Mallory"
    "</b> of \"'&quot;&lt; the tower.\n",
}
MARGINS = {"2,783": 4.0, "7,630": 1.5, "1987": 3.0, "Mallory": 3.0, "four tons": 3.0}
WAR = "/?q=how+many+soldiers+died+in+the+war"


@pytest.fixture(scope="module")
def pincite(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    folder = tmp_path_factory.mktemp("pages")
    build_index(folder / "index", write_files(folder / "sources", FILES))
    return open_pincite(folder / "index", MARGINS)


@pytest.fixture(scope="module")
def site(pincite: Pincite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    plan = JobPlan(tmp_path_factory.mktemp("jobs"))
    with served(create_app(lambda: pincite, jobs=plan)) as address:
        yield address


@pytest.fixture
def plain(browser: Browser, site: str) -> Iterator[Page]:
    """A browser without JavaScript."""
    with opened(browser, site, java_script_enabled=False) as page:
        yield page


def test_a_question_is_answered_with_its_citation(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("searchbox", name="Your question")).to_be_focused()
    page.keyboard.type("who is the gatekeeper")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("Mallory")
    expect(page).to_have_url("/?q=who+is+the+gatekeeper")
    assert page.locator(".card mark").all_text_contents() == ["Mallory"]
    expect(page.locator(".answer .sure")).to_contain_text("Almost certainly right 0.95")
    expect(page.locator("footer")).to_contain_text("Generation 1, built")
    # A screen reader is told, though the question box keeps the focus.
    expect(page.get_by_role("status")).to_contain_text("Mallory")


def test_no_answer_says_so_plainly(page: Page) -> None:
    page.goto("/?q=entry+tells")
    expect(page.locator("#answer")).to_have_text("Your sources do not say.")
    expect(page.get_by_role("heading", name="Nearest passages")).to_be_visible()
    assert page.locator(".passages li").count() > 0


def top(shown: Locator) -> float:
    box = shown.bounding_box()
    assert box is not None
    return box["y"]


def test_rivals_stand_side_by_side_on_a_desk_and_below_one_another_on_a_phone(page: Page) -> None:
    page.goto(WAR)
    first, second = page.locator(".position").all()
    expect(first.locator("h3")).to_have_text("2,783")
    expect(second.locator("h3")).to_have_text("7,630")
    expect(first).to_contain_text("3 December 2020")
    expect(second).to_contain_text("Newer: 1 March 2021, against 3 December 2020")
    expect(second).to_contain_text("Attributed to Armenia")
    expect(second).to_contain_text("Hedged: “reportedly”")
    assert top(first) == top(second)
    page.set_viewport_size({"width": 360, "height": 700})
    assert top(first) < top(second)
    for address in ("/", WAR, "/?q=who&max_error=5%25", "/sources", "/nowhere"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("kind", ["page", "plain"])
def test_a_click_opens_the_source_at_the_quote(
    kind: str, pincite: Pincite, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(kind)
    question = "منارة الميناء"
    (citation,) = pincite.ask(question).citations
    assert "🏮" in citation.quote
    page.goto(f"/?q={question}")
    assert page.locator(".card mark").all_text_contents() == ["1987"]
    page.locator(".card .title a").click()
    quote = page.locator("mark.quote")
    expect(quote).to_be_in_viewport()
    assert quote.text_content() == citation.quote
    assert page.locator(".text").text_content() == pincite.text(citation.source.id)[2]


@pytest.mark.parametrize("kind", ["page", "plain"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("question", "answer", "place"),
    [
        ("منارة الميناء", "1987", "line 3"),
        ("how heavy is the lantern", "four tons", "page 2, line"),
    ],
)
def test_a_citation_opens_with_all_of_its_quote_in_view(
    kind: str, size: str, question: str, answer: str, place: str, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(kind)
    page.set_viewport_size(SIZES[size])
    page.goto(f"/?q={question}")
    assert page.locator(".card mark").all_text_contents() == [answer]
    expect(page.locator(".card .place")).to_contain_text(place)
    page.locator(".card .title a").click()
    quote = page.locator("mark.quote").first
    expect(quote).to_be_in_viewport(ratio=1)
    expect(quote).to_contain_text(answer)
    # Not at the edge, where its surroundings would be missing.
    assert quote.evaluate(
        "quote => quote.getBoundingClientRect().top / innerHeight"
    ) == pytest.approx(0.3, abs=0.25)


def test_an_address_without_a_fragment_comes_to_the_quote_as_well(
    plain: Page, pincite: Pincite
) -> None:
    source = next(s for s in pincite.sources() if s.path.endswith("letters.txt"))
    text = pincite.text(source.id)[2]
    start = text.index("Entry 40")
    plain.goto(f"/sources/{source.id}?start={start}&end={start + 8}")
    expect(plain.locator("mark.quote")).to_be_in_viewport()
    assert plain.locator("mark.quote").text_content() == "Entry 40"


def test_asking_and_reading_need_no_javascript(plain: Page) -> None:
    plain.goto("/")
    plain.get_by_role("searchbox").fill("who is the gatekeeper")
    plain.get_by_role("button", name="Ask").click()
    expect(plain.locator("#answer")).to_have_text("Mallory")
    plain.get_by_role("link", name="Sources").click()
    expect(plain.locator("#adding")).to_be_hidden()
    expect(plain.get_by_text("Adding, rebuilding and removing need JavaScript")).to_be_visible()
    expect(plain.locator(".remove").first).to_be_hidden()
    plain.get_by_label("Words").fill("baku")
    plain.get_by_role("button", name="Show").click()
    assert plain.locator(".sources .title").all_text_contents() == ["Baku"]
    plain.get_by_role("link", name="Baku").click()
    expect(plain.get_by_text("at the command line: pincite remove src_")).to_be_visible()


def test_a_hostile_source_is_text(page: Page) -> None:
    title = "<img src=x onerror=alert(1)>"
    page.goto("/?q=who+is+the+gatekeeper")
    expect(page.locator(".card .title")).to_have_text(title)
    page.locator(".card .title a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".text")).to_contain_text("<script>alert(4)</script> is <b>Mallory</b>")
    assert page.locator("main script, main img, main b, a[href^=javascript]").count() == 0
    page.goto("/?q=<script>alert(5)</script>%22%3E<img src=x onerror=alert(6)>")
    assert page.locator("main script, main img").count() == 0


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/")
    page.keyboard.type("who is the gatekeeper")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    link = page.locator(".card .title a")
    for _ in range(12):
        if link.evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(link).to_be_focused()
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("mark.quote")).to_be_in_viewport()
    page.goto("/sources")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()


def test_a_largest_error_that_cannot_be_promised_is_said_on_the_page(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill("who is the gatekeeper")
    page.get_by_text("Narrow it down").click()
    page.get_by_label("Largest error").fill("5%")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No error can be promised with these models")
    expect(page).to_have_url("/?q=who+is+the+gatekeeper&max_error=5%25")
    expect(page.get_by_label("Largest error")).to_have_value("5%")


@pytest.mark.parametrize("address", ["/nowhere", "/sources/none", "/static/none"])
def test_what_is_not_there_is_told_in_the_sites_design(page: Page, address: str) -> None:
    response = page.goto(address)
    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", level=1)).to_contain_text("There is no such")
    page.get_by_role("link", name="see the sources").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service that answers everything with a list."""
    items = tuple(
        Alternative(name, 0.8, (citation(answer=name),)) for name in ("Iran", "officials")
    )
    service = FakeService(answers=replace(answer(), items=items))
    plan = JobPlan(tmp_path_factory.mktemp("listing"))
    with served(create_app(lambda: service, jobs=plan)) as address:
        yield address


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(
    browser: Browser, site: str, listing: str, pincite: Pincite, scheme: Any, size: str
) -> None:
    ids = {source.path.rpartition("/")[2]: source.id for source in pincite.sources()}
    letters, tower = f"/sources/{ids['letters.txt']}", f"/sources/{ids['tower.pdf']}"
    addresses = ("/", WAR, "/?q=entry+tells", "/?q=who&max_error=5%25", "/sources",
                 f"{letters}?start=0&end=9", f"{letters}?start=0&end=999999", tower,
                 "/sources/none", "/nowhere")  # fmt: skip
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": SIZES[size], "bypass_csp": True}
    with opened(browser, site, **options) as page:
        for address in addresses:
            page.goto(address)
            assert axe_faults(page) == []
    with opened(browser, listing, **options) as page:
        page.goto("/?q=which+countries&max_error=20%25")
        expect(page.get_by_role("heading", name="All that was found, 2")).to_be_visible()
        assert axe_faults(page) == []


def test_text_reaches_the_page_to_the_letter(browser: Browser) -> None:
    page = browser.new_page()

    @settings(max_examples=60)
    @given(st.text(st.one_of(st.sampled_from("\r\n\t <&\"'\f\ufeff\u202e😀"), st.characters())))
    def holds(text: str) -> None:
        read = "html => new DOMParser().parseFromString(html, 'text/html').body.textContent"
        shown = page.evaluate(read, f"<!doctype html><body><div>{exact(text)}</div>")
        assert shown == text.replace("\0", "\ufffd")

    holds()
    page.close()
