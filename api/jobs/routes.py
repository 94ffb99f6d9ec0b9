"""The calls that change the index, and those that follow their jobs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from api import requests, schemas
from api.calls import Call, add_calls, media_type
from api.jobs.files import JobPlan
from api.jobs.queue import JobMissingError, Jobs, JobsFullError, JobStateError
from api.jobs.receiving import receive_file
from api.jobs.records import Job, job_json
from api.problems import busy, problem
from api.routes import Opened
from index.uploads import kept_source

_RETRY_SECONDS = 30
_STREAM = {"description": "Events named `progress`, and at last one named `end`, each with a job",
           "content": {"text/event-stream": {"schema": {"type": "string"}}}}  # fmt: skip
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"$ref": "#/components/schemas/UploadForm"}},
            "application/json": {"schema": {"$ref": "#/components/schemas/UrlRequest"}},
        },
    }
}


def _jobs(request: Request) -> Jobs:
    jobs: Jobs | None = request.app.state.jobs
    if jobs is None:
        raise JobsFullError("this service does no jobs")
    return jobs


Working = Annotated[Jobs, Depends(_jobs)]


def _accepted(job: Job) -> JSONResponse:
    return JSONResponse(job_json(job), 202, {"location": f"/v1/jobs/{job.id}"})


async def rebuild(
    jobs: Working, asked: Annotated[requests.RebuildRequest | None, Body()] = None
) -> Response:
    """Bring the index up to date with the files that it remembers, as a job."""
    full = asked is not None and asked.full
    return _accepted(jobs.submit("rebuild", {"full": full}))


async def add_source(request: Request, jobs: Working) -> Response:
    """Add a file, or a page or file by its address, as a job. What is sent is kept in the index's
    own folder, and named there by its content."""
    plan: JobPlan = request.app.state.job_plan
    kind = media_type(request)
    if kind == "application/json":
        return _accepted(_add_url(await _url_request(request), jobs, plan))
    if kind != "multipart/form-data":
        raise HTTPException(415, "send a file as multipart/form-data, or an address as JSON")
    received = await receive_file(request, plan.index, plan.upload_bytes)
    task = {"staged": str(received.staged), "name": received.name, "said": dict(received.said)}
    source = kept_source(plan.index, received.name)
    try:
        job = jobs.submit("add", task, source=source, title=received.title)
    except BaseException:
        received.staged.unlink(missing_ok=True)
        raise
    return _accepted(job)


async def _url_request(request: Request) -> requests.UrlRequest:
    try:
        return requests.UrlRequest.model_validate_json(await request.body())
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in found]) from error


def _add_url(asked: requests.UrlRequest, jobs: Jobs, plan: JobPlan) -> Job:
    if not plan.allow_urls:
        raise HTTPException(
            403, "adding by address is switched off: set allow_urls to switch it on"
        )
    from api.fetching import checked_address

    address = checked_address(asked.url)
    task = {"url": address, "most": plan.upload_bytes, "folder": str(plan.index)}
    return jobs.submit("add", task, title=address)


async def delete_source(source_id: str, jobs: Working, service: Opened) -> Response:
    """Drop a source, as a job: a file that was sent here is deleted, another stays where it is."""
    source = service.source(source_id)
    return _accepted(jobs.submit("delete", {"source": source.id}, source=source.id,
                                 title=source.title))  # fmt: skip


async def list_jobs(jobs: Working) -> JSONResponse:
    """The jobs that are remembered, the newest first."""
    return JSONResponse({"jobs": [job_json(job) for job in jobs.all()]})


async def job(job_id: str, jobs: Working) -> JSONResponse:
    """How far a job is."""
    return JSONResponse(job_json(jobs.get(job_id)))


async def job_events(job_id: str, jobs: Working) -> StreamingResponse:
    """The same as server-sent events, from now until the job has ended."""
    jobs.get(job_id)

    async def stream() -> AsyncIterator[bytes]:
        async for known in jobs.changes(job_id):
            name = "end" if known.has_ended else "progress"
            yield format_sse_event(event=name, data_str=json.dumps(job_json(known)))

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def cancel_job(job_id: str, jobs: Working) -> JSONResponse:
    """Take back a job that waits, or end one that runs; what was live stays live."""
    return JSONResponse(job_json(await jobs.cancel(job_id)))


async def restart_job(job_id: str, jobs: Working) -> JSONResponse:
    """Start a job again that was interrupted when the service ended."""
    return _accepted(jobs.restart(job_id))


def add_jobs(app: FastAPI) -> None:
    """Give the application the calls of jobs; `app.state` must hold `jobs` and `job_plan` when one
    comes."""
    add_calls(app, _calls())

    @app.exception_handler(JobMissingError)
    def _on_missing(request: Request, _error: Exception) -> Response:
        return problem(request.scope["path"], 404, "there is no such job: list them at /v1/jobs")

    @app.exception_handler(JobStateError)
    def _on_state(request: Request, error: Exception) -> Response:
        return problem(request.scope["path"], 409, str(error))

    @app.exception_handler(JobsFullError)
    def _on_full(request: Request, error: Exception) -> Response:
        return busy(request.scope["path"], str(error), _RETRY_SECONDS)


def _calls() -> Iterator[Call]:
    changing, jobs = "Changing", "Jobs"
    located: dict[int | str, dict[str, Any]] = {
        202: {"headers": {"Location": {"description": "of the job", "schema": {"type": "string"}}}}
    }
    model = schemas.JobModel
    yield Call(
        "POST", "/v1/sources", changing, add_source, model, (400, 408, 413, 415, 422, 503),
        status=202, extra=_UPLOAD, responses=located,
    )  # fmt: skip
    yield Call(
        "DELETE", "/v1/sources/{source_id}", changing, delete_source, model, (404, 422, 503),
        status=202, responses=located,
    )  # fmt: skip
    yield Call(
        "POST", "/v1/index/rebuild", changing, rebuild, model, (400, 408, 413, 422, 503),
        status=202, responses=located,
    )  # fmt: skip
    one = "/v1/jobs/{job_id}"
    yield Call("GET", "/v1/jobs", jobs, list_jobs, schemas.JobsModel, (503,))
    yield Call("GET", one, jobs, job, model, (404, 422, 503))
    yield Call(
        "GET", f"{one}/events", jobs, job_events, None, (404, 422, 503), responses={200: _STREAM}
    )
    yield Call("DELETE", one, jobs, cancel_job, model, (404, 409, 422, 503))
    yield Call(
        "POST", f"{one}/restart", jobs, restart_job, model, (404, 409, 422, 503), status=202,
        responses=located,
    )  # fmt: skip
