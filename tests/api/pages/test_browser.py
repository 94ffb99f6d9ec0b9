"""The page in real Chromium: needs no network, and skips only where there is no Chromium.

The calls that add and rebuild are small fakes here; the rest is the real application over a small
index with fake models.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Dialog, Locator, Page, expect, sync_playwright
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from api.app import create_app
from api.pages.marking import exact
from qa.assembly import Pincite
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
# Set where Chromium has to be there, as in continuous integration.
NEEDED = os.environ.get("PINCITE_NEEDS_CHROMIUM", "0") not in ("", "0")
if CHROMIUM is None and not NEEDED:
    pytest.skip("there is no Chromium here: install it, or trust CI", allow_module_level=True)

FILES = {
    "baku.md": "---\ntitle: Baku\nauthor: R. Aliyeva\npublished: 2020-12-03\n---\n\nThe Defence "
    "Ministry in Baku says that 2,783 of its soldiers died in the war.\n",
    "yerevan.md": "---\ntitle: Yerevan\npublished: 2021-03-01\n---\n\nHow many soldiers died? "
    "Armenia claims that its enemy reportedly lost 7,630 soldiers.\n",
    "letters.txt": "𝔖𝔢𝔢 the 😀 harbour, it is said, by night.\r\n\r\n"
    "قال الحارس 🏮 إن منارة الميناء أضيئت عام 1987 للسفن 𐍈 كلها.\r\n\r\nThe end of it all 😀.\r\n"
    + "".join(f"\r\nEntry {n} of the harbour book tells nothing.\r\n" for n in range(80)),
    "hostile.md": '---\ntitle: "<img src=x onerror=alert(1)>"\nauthor: "<script>alert(2)</script>"'
    "\nurl: javascript:alert(3)\n---\n\nThe gatekeeper <script>alert(4)</script> is <b>Mallory"
    "</b> of \"'&quot;&lt; the tower.\n",
}
MARGINS = {"2,783": 4.0, "7,630": 1.5, "1987": 3.0, "Mallory": 3.0}
WAR = "/?q=how+many+soldiers+died+in+the+war"


@dataclass
class FakeJobs:
    """Takes a file or a rebuild, and says how far it is in three steps."""

    key: str | None = None
    added: list[tuple[str, bytes]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    failing: bool = False
    cancelled: bool = False

    def routes(self) -> list[Route]:
        return [
            Route("/v1/sources", self.add, methods=["POST"]),
            Route("/v1/index/rebuild", self.rebuild, methods=["POST"]),
            Route("/v1/jobs/{id}/events", self.events),
            Route("/v1/jobs/{id}", self.cancel, methods=["DELETE"]),
        ]

    def _refusal(self, request: Request) -> JSONResponse | None:
        if self.key is None or request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return JSONResponse({"detail": "send a key that may write"}, 401)

    async def add(self, request: Request) -> JSONResponse:
        form = await request.form()
        file: Any = form["file"]
        self.added.append((file.filename, await file.read()))
        await form.close()
        return self._accepted("add")

    async def rebuild(self, request: Request) -> JSONResponse:
        return self._refusal(request) or self._accepted("rebuild")

    def _accepted(self, kind: str) -> JSONResponse:
        job = self._job("queued") | {"kind": kind}
        return JSONResponse(job, 202, {"location": "/v1/jobs/job_1"})

    def _job(self, status: str, done: int = 0, stage: str | None = None) -> dict[str, Any]:
        progress = {"done": done, "total": 4 if stage else None, "stage": stage}
        error = "the disk is full" if status == "failed" else None
        generation = 7 if status == "done" else None
        return {"id": "job_1", "kind": "rebuild", "status": status, "progress": progress,
                "error": error, "generation": generation}  # fmt: skip

    async def events(self, _request: Request) -> StreamingResponse:
        async def stream() -> AsyncIterator[str]:
            yield self._event(self._job("queued"))
            yield self._event(self._job("running", 3, "embedding"))
            while not self.go_on.is_set() and not self.cancelled:
                await asyncio.sleep(0.01)
            end = "cancelled" if self.cancelled else "failed" if self.failing else "done"
            yield self._event(self._job(end))

        return StreamingResponse(stream(), media_type="text/event-stream")

    def _event(self, job: dict[str, Any]) -> str:
        return f"event: progress\r\ndata: {json.dumps(job)}\r\n\r\n"

    async def cancel(self, _request: Request) -> JSONResponse:
        self.cancelled = True
        return JSONResponse(self._job("running"))


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port of the loopback; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def pincite(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    folder = tmp_path_factory.mktemp("pages")
    build_index(folder / "index", write_files(folder / "sources", FILES))
    return open_pincite(folder / "index", MARGINS)


@pytest.fixture(scope="module")
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture(scope="module")
def site(pincite: Pincite, jobs: FakeJobs) -> Iterator[str]:
    app = create_app(lambda: pincite)
    app.router.routes[:0] = jobs.routes()
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@contextmanager
def opened(browser: Browser, site: str, **options: Any) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen, nor be fetched from elsewhere."""
    context = browser.new_context(base_url=site, **options)
    page = context.new_page()
    wrong: list[str] = []

    def noted(fault: str) -> None:
        wrong.append(fault)

    def dismissed(dialog: Dialog) -> None:
        noted(dialog.message)
        dialog.dismiss()

    page.on("pageerror", lambda error: noted(str(error)))
    page.on("dialog", dismissed)
    page.on("console", lambda said: noted(said.text) if said.type == "error" else None)
    page.on("request", lambda sent: None if sent.url.startswith(site) else noted(sent.url))
    yield page
    context.close()
    assert [fault for fault in wrong if "status of 4" not in fault] == []


