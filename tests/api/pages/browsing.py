"""What the tests in real Chromium have in common: a served application, and a page that tells on
itself."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Dialog, Page

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
# Set where Chromium has to be there, as in continuous integration.
NEEDED = os.environ.get("PINCITE_NEEDS_CHROMIUM", "0") not in ("", "0")

# A page's sizes on a desk and on a phone.
SIZES: dict[str, Any] = {
    "desk": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """The application on a port of the loopback, a free one if it is 0; its address."""
    listener = socket.create_server(("127.0.0.1", port))
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


@contextmanager
def opened(browser: Browser, site: str, **options: Any) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen, nor be fetched from elsewhere.

    What the service refused, or a service that went away, is no fault of the page.
    """
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
    refused = ("status of 4", "status of 500", "net::ERR_")
    assert [fault for fault in wrong if not any(part in fault for part in refused)] == []


def axe_faults(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds wrong with a page as it is: where, which rule, and what that asks for."""
    found = Axe().run(page).response["violations"]
    return [(page.url, fault["id"], fault["help"]) for fault in found]
