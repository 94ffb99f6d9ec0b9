from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from index.errors import IndexMissingError, ModelError, UsageError
from qa.types import Alternative, Decision
from tests.api.fakes import FakeService, answer, citation, source

ADDRESSES = ["/", "/?q=who", "/?q=moon", "/sources", "/sources/src_none"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_carry_a_strict_policy_and_nothing_inline(client: TestClient, address: str) -> None:
    response = client.get(address)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    text = response.text
    assert "style=" not in text
    assert "<style" not in text
    assert " on" + "click=" not in text
    assert text.count("<script") == 1
    assert "://" not in text.replace("http://testserver", "")
    head = client.head(address)
    assert (head.status_code, head.content) == (response.status_code, b"")


def test_an_address_asks(client: TestClient, service: FakeService) -> None:
    text = client.get("/?q=who&source=*.md&since=2020-01-01&min_confidence=0.25&utm=x").text
    asked, options = service.asked[0]
    assert (asked, options["source"], options["min_confidence"]) == ("who", "*.md", 0.25)
    assert "<mark>Iran supplied</mark>" in text
    assert "Almost certainly" not in text
    assert "Probably right" in text
    assert "0.91" in text
    assert "31 July 2023" in text
    start, end = citation().quote_span
    place = f"start={start}&amp;end={end}&amp;v=000000000000#quote"
    assert f"/sources/{source().id}?{place}" in text


@pytest.mark.parametrize("written", ["20%25", "0.2", ".2", "+20+%25"])
def test_an_address_asks_for_a_largest_error(
    client: TestClient, service: FakeService, written: str
) -> None:
    service.answers = replace(answer(), decision=Decision(0.91, 0.81, ()))
    text = client.get(f"/?q=who&max_error={written}").text
    assert service.asked[0][1]["max_error"] == 0.2
    assert "At most 20% wrong: that is promised of answers with a confidence of 0.81" in text
    assert "promised" not in client.get("/?q=who").text


def test_a_promise_that_cannot_be_made_is_told_on_the_page(
    client: TestClient, service: FakeService
) -> None:
    service.error = UsageError("an error of at most 5% cannot be promised", "ask for 18% or more")
    response = client.get("/?q=who&max_error=5%25")
    assert response.status_code == 422
    assert "An error of at most 5% cannot be promised.</strong> Ask for 18% or more." in (
        response.text
    )
    assert 'value="5%"' in response.text


def test_what_is_not_sure_enough_is_not_called_nothing(
    client: TestClient, service: FakeService
) -> None:
    service.answers = replace(
        answer(), status="no_answer", answer=None, confidence=None, citations=()
    )
    assert "Nothing in your sources is sure enough." in client.get("/?q=who").text
    assert "Your sources do not say." in client.get("/?q=moon").text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/?q=who&since=May", "not a date"),
        ("/?q=who&min_confidence=x", "a number from 0 to 1"),
        ("/?q=who&min_confidence=nan", "from 0 to 1"),
        ("/?q=who&max_error=x", "a share as 20% or 0.2"),
        ("/?q=who&max_error=%25", "a share as 20% or 0.2"),
        ("/?q=who&max_error=0", "a share between 0 and 1"),
        ("/?q=who&max_error=100%25", "a share between 0 and 1"),
        ("/?q=who&max_error=nan", "a share between 0 and 1"),
        (f"/?q={'a' * 2001}", "at most 2000"),
        ("/sources?since=May", "not a date"),
        (f"/sources/{source().id}?start=x&end=2", "Start is no offset"),
        (f"/sources/{source().id}?start=5&end=2", "no span"),
        (f"/sources/{source().id}?start=-1&end=2", "Start is no offset"),
    ],
)
def test_what_cannot_be_is_told_on_the_page(client: TestClient, address: str, said: str) -> None:
    response = client.get(address)
    assert response.status_code == 422
    assert said in response.text.replace("2,000", "2000")


def test_copies_stand_with_what_they_repeat(client: TestClient, service: FakeService) -> None:
    copy = replace(citation(of=source("copy.md", "Reprinted")), copy_of=source().id)
    service.answers = replace(answer(), citations=(copy, citation()))
    text = client.get("/?q=who").text
    assert "2 sources say so, copies of one text" in text
    assert text.index("Tajikistan&#39;s drones") < text.index("Reprinted")
    assert "A copy of the same text, counted once" in text


def test_rivals_stand_beside_the_answer_with_their_dates(
    client: TestClient, service: FakeService
) -> None:
    late = citation("It was Turkey.", "Turkey", replace(source("b.md"), published="2024-01-02"))
    service.answers = replace(answer(), alternatives=(Alternative("Turkey", 0.3, (late,), True),))
    text = client.get("/?q=who").text
    assert "The sources contradict one another" in text
    assert "Newer: 2 January 2024, against 31 July 2023" in text


def test_an_unknown_source_is_404_and_a_stale_place_is_told(client: TestClient) -> None:
    assert client.get("/sources/src_none").status_code == 404
    page = f"/sources/{source().id}"
    assert "has changed since" in client.get(f"{page}?start=1&end=2&v=beef").text
    assert "beyond the end" in client.get(f"{page}?start=1&end=9999").text
    assert "fault" not in client.get(f"{page}?start=1&end=2&v=000000000000").text


@pytest.mark.parametrize(("error", "status"), [(IndexMissingError("none", "build"), 503),
                                               (ModelError("bad"), 500)])  # fmt: skip
def test_an_index_that_cannot_be_used_is_told(error: Exception, status: int) -> None:
    def fail() -> FakeService:
        raise error

    with TestClient(create_app(fail), raise_server_exceptions=False) as client:
        for address in ADDRESSES:
            response: Response = client.get(address)
            assert response.status_code == status
            assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil", "http:"])
def test_only_web_addresses_become_links(
    client: TestClient, service: FakeService, address: str
) -> None:
    service.found = [replace(source(), url=address)]
    service.answers = replace(answer(), citations=(citation(of=service.found[0]),))
    for page in ("/?q=who", f"/sources/{source().id}"):
        assert "Original" not in client.get(page).text


def test_static_files_are_kept_and_nothing_else_is_served(client: TestClient) -> None:
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert len(found) == 3
    # What the script imports, it names relative to itself.
    for path in (*found, found[-1].replace("pincite.js", "jobs.js")):
        response = client.get(path)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
    for path in ("/static/", "/static/..%2froutes.py", "/static/none", "/static/%00"):
        missing = client.get(path)
        assert missing.status_code == 404
        assert missing.headers["content-type"] == "application/problem+json"


def test_pages_are_counted_by_their_path(client: TestClient) -> None:
    client.get("/?q=who")
    client.get("/sources/src_none")
    counted = client.get("/metrics").text
    assert 'route="/"' in counted
    assert 'route="/sources/{source_id}"' in counted


def test_a_list_is_shown_member_by_member(client: TestClient, service: FakeService) -> None:
    items = tuple(Alternative(name, 0.8, (citation(answer="Iran"),)) for name in ("Iran", "Turkey"))
    service.answers = replace(answer(), items=items)
    text = client.get("/?q=which+countries").text
    assert "All that was found, 2" in text
    assert text.count("One of them") == 2
    assert "Other answers" not in text
    service.answers = replace(answer(), items=items[:1])
    assert "All that was found" not in client.get("/?q=which+countries").text
