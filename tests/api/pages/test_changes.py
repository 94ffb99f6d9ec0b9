"""Adding, rebuilding and removing in real Chromium, over the real application: its calls, its jobs
and their worker, an index of small files, and an embedder of a few thousand weights. Only who reads
the passages is a fake."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Error, Page, expect

from api.app import create_app
from api.guard import Policy
from api.jobs.files import JobPlan
from api.keys import KeyFile
from index.folding import Aliases
from index.generations import Generations, models_folder
from index.search import Searcher, open_generation
from index.uploads import uploads_folder
from qa.answering import Answerer, ReadingSettings
from qa.assembly import Pincite, build
from qa.parts import Models
from qa.settings import Settings, load_settings
from tests.api.pages.browsing import SIZES, axe_faults, opened, served
from tests.fakes import FakeReader
from tests.index.helpers import write_files
from tests.qa.helpers import PLAIN
from tests.tiny_models import tiny_encoder, tiny_reader

FILES = {
    "lamp.md": "# The lamp\n\nThe harbour lamp was lit by Agnes Thorn.\n",
    "mill.txt": "The mill on the river was sold to Jonas Lind.\n",
}
MARGINS = {"Agnes Thorn": 4.0, "Jonas Lind": 4.0, "Ida Holm": 4.0}
BELL = {"name": "bell <b>ü.md", "mimeType": "text/markdown",
        "buffer": b"The bell in the chapel was cast by Ida Holm.\n"}  # fmt: skip
# The fake reader looks wherever it finds a word of the question.
WHO_CAST = "/?q=who+cast+bell"
WHO_LIT = "/?q=who+lit+lamp"
NONE = "Your sources do not say."


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that name small models, compiled already."""
    folder = tmp_path_factory.mktemp("models")
    settings = load_settings(
        {
            "index": folder / "index",
            "embedder": str(tiny_encoder(folder / "encoder", 256)),
            "reader": str(tiny_reader(folder / "reader", 256)),
        },
        environment={}, config=folder / "none.toml",
    )  # fmt: skip
    build([write_files(folder / "sources", FILES)], settings)
    return replace(settings, models=models_folder(settings.index, None))


@dataclass(frozen=True)
class House:
    """An index with its sources. hold: a file; while it is there jobs wait after a first step."""

    settings: Settings
    sources: Path
    hold: Path

    def app(self, keys: KeyFile | None = None, policy: Policy | None = None) -> Any:
        index = self.settings.index
        worker = (sys.executable, "-m", "tests.api.pages.worker", str(self.hold))
        told = msgspec.to_builtins(self.settings, enc_hook=str)
        return create_app(
            self._open, mark=Generations(index).pointer_mark, keys=keys, policy=policy,
            jobs=JobPlan(index, told, worker=worker),
        )  # fmt: skip

    def _open(self) -> Pincite:
        opened = open_generation(self.settings.index, Aliases.load())
        embedder = Models(self.settings).embedder(opened.manifest.models["embedder"])
        searcher = Searcher(opened, embedder)
        answerer = Answerer(opened, searcher, FakeReader(MARGINS), PLAIN, ReadingSettings(10, 0.5))
        return Pincite(opened, searcher, answerer, self.settings)


@pytest.fixture
def house(models: Settings, tmp_path: Path) -> House:
    settings = replace(models, index=tmp_path / "index")
    sources = write_files(tmp_path / "sources", FILES)
    build([sources], settings)
    return House(settings, sources, tmp_path / "hold")


@pytest.fixture
def site(house: House) -> Iterator[str]:
    with served(house.app()) as address:
        yield address


@contextlib.contextmanager
def held_up(house: House) -> Iterator[None]:
    """No job ends meanwhile."""
    house.hold.touch()
    try:
        yield
    finally:
        house.hold.unlink(missing_ok=True)


def job(page: Page, named: str = "") -> Any:
    """What the card of a job says."""
    return page.locator(".job").filter(has_text=named).locator(".stage")


def choose(page: Page, *files: Any) -> None:
    page.get_by_label("Drop a file").set_input_files(list(files))