@pytest.fixture
def page(browser: Browser, site: str, jobs: FakeJobs) -> Iterator[Page]:
    jobs.key, jobs.failing, jobs.cancelled = None, False, False
    jobs.added.clear()
    jobs.go_on.clear()
    with opened(browser, site) as page:
        yield page
    jobs.go_on.set()


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
    expect(page).to_have_url("/?q=who+is+the+gatekeeper&source=&since=&until=&min_confidence=")
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
    for address in ("/", WAR, "/sources"):
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


def test_an_address_without_a_fragment_comes_to_the_quote_as_well(
    plain: Page, pincite: Pincite
) -> None:
    source = next(s for s in pincite.sources() if s.path.endswith("letters.txt"))
    text = pincite.text(source.id)[2]
    start = text.index("Entry 70")
    plain.goto(f"/sources/{source.id}?start={start}&end={start + 8}")
    expect(plain.locator("mark.quote")).to_be_in_viewport()
    assert plain.locator("mark.quote").text_content() == "Entry 70"


def test_asking_and_reading_need_no_javascript(plain: Page) -> None:
    plain.goto("/")
    plain.get_by_role("searchbox").fill("who is the gatekeeper")
    plain.get_by_role("button", name="Ask").click()
    expect(plain.locator("#answer")).to_have_text("Mallory")
    plain.get_by_role("link", name="Sources").click()
    expect(plain.locator("#adding")).to_be_hidden()
    expect(plain.get_by_text("Adding and rebuilding need JavaScript")).to_be_visible()
    plain.get_by_label("Words").fill("baku")
    plain.get_by_role("button", name="Show").click()
    assert plain.locator(".sources .title").all_text_contents() == ["Baku"]


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


def test_a_file_is_added(page: Page, jobs: FakeJobs) -> None:
    page.goto("/sources")
    jobs.go_on.set()
    page.get_by_label("Drop a file").set_input_files(
        {"name": "<b>ü.txt", "mimeType": "text/plain", "buffer": "lämp".encode()}
    )
    expect(page.locator(".job .stage")).to_have_text("Done: generation 7 answers now.")
    assert jobs.added == [("<b>ü.txt", "lämp".encode())]
    expect(page.locator(".job .what")).to_have_text("<b>ü.txt")
    expect(page.locator("#generation")).to_have_text("7")


def test_a_file_is_dropped(page: Page, jobs: FakeJobs) -> None:
    page.goto("/sources")
    jobs.go_on.set()
    dropped = page.evaluate_handle(
        "() => { const held = new DataTransfer();"
        " held.items.add(new File(['x'], 'a.md')); return held; }"
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    expect(page.locator(".job .stage")).to_have_text("Done: generation 7 answers now.")
    assert jobs.added == [("a.md", b"x")]


def test_a_rebuild_shows_how_far_it_is(page: Page, jobs: FakeJobs) -> None:
    page.goto("/sources")
    page.get_by_role("button", name="Rebuild the index").click()
    expect(page.locator(".job .stage")).to_have_text("Embedding: 3 of 4")
    assert page.get_by_role("progressbar").evaluate("bar => bar.value / bar.max") == 0.75
    expect(page.get_by_role("status")).to_have_text("Rebuilding the index: Embedding")
    jobs.go_on.set()
    expect(page.locator(".job .stage")).to_have_text("Done: generation 7 answers now.")


def test_a_rebuild_that_fails_and_one_that_is_cancelled_say_so(page: Page, jobs: FakeJobs) -> None:
    page.goto("/sources")
    page.get_by_role("button", name="Rebuild the index").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job .stage")).to_have_text("Cancelled.")
    jobs.cancelled, jobs.failing = False, True
    jobs.go_on.set()
    page.get_by_role("button", name="Rebuild the index").click()
    expect(page.locator(".job .stage").first).to_have_text("Failed: the disk is full")


def test_a_key_is_asked_for_and_kept_for_the_visit(page: Page, jobs: FakeJobs) -> None:
    jobs.key = "pk_secret"
    jobs.go_on.set()
    page.goto("/sources")
    page.get_by_role("button", name="Rebuild the index").click()
    page.get_by_role("textbox", name="Key").fill("pk_secret")
    page.keyboard.press("Enter")
    expect(page.locator(".job .stage")).to_have_text("Done: generation 7 answers now.")
    page.reload()
    page.get_by_role("button", name="Rebuild the index").click()
    expect(page.locator(".job .stage")).to_have_text("Done: generation 7 answers now.")


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(browser: Browser, site: str, pincite: Pincite, scheme: Any) -> None:
    source = next(s for s in pincite.sources() if s.path.endswith("letters.txt"))
    reading = f"/sources/{source.id}?start=0&end=9"
    with opened(browser, site, color_scheme=scheme, bypass_csp=True) as page:
        for address in ("/", WAR, "/?q=entry+tells", "/sources", reading, "/sources/none"):
            page.goto(address)
            found = Axe().run(page).response["violations"]
            assert [(address, fault["id"], fault["help"]) for fault in found] == []


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
