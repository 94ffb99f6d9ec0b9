"""The calls of the HTTP service.

Handlers are plain functions, which FastAPI runs in its thread pool: an answer takes tens of
milliseconds of computing, and the event loop must stay free for others.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from api import schemas
from api.problems import ProblemModel
from api.rendering import search_json, sources_json
from api.service import Service
from index.errors import UsageError
from index.types import Source
from qa.rendering import answer_json, source_json

_WHEN = {
    400: "a body that is not JSON",
    404: "no such source",
    413: "a body of more than 64 KiB",
    415: "a body that does not say it is JSON",
    422: "a field or parameter that is unknown, missing or cannot be",
    500: "the service failed",
    503: "there is no index, or it cannot be used",
}


@dataclass(frozen=True, slots=True)
class _Call:
    """A call as OpenAPI tells of it: what it answers, and the problems it may answer instead."""

    method: str
    path: str
    tag: str
    handler: Callable[..., JSONResponse]
    answers: type[BaseModel]
    problems: tuple[int, ...]


def _service(request: Request) -> Service:
    service: Service = request.app.state.opened.get()
    return service


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415)


Opened = Annotated[Service, Depends(_service)]


def ask(asked: schemas.AskRequest, service: Opened) -> JSONResponse:
    """Answer a question from the sources, or say that they hold no answer."""
    only = asked.filters or schemas.Filters()
    answer = service.ask(
        asked.question,
        top_k=asked.top_k,
        source=only.source,
        since=only.since,
        until=only.until,
        min_confidence=asked.min_confidence,
        max_error=asked.max_error,
    )
    return JSONResponse(answer_json(answer))


def ask_by_address(asked: Annotated[schemas.AskQuery, Query()], service: Opened) -> JSONResponse:
    """The same for a browser or curl."""
    answer = service.ask(
        asked.q,
        top_k=asked.top_k,
        source=asked.source,
        since=asked.since,
        until=asked.until,
        min_confidence=asked.min_confidence,
        max_error=asked.max_error,
    )
    return JSONResponse(answer_json(answer))


def search(asked: schemas.SearchRequest, service: Opened) -> JSONResponse:
    """Passages nearest to a query, best first."""
    only = asked.filters or schemas.Filters()
    begun = time.perf_counter()
    hits = service.search(
        asked.query,
        top_k=asked.top_k,
        source=only.source,
        since=only.since,
        until=only.until,
    )
    total_ms = (time.perf_counter() - begun) * 1000
    return JSONResponse(
        search_json(
            asked.query,
            hits,
            generation=service.generation,
            built_at=service.built_at,
            total_ms=total_ms,
        )
    )


def sources(page: Annotated[schemas.SourcesQuery, Query()], service: Opened) -> JSONResponse:
    """What is indexed, by path, a page at a time."""
    listed = sorted(service.sources(), key=_order)
    if page.cursor is not None:
        after = _path_of(page.cursor)
        listed = [source for source in listed if _order(source) > after]
    shown = listed[: page.limit]
    following = _cursor_of(shown[-1]) if len(listed) > len(shown) else None
    return JSONResponse({"sources": sources_json(shown), "next": following})


def _order(source: Source) -> bytes:
    return source.path.encode("utf-8", "surrogatepass")


def _cursor_of(source: Source) -> str:
    """A cursor names the last path shown, so that it outlives a change of the index."""
    return base64.urlsafe_b64encode(_order(source)).decode().rstrip("=")


def _path_of(cursor: str) -> bytes:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError("the cursor is none", "take `next` of the page before") from error


def source(source_id: str, service: Opened) -> JSONResponse:
    """One source."""
    return JSONResponse(source_json(service.source(source_id)))


def text(
    source_id: str, run: Annotated[schemas.TextQuery, Query()], service: Opened
) -> JSONResponse:
    """A source's canonical text, into which all offsets point, or a run of it."""
    start, end, found = service.text(source_id, run.start, run.end)
    return JSONResponse({"id": source_id, "start": start, "end": end, "text": found})


def healthz() -> JSONResponse:
    """Whether the process answers."""
    return JSONResponse({"status": "ok"})


def readyz(service: Opened) -> JSONResponse:
    """Whether models and index are loaded."""
    return JSONResponse({"status": "ready", "generation": service.generation})


def add_routes(app: FastAPI) -> None:
    """Give the application its calls; `app.state.opened` must hold the index when one comes."""
    for call in _calls():
        takes_json = call.method == "POST"
        app.add_api_route(
            call.path,
            call.handler,
            methods=[call.method],
            tags=[call.tag],
            operation_id=call.handler.__name__,
            response_model=call.answers,
            responses=_problems(*call.problems, *((400, 413, 415) if takes_json else ()), 500),
            dependencies=[Depends(_require_json)] if takes_json else [],
        )


def _calls() -> Iterator[_Call]:
    yield _Call("POST", "/v1/ask", "Asking", ask, schemas.AnswerModel, (422, 503))
    yield _Call("GET", "/v1/ask", "Asking", ask_by_address, schemas.AnswerModel, (422, 503))
    yield _Call("POST", "/v1/search", "Asking", search, schemas.SearchModel, (422, 503))
    yield _Call("GET", "/v1/sources", "Sources", sources, schemas.SourcesModel, (422, 503))
    one = "/v1/sources/{source_id}"
    yield _Call("GET", one, "Sources", source, schemas.SourceModel, (404, 422, 503))
    yield _Call("GET", f"{one}/text", "Sources", text, schemas.TextModel, (404, 422, 503))
    yield _Call("GET", "/healthz", "Running", healthz, schemas.AliveModel, ())
    yield _Call("GET", "/readyz", "Running", readyz, schemas.ReadyModel, (503,))


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"model": ProblemModel, "description": _WHEN[status]} for status in sorted(statuses)
    }
