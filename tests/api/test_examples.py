"""The examples of the OpenAPI document are of its shapes, and still true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.examples import FILE
from qa.assembly import Pincite
from qa.settings import Settings
from tests.api.fakes import FakeService

EXAMPLES: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
# What it answers is Prometheus's text, and longer than it tells.
WITHOUT = {"get /metrics"}


@pytest.fixture(scope="module")
def document() -> Iterator[dict[str, Any]]:
    with TestClient(create_app(FakeService)) as client:
        yield client.get("/openapi.json").json()


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for body in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from body.get("content", {}).values()


def test_every_call_has_examples_and_they_are_of_its_shapes(document: dict[str, Any]) -> None:
    calls = {f"{m} {p}": o for p, item in document["paths"].items() for m, o in item.items()}
    assert set(calls) - set(EXAMPLES) == WITHOUT
    for name, operation in calls.items():
        found = [c for c in contents(operation) if "example" in c]
        assert found or name in WITHOUT
        for content in found:
            schema = {**content["schema"], "components": document["components"]}
            jsonschema_rs.validator_for(schema).validate(content["example"])


def test_every_example_has_its_place(document: dict[str, Any]) -> None:
    """What the calls answer has not changed its name or status since the examples were made."""
    placed = sum("example" in c for item in document["paths"].values() for o in item.values()
                 for c in contents(o))  # fmt: skip
    kept = sum("body" in e for e in EXAMPLES.values())
    kept += sum(len(bodies) for e in EXAMPLES.values() for bodies in e["responses"].values())
    assert placed == kept


@pytest.mark.models
def test_the_answers_of_the_examples_are_still_given(corpus_index: Settings) -> None:
    # The application closes what it opens.
    with TestClient(create_app(lambda: Pincite.open(settings=corpus_index))) as client:
        asked = EXAMPLES["post /v1/ask"]
        same(client.post("/v1/ask", json=asked["body"]).json(), asked)
        asked = EXAMPLES["get /v1/ask"]
        same(client.get("/v1/ask", params=asked["parameters"]).json(), asked)
        asked = EXAMPLES["post /v1/search"]
        found = client.post("/v1/search", json=asked["body"]).json()["passages"]
        wanted = asked["responses"]["200"]["application/json"]["passages"]
        assert [passage["text"] for passage in found] == [passage["text"] for passage in wanted]


def same(answer: dict[str, Any], example: dict[str, Any]) -> None:
    wanted = example["responses"]["200"]["application/json"]
    assert answer.keys() == wanted.keys()
    assert answer["answer"] == wanted["answer"]
    for ours, theirs in zip(answer["citations"], wanted["citations"], strict=True):
        assert ours.keys() == theirs.keys()
        for field in ("quote", "quote_span", "answer_span", "line"):
            assert ours[field] == theirs[field]
