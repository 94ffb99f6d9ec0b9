"""What goes wrong, told to a browser as a page and to everybody else as a problem document."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.guard import LOOPBACK_NAMES, Policy
from api.keys import KeyFile
from tests.api.fakes import FakeService
from tests.api.test_http import problem

BROWSERS = [
    # Chromium, Firefox, Safari, and lynx.
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01",
]
OTHERS = ["*/*", "", "application/json", "application/problem+json, text/html",
          "application/json, text/html", "text/html;q=0.5, */*"]  # fmt: skip
WANTS_HTML = {"accept": BROWSERS[0]}


def page(response: Response, status: int, title: str) -> str:
    """The text of a response that must be a page of the site."""
    assert response.status_code == status
    headers = response.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["x-request-id"]
    text: str = response.text
    assert f"<h1>{title}</h1>" in text
    assert int(headers["content-length"]) == len(text.encode())
    return text


@pytest.mark.parametrize("path", ["/nowhere", "/sources/", "/static/none", "/v2/ask", "/v10"])
def test_an_unknown_path(client: TestClient, path: str) -> None:
    for accept in BROWSERS:
        text = page(client.get(path, headers={"accept": accept}), 404, "There is no such page")
        assert 'href="/sources"' in text
    for accept in OTHERS:
        problem(client.get(path, headers={"accept": accept}), 404, "not-found", path)


@pytest.mark.parametrize("path", ["/v1", "/v1/nowhere", "/v1/sources/src_none", "/healthz/x"])
def test_the_calls_answer_browsers_like_everybody(client: TestClient, path: str) -> None:
    problem(client.get(path, headers=WANTS_HTML), 404, "not-found", path)


def test_an_unknown_source_is_a_page_unless_that_is_refused(client: TestClient) -> None:
    path = "/sources/src_none"
    for accept in [*BROWSERS, "*/*", "text/html;q=0.5, */*;q=0.5"]:
        response = client.get(path, headers={"accept": accept})
        page(response, 404, "There is no such source")
    problem(client.get(path, headers={"accept": "application/json"}), 404, "not-found", path)


def test_what_is_unexpected(client: TestClient, service: FakeService) -> None:
    service.error = RuntimeError("a secret")
    response = client.get("/?q=who", headers=WANTS_HTML)
    text = page(response, 500, "Something went wrong")
    # What to tell whoever runs the service.
    assert response.headers["x-request-id"] in text
    assert "secret" not in text
    problem(client.get("/?q=who"), 500, "internal-error", "/")


def test_another_method(client: TestClient) -> None:
    response = client.delete("/sources", headers=WANTS_HTML)
    page(response, 405, "The method is not allowed here")
    assert "GET" in response.headers["allow"]
    head = client.head("/nowhere", headers=WANTS_HTML)
    assert (head.status_code, head.content) == (404, b"")


def test_what_the_guard_refuses(tmp_path: Path) -> None:
    policy = Policy(hosts=LOOPBACK_NAMES | {"testserver"}, open_reads=False, open_writes=False)
    with TestClient(create_app(FakeService, keys=KeyFile(tmp_path), policy=policy)) as client:
        response = client.get("/", headers=WANTS_HTML)
        assert "the password, with any name" in page(response, 401, "A key is needed")
        # A header each, for Chromium reads of one header only the first scheme.
        schemes = [value.partition(" ")[0] for value in challenges(response)]
        assert schemes == ["Basic", "Bearer"]
        rebound = client.get("/", headers={**WANTS_HTML, "host": "evil.example"})
        page(rebound, 421, "The request is addressed to another host")
        # What the page's own script sends must not make the browser ask.
        for path, accept in (("/v1/jobs", "application/json, text/event-stream"),
                             ("/", "application/json")):  # fmt: skip
            response = client.get(path, headers={"accept": accept})
            problem(response, 401, "key-needed", path)
            assert [value.partition(" ")[0] for value in challenges(response)] == ["Bearer"]
        for accept in ("*/*", BROWSERS[0]):
            assert len(challenges(client.get("/v1/jobs", headers={"accept": accept}))) == 2


def challenges(response: Response) -> list[str]:
    values: list[str] = response.headers.get_list("www-authenticate")
    return values


def test_a_mounted_service_links_to_itself() -> None:
    with TestClient(create_app(FakeService), root_path="/pincite") as client:
        text = page(client.get("/pincite/nowhere", headers=WANTS_HTML), 404,
                    "There is no such page")  # fmt: skip
        assert 'href="/pincite/sources"' in text
        problem(client.get("/pincite/v1/nowhere", headers=WANTS_HTML), 404, "not-found",
                "/pincite/v1/nowhere")  # fmt: skip
