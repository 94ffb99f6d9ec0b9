"""The calls for those who run the service: alive, ready, and what it has done."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from api import schemas
from api.admission import Admission
from api.calls import Call, add_calls
from api.jobs.queue import Jobs
from api.live import Live
from api.metrics import CONTENT_TYPE, Metrics
from api.routes import Opened

_TEXT = {"description": "Prometheus's text format",
         "content": {"text/plain": {"schema": {"type": "string"}}}}  # fmt: skip


async def healthz() -> JSONResponse:
    """Whether the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(service: Opened) -> JSONResponse:
    """Whether models and index are loaded."""
    return JSONResponse({"status": "ready", "generation": service.generation})


async def metrics(request: Request) -> Response:
    """Counters and gauges for Prometheus."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(), headers={"content-type": CONTENT_TYPE})


def add_running(app: FastAPI) -> None:
    """Give the application these calls; `app.state` must hold `metrics` and `opened`."""
    add_calls(app, _calls())


def _calls() -> Iterator[Call]:
    running = "Running"
    yield Call("GET", "/healthz", running, healthz, schemas.AliveModel, is_open=True)
    yield Call("GET", "/readyz", running, readyz, schemas.ReadyModel, (503,), is_open=True)
    yield Call("GET", "/metrics", running, metrics, None, responses={200: _TEXT})


def add_gauges(metrics: Metrics, opened: Live, admission: Admission, jobs: Jobs | None) -> None:
    """What can be asked for at any time; 0 while no index is open."""

    def count(name: str) -> float:
        if not opened.is_open:
            return 0
        with opened.lease() as service:
            return service.generation if name == "generation" else service.counts[name]

    metrics.gauge("queue_length", "Requests that wait for a place", lambda: admission.queued)
    metrics.gauge("working", "Requests that are worked on", lambda: admission.running)
    metrics.gauge("generation", "The generation that answers", lambda: count("generation"))
    metrics.gauge("sources", "Sources in that generation", lambda: count("sources"))
    metrics.gauge("passages", "Passages in that generation", lambda: count("passages"))
    if jobs is not None:
        metrics.gauge(
            "jobs_unfinished", "Jobs that wait or run",
            lambda: sum(not job.has_ended for job in jobs.all()),
        )  # fmt: skip
