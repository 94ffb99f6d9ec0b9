from __future__ import annotations

import json
import logging
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from starlette.datastructures import Headers

from api.app import create_app
from api.configuration import ServeSettings
from api.logs import JsonLines, TextLines
from api.observing import trace_of
from tests.api.fakes import FakeService, answer
from tests.api.test_http import problem

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def samples(client: TestClient) -> dict[tuple[str, ...], float]:
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_what_is_counted() -> None:
    service = FakeService(answers=replace(answer(), tokens_read=1204))
    with TestClient(create_app(lambda: service)) as client:
        for question in ("who", "why", "the moon"):
            client.post("/v1/ask", json={"question": question})
        client.get("/v1/sources/src_none")
        client.get("/secret/path?q=who")
        client.request("BREW", "/v1/ask")
        found = samples(client)
    assert found["pincite_questions_total", "answered"] == 2
    assert found["pincite_questions_total", "declined"] == 1
    assert found["pincite_tokens_read_total",] == 3 * 1204
    assert found["pincite_model_seconds_total", "read"] == pytest.approx(3 * 0.031)
    assert found["pincite_http_requests_total", "POST", "/v1/ask", "200"] == 3
    assert found["pincite_http_requests_total", "GET", "/v1/sources/{source_id}", "404"] == 1
    assert found["pincite_http_requests_total", "GET", "none", "404"] == 1
    assert found["pincite_http_requests_total", "other", "/v1/ask", "405"] == 1
    assert found["pincite_http_request_seconds_count", "POST", "/v1/ask"] == 3
    assert found["pincite_generation",] == 3
    assert found["pincite_passages",] == 9
    assert found["pincite_queue_length",] == 0
    assert not any("secret" in label for sample in found for label in sample)


def test_ids_are_taken_up_and_passed_on() -> None:
    with TestClient(create_app(FakeService)) as client:
        response = client.get("/healthz", headers={"x-request-id": "abc-1", "traceparent": PARENT})
        assert response.headers["x-request-id"] == "abc-1"
        passed = response.headers["traceparent"]
        assert passed.startswith("00-0af7651916cd43dd8448eb211c80319c-")
        assert passed != PARENT
        assert passed.endswith("-01")
        refused = client.get("/nowhere")
        assert re.fullmatch("[0-9a-f]{16}", refused.headers["x-request-id"])


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "<script>", 'a"b', "é"])
def test_an_id_that_can_be_none_is_replaced(value: str) -> None:
    trace = trace_of(Headers({"x-request-id": value, "traceparent": value}))
    assert re.fullmatch("[0-9a-f]{16}", trace.request_id)
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace.traceparent)


@pytest.mark.parametrize(
    "value",
    [
        PARENT.replace("00-", "ff-", 1),
        PARENT.upper(),
        PARENT + "-x",
        f"00-{'0' * 32}-{'1' * 16}-01",
    ],
)
def test_a_trace_that_is_none_begins_anew(value: str) -> None:
    assert (
        "0af7651916cd43dd8448eb211c80319c"
        not in trace_of(Headers({"traceparent": value})).traceparent
    )


def logged(caplog: pytest.LogCaptureFixture, *, questions: bool) -> str:
    settings = ServeSettings(log_questions=questions)
    with (
        caplog.at_level(logging.INFO, "pincite"),
        TestClient(create_app(FakeService, settings=settings)) as client,
    ):
        client.post("/v1/ask", json={"question": "who is the spy"})
        client.get("/v1/ask?q=who+is+the+spy")
        client.get("/v1/sources?cursor=who+is+the+spy")
    return "\n".join(
        form().format(record) for record in caplog.records for form in (JsonLines, TextLines)
        if record.name.startswith("pincite")
    )  # fmt: skip


def test_no_question_is_logged_unless_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    text = logged(caplog, questions=False)
    assert "spy" not in text
    assert '"route": "/v1/ask", "status": 200' in text


def test_a_question_is_logged_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    text = logged(caplog, questions=True)
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    asked = [line for line in lines if "question" in line]
    assert [line["question"] for line in asked] == ["who is the spy"] * 2
    assert asked[0]["request_id"] != asked[1]["request_id"]
    assert asked[0]["outcome"] == "answered"


def test_what_fails_is_logged_with_its_id_and_answered_without_a_word_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = FakeService(error=RuntimeError("a secret"))
    with TestClient(create_app(lambda: service)) as client:
        response = client.post("/v1/ask", json={"question": "who"}, headers={"x-request-id": "r1"})
    problem(response, 500, "internal-error")
    assert "a secret" not in response.text
    assert response.headers["x-frame-options"] == "DENY"
    (record,) = [r for r in caplog.records if r.exc_info]
    assert json.loads(JsonLines().format(record))["request_id"] == "r1"
