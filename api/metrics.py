"""What Prometheus is told: counters of what was answered, and gauges of what is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

if TYPE_CHECKING:
    from qa.types import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "pincite_http_requests", "Requests answered", ["method", "route", "status"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "pincite_http_request_seconds", "Seconds from request to response",
            ["method", "route"], buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._questions = Counter(
            "pincite_questions", "Questions, by whether they were answered or declined",
            ["outcome"], registry=self._registry,
        )  # fmt: skip
        self._tokens = Counter(
            "pincite_tokens_read", "Tokens that the reader read", registry=self._registry
        )
        self._models = Counter(
            "pincite_model_seconds", "Seconds spent in retrieval and in the reader", ["stage"],
            registry=self._registry,
        )  # fmt: skip
        for outcome in ("answered", "declined"):
            self._questions.labels(outcome)

    def gauge(self, name: str, told: str, value: Callable[[], float]) -> None:
        """A gauge whose value is asked for whenever it is looked at."""
        Gauge(f"pincite_{name}", told, registry=self._registry).set_function(value)

    def answered(self, answer: Answer) -> None:
        """Count a question and what it cost."""
        outcome = "answered" if answer.status == "answered" else "declined"
        self._questions.labels(outcome).inc()
        self._tokens.inc(answer.tokens_read)
        for stage in ("retrieve", "read"):
            self._models.labels(stage).inc(answer.timing_ms.get(stage, 0.0) / 1000)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. route: the call's path with names for what varies."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """All of them in Prometheus's text format."""
        return generate_latest(self._registry)