def drop(page: Page, *files: Any) -> None:
    """Drop files as a file manager does."""
    told = [{**file, "buffer": list(file["buffer"])} for file in files]
    dropped = page.evaluate_handle(
        "files => { const held = new DataTransfer(); for (const file of files) held.items.add("
        "new File([new Uint8Array(file.buffer)], file.name, { type: file.mimeType }));"
        " return held; }",
        told,
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})


def ask_to_remove(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Remove {title}").click()
    expect(page.get_by_role("dialog", name="Remove this source?")).to_contain_text(title)


def remove(page: Page, title: str) -> None:
    ask_to_remove(page, title)
    page.get_by_role("button", name="Remove it").click()


@pytest.mark.parametrize("give", [choose, drop])
def test_a_file_is_added_asked_about_and_removed_again(
    page: Page, house: House, give: Callable[..., None]
) -> None:
    page.goto("/sources")
    give(page, BELL)
    expect(page.locator(".job .what")).to_have_text("Adding bell <b>ü.md")
    expect(job(page)).to_have_text("Done: generation 2 answers now.")
    expect(page.locator("#generation")).to_have_text("2")
    page.goto(WHO_CAST)
    expect(page.locator("#answer")).to_have_text("Ida Holm")
    expect(page.locator(".card .title")).to_have_text("bell <b>ü")
    page.locator(".card .title a").click()
    expect(page.locator("mark.quote")).to_have_text("The bell in the chapel was cast by Ida Holm.")
    remove(page, "bell <b>ü")
    expect(job(page)).to_have_text("Done: generation 3 answers now.")
    expect(page.locator(".remove")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such source")
    page.goto(WHO_CAST)
    expect(page.locator("#answer")).to_have_text(NONE)
    # What was kept for it is gone with it.
    kept = uploads_folder(house.settings.index)
    assert [path.name for path in kept.iterdir()] == [".incoming"]


def test_a_source_is_removed_from_the_list(page: Page, house: House) -> None:
    page.goto(WHO_LIT)
    expect(page.locator("#answer")).to_have_text("Agnes Thorn")
    page.goto("/sources")
    ask_to_remove(page, "The lamp")
    # Whoever only presses Enter, or Escape, removes nothing.
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove The lamp")).to_be_focused()
    expect(page.locator(".job")).to_have_count(0)
    row = page.locator(".removable").filter(has_text="The lamp")
    with held_up(house):
        remove(page, "The lamp")
        expect(row.locator(".job .what")).to_have_text("Removing The lamp")
        expect(row.locator(".job .stage")).to_have_text("Reading: 1 of 1")
        expect(row.locator(".remove")).to_be_hidden()
        expect(page.locator(".job:focus")).to_have_count(1)
    expect(row.locator(".job .stage")).to_have_text("Done: generation 2 answers now.")
    expect(row.locator(".title a")).not_to_have_attribute("href", re.compile("."))
    page.goto(WHO_LIT)
    expect(page.locator("#answer")).to_have_text(NONE)
    # A file that was not added here stays where it is.
    assert (house.sources / "lamp.md").exists()
    page.goto("/sources")
    expect(page.locator("#list-title")).to_have_text("1 source")


def test_a_rebuild_shows_how_far_it_is(page: Page, house: House) -> None:
    page.goto("/sources")
    (house.sources / "lamp.md").write_text("# The lamp\n\nThe lamp was lit by Ida Holm.\n")
    (house.sources / "broken.pdf").write_bytes(b"%PDF-1.4 no")
    with held_up(house):
        page.get_by_role("button", name="Rebuild the index").click()
        expect(job(page)).to_have_text("Reading: 1 of 3")
        bar = page.get_by_role("progressbar", name="Rebuilding the index")
        assert bar.evaluate("bar => bar.value / bar.max") == pytest.approx(1 / 3)
        expect(page.get_by_role("status")).to_have_text("Rebuilding the index: Reading")
        expect(page.get_by_role("button", name="Rebuild the index")).to_be_disabled()
    expect(job(page)).to_have_text("Done: generation 2 answers now.")
    expect(page.locator(".job")).to_contain_text("broken.pdf: ")
    expect(page.get_by_role("status")).to_contain_text("Done: generation 2 answers now.")
    expect(page.get_by_role("button", name="Rebuild the index")).to_be_enabled()
    page.get_by_role("link", name="Show the list as it is now").click()
    expect(page.locator("#generation")).to_have_text("2")
    page.goto(WHO_LIT)
    expect(page.locator("#answer")).to_have_text("Ida Holm")


def rebuild(page: Page) -> None:
    page.get_by_role("button", name="Rebuild the index").click()


JOBS: dict[str, Callable[[Page], None]] = {
    "Rebuilding the index": rebuild,
    "Adding bell <b>ü": lambda page: choose(page, BELL),
    "Removing The lamp": lambda page: remove(page, "The lamp"),
}


@pytest.mark.parametrize("named", JOBS)
def test_a_job_is_picked_up_again_whoever_asked_for_it(
    page: Page, house: House, browser: Browser, site: str, named: str
) -> None:
    page.goto("/sources")
    with opened(browser, site) as other, held_up(house):
        JOBS[named](page)
        expect(job(page, named)).to_contain_text("Reading: 1 of")
        page.reload()
        other.goto("/sources")
        for shown in (page, other):
            expect(job(shown, named)).to_contain_text("Reading: 1 of")
            expect(shown.get_by_role("progressbar", name=named)).to_be_visible()
        rebuilding = page.get_by_role("button", name="Rebuild the index")
        expect(rebuilding).to_be_enabled(enabled=named != "Rebuilding the index")
        house.hold.unlink()
        for shown in (page, other):
            expect(job(shown, named)).to_contain_text("Done: generation")
        expect(rebuilding).to_be_enabled()


def test_the_page_of_a_source_picks_up_its_removal(page: Page, house: House) -> None:
    page.goto(WHO_LIT)
    page.locator(".card .title a").click()
    with held_up(house):
        remove(page, "The lamp")
        expect(job(page)).to_contain_text("Reading: 1 of")
        page.reload()
        expect(job(page)).to_contain_text("Reading: 1 of")
        expect(page.locator(".remove")).to_be_hidden()
        # Another source has nothing to do with it.
        page.goto("/?q=who+bought+mill")
        page.locator(".card .title a").click()
        expect(page.get_by_role("button", name="Remove The mill")).to_be_visible()
        expect(page.locator(".job")).to_have_count(0)
        page.go_back()
        page.go_back()
        expect(job(page)).to_contain_text("Reading: 1 of")
    expect(job(page)).to_have_text("Done: generation 2 answers now.")


def test_many_files_wait_for_their_turn_and_the_page_goes_on(page: Page, house: House) -> None:
    # More than a browser has connections to one host.
    names = [f"bell {n}.txt" for n in range(8)]
    files = [{"name": name, "mimeType": "text/plain", "buffer": f"Bell of {name}".encode()}
             for name in names]  # fmt: skip
    page.goto("/sources")
    with held_up(house):
        choose(page, *files)
        expect(page.locator(".job .stage").first).to_contain_text("Reading: 1 of")
        expect(page.get_by_text("Waits for its turn", exact=True)).to_have_count(7)
        page.reload()
        expect(page.get_by_text("Waits for its turn", exact=True)).to_have_count(7)
        last = page.locator(".job").last
        last.get_by_role("button", name="Cancel").click()
        expect(last.locator(".stage")).to_have_text("Cancelled.")
        for card in page.locator(".job").all()[1:-1]:
            card.get_by_role("button", name="Cancel").click()
            expect(card.locator(".stage")).to_have_text("Cancelled.")
    expect(page.locator(".job .stage").first).to_have_text("Done: generation 2 answers now.")


def test_what_fails_and_what_is_cancelled_says_so(page: Page, house: House) -> None:
    page.goto("/sources")
    choose(page, {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 no"})
    expect(job(page, "x.pdf")).to_contain_text("Failed: ")
    expect(job(page, "x.pdf")).to_contain_text("broken")
    choose(page, {"name": "x.png", "mimeType": "image/png", "buffer": b"x"})
    expect(job(page, "x.png")).to_contain_text("Send a file of one of these kinds")
    with held_up(house):
        page.get_by_role("button", name="Rebuild the index").click()
        expect(job(page, "Rebuilding")).to_contain_text("Reading")
        page.get_by_role("button", name="Cancel").click()
        expect(job(page, "Rebuilding")).to_have_text("Cancelled.")
        remove(page, "The lamp")
        expect(job(page, "Removing")).to_contain_text("Reading")
        page.get_by_role("button", name="Cancel").click()
        expect(job(page, "Removing")).to_have_text("Cancelled.")
        expect(page.get_by_role("button", name="Remove The lamp")).to_be_visible()
    expect(page.locator("#generation")).to_have_text("1")


def test_a_job_that_the_services_end_interrupted_is_started_again(
    house: House, browser: Browser
) -> None:
    with contextlib.ExitStack() as running:
        site = running.enter_context(served(house.app()))
        with opened(browser, site) as page:
            page.goto("/sources")
            (house.sources / "new.txt").write_text("A new one.\n")
            with held_up(house):
                rebuild(page)
                expect(job(page)).to_contain_text("Reading: 1 of")
                running.close()
            with served(house.app(), int(site.rpartition(":")[2])):
                expect(job(page)).to_contain_text("Failed: interrupted")
                page.get_by_role("button", name="Start again").click()
                expect(job(page).last).to_have_text("Done: generation 2 answers now.")


def test_changing_asks_for_a_key_that_may_and_keeps_it_for_the_visit(
    house: House, browser: Browser
) -> None:
    keys = KeyFile(house.settings.index)
    _, reader = keys.new("reader", ("read",))
    _, writer = keys.new("writer", ("read", "write"))
    with served(house.app(keys)) as site, opened(browser, site) as page:
        page.goto("/sources")
        remove(page, "The lamp")
        dialog = page.get_by_role("dialog", name="A key is needed")
        for secret, told in (("pincite_wrong", "Send a key"), (reader, "The key is not known"),
                             (writer, "This key may not write")):  # fmt: skip
            expect(dialog).to_contain_text(told)
            dialog.get_by_label("Key").fill(secret)
            page.keyboard.press("Enter")
        expect(job(page)).to_have_text("Done: generation 2 answers now.")
        page.reload()
        rebuild(page)
        expect(job(page)).to_have_text("Done: generation 2 answers now.")
        with opened(browser, site) as other:
            other.goto("/sources")
            rebuild(other)
            other.get_by_role("button", name="Cancel").click()
            expect(job(other)).to_have_text("Send a key that may write.")


def test_a_browser_gets_in_with_a_key_for_reading(house: House, browser: Browser) -> None:
    keys = KeyFile(house.settings.index)
    _, reader = keys.new("reader", ("read",))
    _, writer = keys.new("writer", ("read", "write"))
    app = house.app(keys, Policy(open_reads=False, open_writes=False))
    with served(app) as site:
        # Chromium asks for a password; without one to give, Playwright gives up.
        with opened(browser, site) as page, pytest.raises(Error, match="INVALID_AUTH_CREDENTIALS"):
            page.goto("/")
        with_key = {"http_credentials": {"username": "anybody", "password": reader}}
        with opened(browser, site, **with_key) as page:
            page.goto("/")
            page.keyboard.type("who lit lamp")
            page.keyboard.press("Enter")
            expect(page.locator("#answer")).to_have_text("Agnes Thorn")
            page.get_by_role("link", name="Sources").click()
            # The browser's key may only read: the page asks for another.
            with held_up(house):
                rebuild(page)
                dialog = page.get_by_role("dialog", name="A key is needed")
                expect(dialog).to_contain_text("This key may not write")
                dialog.get_by_label("Key").fill(writer)
                page.keyboard.press("Enter")
                expect(job(page)).to_contain_text("Reading: 1 of")
                page.reload()
                expect(job(page)).to_contain_text("Reading: 1 of")
            expect(job(page)).to_have_text("Done: generation 1 answers now.")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_while_something_changes(
    house: House, site: str, browser: Browser, scheme: Any, size: str
) -> None:
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": SIZES[size], "bypass_csp": True}
    with opened(browser, site, **options) as page, held_up(house):
        page.goto("/sources")
        ask_to_remove(page, "The lamp")
        assert axe_faults(page) == []
        page.get_by_role("button", name="Remove it").click()
        choose(page, BELL)
        expect(job(page, "Removing")).to_contain_text("Reading: 1 of")
        expect(job(page, "bell")).to_have_text("Waits for its turn")
        assert axe_faults(page) == []
        house.hold.unlink()
        expect(job(page, "bell")).to_have_text("Done: generation 3 answers now.")
        assert axe_faults(page) == []
