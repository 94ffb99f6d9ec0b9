from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from api import requests, schemas
from api.app import create_app
from api.configuration import ServeSettings
from api.problems import ProblemModel
from index.errors import IndexDamagedError, IndexMissingError, ModelError
from index.types import Span
from qa.rendering import answer_json, citation_json, hit_json, source_json
from qa.types import Attribution, Citation, Wording
from tests.api.fakes import IRAN_TEXT, FakeService, answer, citation, hit, no_answer, source

JSON = {"content-type": "application/json"}


def problem(response: Any, status: int, kind: str, path: str = "/v1/ask") -> dict[str, Any]:
    """The response's problem document, which must be one to the letter of RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == status
    document: dict[str, Any] = response.json()
    assert list(document) == ["type", "title", "status", "detail", "instance", "errors"]
    assert document["status"] == status
    assert document["type"] == f"urn:pincite:problem:{kind}"
    assert document["instance"] == path
    assert "\n" not in document["detail"]
    ProblemModel.model_validate(document)
    return document


def test_an_answer_is_the_contracts(client: TestClient, service: FakeService) -> None:
    filters = {"source": "*.md", "since": "2020-01-01", "until": None}
    body = {"question": "who", "top_k": 3, "filters": filters, "min_confidence": 0}
    response = client.post("/v1/ask", json=body)
    assert response.status_code == 200
    assert response.json() == answer_json(answer("who"))
    assert service.asked == [
        (
            "who",
            {
                "top_k": 3,
                "source": "*.md",
                "since": "2020-01-01",
                "until": None,
                "min_confidence": 0,
            },
        )
    ]


def test_an_address_asks_the_same(client: TestClient, service: FakeService) -> None:
    address = "/v1/ask?q=who&top_k=3&source=*.md&since=2020-01-01&min_confidence=0.25"
    assert client.get(address).json() == answer_json(answer("who"))
    assert service.asked[0][1]["top_k"] == 3
    assert service.asked[0][1]["min_confidence"] == 0.25


def test_options_have_defaults(client: TestClient, service: FakeService) -> None:
    client.post("/v1/ask", json={"question": "who", "filters": None})
    client.get("/v1/ask?q=who")
    client.post("/v1/search", json={"query": "who"})
    assert [options["top_k"] for _, options in service.asked] == [5, 5, 10]
    assert {options["min_confidence"] for _, options in service.asked} == {None}


def test_no_answer_is_200(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": "the moon"})
    assert response.status_code == 200
    assert response.json()["status"] == "no_answer"
    assert response.json()["passages"]


def test_a_search_ranks_passages(client: TestClient) -> None:
    found = client.post("/v1/search", json={"query": "drones", "top_k": 2}).json()
    timing = found.pop("timing_ms")
    assert timing["total"] >= 0
    assert found == {
        "query": "drones",
        "passages": [hit_json(hit())],
        "index": {"generation": 3, "built_at": "2026-11-20T10:00:00Z"},
    }


def test_sources_come_in_pages(client: TestClient, service: FakeService) -> None:
    service.found = [source(f"{name}.md") for name in "edcba"]
    assert client.get("/v1/sources").json()["next"] is None
    paths, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/sources?limit=2{cursor and f'&cursor={cursor}'}").json()
        paths += [found["path"] for found in page["sources"]]
        cursor = page["next"]
    assert paths == [f"corpus/{name}.md" for name in "abcde"]


def test_a_cursor_outlives_its_source(client: TestClient, service: FakeService) -> None:
    service.found = [source(f"{name}.md") for name in "abc"]
    cursor = client.get("/v1/sources?limit=2").json()["next"]
    service.found = [source(f"{name}.md") for name in "acd"]
    page = client.get(f"/v1/sources?limit=2&cursor={cursor}").json()
    assert [found["path"] for found in page["sources"]] == ["corpus/c.md", "corpus/d.md"]


def test_a_source_and_its_text(client: TestClient) -> None:
    known = source()
    assert client.get(f"/v1/sources/{known.id}").json() == source_json(known)
    response = client.get(f"/v1/sources/{known.id}/text?start=2&end=7")
    assert response.json() == {"id": known.id, "start": 2, "end": 7, "text": "first"}
    whole = client.get(f"/v1/sources/{known.id}/text?end=100000").json()
    assert whole == {"id": known.id, "start": 0, "end": len(IRAN_TEXT), "text": IRAN_TEXT}


def attributed() -> Citation:
    who = Wording("officials", Span(26, 35))
    words = Wording("officials said", Span(26, 40))
    return replace(citation(), attribution=Attribution(words, who), copy_of="src_1")


@pytest.mark.parametrize(
    ("model", "rendered"),
    [
        (schemas.AnswerModel, answer_json(answer())),
        (schemas.CitationModel, citation_json(attributed())),
        (schemas.AnswerModel, answer_json(no_answer("who"))),
        (schemas.PassageModel, hit_json(hit())),
        (schemas.SourceModel, source_json(source())),
    ],
)
def test_the_schema_says_what_is_rendered(model: type[BaseModel], rendered: dict[str, Any]) -> None:
    assert model.model_validate(rendered, strict=True).model_dump(mode="json") == rendered


def test_the_schemas_limits_are_the_services() -> None:
    from qa import answering

    assert requests.MOST_PASSAGES == answering.MAX_TOP_K
    assert "2,000" in str(requests.AskRequest.model_fields["question"].description)
    assert answering.MAX_QUESTION_CHARACTERS == 2000


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/question"),
        ({"question": None}, "#/question"),
        ({"question": 5}, "#/question"),
        ({"question": "\ud800"}, "#/question"),
        ({"question": "who", "top_k": 0}, "#/top_k"),
        ({"question": "who", "top_k": 101}, "#/top_k"),
        ({"question": "who", "top_k": "5"}, "#/top_k"),
        ({"question": "who", "top_k": True}, "#/top_k"),
        ({"question": "who", "min_confidence": float("nan")}, "#/min_confidence"),
        ({"question": "who", "min_confidence": 1.5}, "#/min_confidence"),
        ({"question": "who", "filters": {"since": "soon"}}, "#/filters/since"),
        ({"question": "who", "filters": {"until": "2023-02-30"}}, "#/filters/until"),
        ({"question": "who", "filters": {"path": "x"}}, "#/filters/path"),
        ({"question": "who", "filters": []}, "#/filters"),
        ({"question": "who", "a/b~": 1}, "#/a~1b~0"),
        ([], "#"),
        ("who", "#"),
    ],
)
def test_a_wrong_field_is_pointed_at(client: TestClient, body: object, pointer: str) -> None:
    response = client.post("/v1/ask", content=json.dumps(body), headers=JSON)
    document = problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in document["errors"]] == [pointer]
    assert pointer in document["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "q"),
        ("?q=who&top_k=many", "top_k"),
        ("?q=who&since=soon", "since"),
        ("?q=who&min_confidence=nan", "min_confidence"),
        ("?q=who&limit=3", "limit"),
    ],
)
def test_a_wrong_parameter_is_named(client: TestClient, query: str, parameter: str) -> None:
    document = problem(client.get(f"/v1/ask{query}"), 422, "invalid-request")
    assert [error["parameter"] for error in document["errors"]] == [parameter]


@pytest.mark.parametrize("question", ["", "  \n", "x" * 2001])
def test_what_the_service_refuses_is_422(client: TestClient, question: str) -> None:
    document = problem(client.post("/v1/ask", json={"question": question}), 422, "invalid-request")
    assert document["errors"] == [{"detail": document["detail"]}]
    assert question not in document["detail"] or len(question) < 5


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"question": "who"} x',
        b'{"question": "\xff"}',
        b"[" * 60_000,
        b'{"question": "who", "top_k": ' + b"9" * 5000 + b"}",
        "\ufeff{}".encode("utf-16"),
    ],
)
def test_a_body_that_is_no_json_is_400(client: TestClient, body: bytes) -> None:
    problem(client.post("/v1/ask", content=body, headers=JSON), 400, "malformed-request")


def test_an_empty_body_lacks_the_question(client: TestClient) -> None:
    problem(client.post("/v1/ask", content=b"", headers=JSON), 422, "invalid-request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", None])
def test_a_body_of_another_type_is_415(client: TestClient, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    response = client.post("/v1/ask", content=b'{"question": "who"}', headers=headers)
    problem(response, 415, "unsupported-media-type")


def test_a_type_may_have_parameters(client: TestClient) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    response = client.post("/v1/ask", content=b'{"question": "who"}', headers=headers)
    assert response.status_code == 200


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(client: TestClient) -> None:
    body = json.dumps({"question": "who"}).encode().ljust(ServeSettings().body_bytes)
    assert client.post("/v1/ask", content=body, headers=JSON).status_code == 200
    response = client.post("/v1/ask", content=body + b" ", headers=JSON)
    problem(response, 413, "content-too-large")
    # Without an announced length.
    chunks = (body[at : at + 1000] for at in range(0, len(body), 1000))
    assert client.post("/v1/ask", content=chunks, headers=JSON).status_code == 200
    chunks = (b" " * 1000 for _ in range(100))
    problem(client.post("/v1/ask", content=chunks, headers=JSON), 413, "content-too-large")


def test_a_question_of_100000_characters_is_413(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": "x" * 100_000})
    problem(response, 413, "content-too-large")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/ask", "GET, POST"),
        ("GET", "/v1/search", "POST"),
        ("DELETE", "/v1/sources", "GET, POST"),
        ("POST", "/healthz", "GET"),
        ("POST", "/docs", "GET"),
    ],
)
def test_a_wrong_method_is_405(client: TestClient, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)
    problem(response, 405, "method-not-allowed", path)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/v1", "/v1/ask/", "/v2/ask", "/redoc"])
def test_an_unknown_path_is_404(client: TestClient, path: str) -> None:
    problem(client.get(path), 404, "not-found", path)


@pytest.mark.parametrize("path", ["/v1/sources/src_none", "/v1/sources/src_none/text"])
def test_an_unknown_source_is_404(client: TestClient, path: str) -> None:
    assert "src_none" in problem(client.get(path), 404, "not-found", path)["detail"]


def test_a_path_that_is_no_text_is_answered(client: TestClient) -> None:
    problem(client.get("/v1/sources/%ff%00%0a"), 404, "not-found", "/v1/sources/%EF%BF%BD%00%0A")


@pytest.mark.parametrize("query", ["start=5&end=2", "start=-1", "end=x", "from=1"])
def test_a_span_that_is_none_is_422(client: TestClient, query: str) -> None:
    path = f"/v1/sources/{source().id}/text"
    problem(client.get(f"{path}?{query}"), 422, "invalid-request", path)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=!", "cursor=a", "cursor=ÿ"])
def test_a_page_that_is_none_is_422(client: TestClient, query: str) -> None:
    problem(client.get(f"/v1/sources?{query}"), 422, "invalid-request", "/v1/sources")


@pytest.mark.parametrize(
    ("error", "status", "kind", "detail"),
    [
        (
            IndexDamagedError("it is torn", "build it"),
            503,
            "index-unusable",
            "it is torn: build it",
        ),
        (
            ModelError("the model is gone", "build"),
            500,
            "internal-error",
            "the model is gone: build",
        ),
        (
            RuntimeError("a secret"),
            500,
            "internal-error",
            "an unexpected error; the service's log tells more",
        ),
    ],
)
def test_a_failure_is_a_problem_too(
    client: TestClient, service: FakeService, error: Exception, status: int, kind: str, detail: str
) -> None:
    service.error = error
    response = client.post("/v1/ask", json={"question": "who"})
    assert problem(response, status, kind)["detail"] == detail


def test_the_application_owns_the_index() -> None:
    opened: list[FakeService] = []

    def open_service() -> FakeService:
        opened.append(FakeService())
        return opened[-1]

    app = create_app(open_service)
    assert opened == []
    with TestClient(app) as client:
        assert len(opened) == 1
        assert client.get("/readyz").json() == {"status": "ready", "generation": 3}
        client.get("/v1/ask?q=who")
    assert [service.closed for service in opened] == [1]


def test_without_an_index_it_is_alive_and_not_ready_until_there_is_one() -> None:
    there: list[FakeService] = []

    def open_service() -> FakeService:
        if not there:
            raise IndexMissingError("there is no index", "build one")
        return there[0]

    with TestClient(create_app(open_service)) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        problem(client.get("/readyz"), 503, "index-unusable", "/readyz")
        response = client.post("/v1/ask", json={"question": "who"})
        assert problem(response, 503, "index-unusable")["detail"] == "there is no index: build one"
        there.append(FakeService())
        assert client.get("/readyz").status_code == 200
