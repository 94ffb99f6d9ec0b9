from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.annotations import annotation_page
from api.app import create_app
from api.negotiation import prefers
from tests.api.fakes import IRAN_TEXT, FakeService, answer, citation, no_answer, source

LD, JSON = "application/ld+json", "application/json"


def test_each_citation_is_an_annotation_of_the_text_that_the_service_holds() -> None:
    with TestClient(create_app(FakeService)) as client:
        response = client.post("/v1/ask", json={"question": "who"}, headers={"accept": LD})
        assert response.headers["content-type"].startswith(LD)
        page = response.json()
        assert (page["type"], page["label"]) == ("AnnotationPage", "who")
        first, second = page["items"]
        assert first["body"]["value"] == "Iran supplied"
        assert second["body"]["value"] == "Turkey"
        target = first["target"]
        assert target["source"]["creator"]["name"] == "A. Writer"
        held = client.get(target["source"]["id"], headers={"accept": "text/plain"})
        assert held.text == IRAN_TEXT
        quote, place = target["selector"]
        assert held.text[place["start"] : place["end"]] == quote["exact"]
        by_address = client.get("/v1/ask?q=who", headers={"accept": LD}).json()
        assert by_address["items"] == page["items"]


def test_no_answer_is_a_page_without_annotations() -> None:
    assert annotation_page(no_answer("who"), "http://x")["items"] == []


def test_a_source_on_the_web_says_where_it_came_from() -> None:
    cited = citation(of=replace(source(), url="https://example.org/a", author=None))
    page = annotation_page(replace(answer(), citations=(cited,)), "http://x")
    held = page["items"][0]["target"]["source"]
    assert held["via"] == "https://example.org/a"
    assert "creator" not in held


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False), ("*/*", False), (JSON, False), (LD, True), (f"{LD}, {JSON}", False),
        (f"{LD}, {JSON};q=0.9", True), (f"{LD};q=0.5, {JSON}", False), ("application/*", False),
        (f"{LD};q=0", False), (f"*/*;q=0.1, {LD}", True), ("text/html", False),
        (f"{LD};q=x", False),
        (f'{LD};profile="http://www.w3.org/ns/anno.jsonld"', True), (LD.upper(), True),
    ],
)  # fmt: skip
def test_what_is_preferred(accept: str, wanted: bool) -> None:
    assert prefers(accept, LD, JSON) is wanted
