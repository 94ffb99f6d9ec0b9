from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.api.pages.browsing import CHROMIUM, NEEDED, opened


# Of a module: while it is there an event loop runs, beside which other tests can start none.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; skips only where there is none and none has to be."""
    if CHROMIUM is None and not NEEDED:
        pytest.skip("there is no Chromium here: install it, or trust CI")
    # A busy machine is no fault of the page.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of the module's own `site`."""
    with opened(browser, site) as page:
        yield page
