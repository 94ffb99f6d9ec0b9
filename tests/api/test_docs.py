from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.docs import page
from tests.api.fakes import FakeService

GUARDED = {"401", "403", "429", "500"}
BODY = {"400", "408", "413", "415"}
CALLS = {
    ("post", "/v1/ask"): {"200", "422", "503"} | BODY | GUARDED,
    ("get", "/v1/ask"): {"200", "422", "503"} | GUARDED,
    ("post", "/v1/search"): {"200", "422", "503"} | BODY | GUARDED,
    ("get", "/v1/sources"): {"200", "422", "503"} | GUARDED,
    ("get", "/v1/sources/{source_id}"): {"200", "404", "422", "503"} | GUARDED,
    ("get", "/v1/sources/{source_id}/text"): {"200", "404", "422", "503"} | GUARDED,
    ("post", "/v1/sources"): {"202", "422", "503"} | BODY | GUARDED,
    ("delete", "/v1/sources/{source_id}"): {"202", "404", "422", "503"} | GUARDED,
    ("post", "/v1/index/rebuild"): {"202", "400", "408", "413", "422", "503"} | GUARDED,
    ("get", "/v1/jobs"): {"200", "503"} | GUARDED,
    ("get", "/v1/jobs/{job_id}"): {"200", "404", "422", "503"} | GUARDED,
    ("get", "/v1/jobs/{job_id}/events"): {"200", "404", "422", "503"} | GUARDED,
    ("delete", "/v1/jobs/{job_id}"): {"200", "404", "409", "422", "503"} | GUARDED,
    ("post", "/v1/jobs/{job_id}/restart"): {"202", "404", "409", "422", "503"} | GUARDED,
    ("get", "/metrics"): {"200"} | GUARDED,
    ("get", "/healthz"): {"200", "500"},
    ("get", "/readyz"): {"200", "500", "503"},
}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(FakeService)) as client:
        yield client


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def test_every_call_is_described_with_all_it_may_answer(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {
        (method, path): set(operation["responses"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
    } == CALLS


def test_errors_are_described_as_problem_documents(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"]


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_reference_is_kept_and_every_shape_is_used(document: dict[str, Any]) -> None:
    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) == names


def test_requests_are_closed_and_responses_open(document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    closed = {name for name, shape in shapes.items() if shape.get("additionalProperties") is False}
    assert closed == {
        "AskRequest", "SearchRequest", "Filters", "RebuildRequest", "UrlRequest", "UploadForm",
    }  # fmt: skip
    assert set(shapes["AnswerModel"]["required"]) == set(shapes["AnswerModel"]["properties"])


def test_the_page_needs_no_network(client: TestClient) -> None:
    response = client.get("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert not re.search(r"https?:|//[a-z]|<script|<link|@import|url\(", response.text)


def test_the_page_names_every_call_field_and_link(
    client: TestClient, document: dict[str, Any]
) -> None:
    shown = client.get("/docs").text
    for _, path in CALLS:
        assert f"<code>{path}</code>" in shown
    for name, shape in document["components"]["schemas"].items():
        assert f'<h3 id="{name}">' in shown
        for field in shape["properties"]:
            assert f"<code>{field}</code>" in shown
    assert set(re.findall(r'href="#(\w+)"', shown)) <= set(re.findall(r'id="(\w+)"', shown))


def test_what_is_described_cannot_write_html() -> None:
    info = {"title": "<b>", "version": "1", "description": "a <script> & more"}
    text = page({"info": info, "paths": {}, "components": {"schemas": {}}})
    assert "<b>" not in text
    assert "a &lt;script&gt; &amp; more" in text
