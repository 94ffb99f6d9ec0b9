"""The calls that ask, and those that show sources.

What computes runs in threads: an answer takes tens of milliseconds, and the event loop must stay
free for others.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, NamedTuple, TypeVar

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from api import requests, schemas
from api.annotations import MEDIA_TYPE, PROFILE, annotation_page
from api.calls import Call, add_calls
from api.live import Live
from api.negotiation import prefers
from api.rendering import search_json, sources_json
from api.service import Service
from index.errors import UsageError
from index.types import Source
from qa.rendering import answer_json, source_json

T = TypeVar("T")
_ALSO_LD: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
}
_ALSO_PLAIN: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}


class Place:
    """Where a request works with the models: a place of its own, and one generation."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def run(self, work: Callable[[Service], T]) -> T:
        """What `work` makes of the index, in a thread; raises as `Admission.run` does."""
        state = self._request.app.state

        def leased() -> T:
            with state.opened.lease() as service:
                return work(service)

        result: T = await state.admission.run(leased, self._request.receive)
        return result


async def _service(request: Request) -> AsyncIterator[Service]:
    """The index, kept open until the response is made."""
    opened: Live = request.app.state.opened
    if not opened.is_open:
        await run_sync(opened.get)
    with opened.lease() as service:
        yield service


Opened = Annotated[Service, Depends(_service)]
Working = Annotated[Place, Depends(Place)]


async def ask(asked: requests.AskRequest, request: Request, place: Working) -> Response:
    """Answer a question from the sources, or say that they hold no answer."""
    only = asked.filters or requests.Filters()
    options = _Options(
        asked.top_k,
        only.source,
        only.since,
        only.until,
        asked.min_confidence,
        asked.max_error,
    )
    return await _answer(request, place, asked.question, options)


async def ask_by_address(
    asked: Annotated[requests.AskQuery, Query()], request: Request, place: Working
) -> Response:
    """The same for a browser or curl."""
    options = _Options(
        asked.top_k,
        asked.source,
        asked.since,
        asked.until,
        asked.min_confidence,
        asked.max_error,
    )
    return await _answer(request, place, asked.q, options)


class _Options(NamedTuple):
    """As `Service.ask` takes them."""

    top_k: int
    source: str | None
    since: str | None
    until: str | None
    min_confidence: float | None
    max_error: float | None


async def _answer(request: Request, place: Place, question: str, options: _Options) -> Response:
    answer = await place.run(lambda service: service.ask(question, **options._asdict()))
    request.state.answer = answer
    headers = {"vary": "accept"}
    if prefers(request.headers.get("accept", ""), MEDIA_TYPE, "application/json"):
        page = annotation_page(answer, str(request.base_url).rstrip("/"))
        return JSONResponse(page, headers=headers, media_type=PROFILE)
    return JSONResponse(answer_json(answer), headers=headers)


async def search(asked: requests.SearchRequest, place: Working) -> Response:
    """Passages nearest to a query, best first."""
    only = asked.filters or requests.Filters()

    def work(service: Service) -> dict[str, object]:
        begun = time.perf_counter()
        hits = service.search(
            asked.query,
            top_k=asked.top_k,
            source=only.source,
            since=only.since,
            until=only.until,
        )
        return search_json(
            asked.query,
            hits,
            generation=service.generation,
            built_at=service.built_at,
            total_ms=(time.perf_counter() - begun) * 1000,
        )

    return JSONResponse(await place.run(work))


def sources(page: Annotated[requests.SourcesQuery, Query()], service: Opened) -> JSONResponse:
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
    source_id: str, run: Annotated[requests.TextQuery, Query()], request: Request, service: Opened
) -> Response:
    """A source's canonical text, into which all offsets point, or a run of it."""
    start, end, found = service.text(source_id, run.start, run.end)
    if prefers(request.headers.get("accept", ""), "text/plain", "application/json"):
        return PlainTextResponse(found, headers={"vary": "accept"})
    return JSONResponse(
        {"id": source_id, "start": start, "end": end, "text": found}, headers={"vary": "accept"}
    )


def add_routes(app: FastAPI) -> None:
    """Give the application its calls; `app.state` must hold `opened` and `admission` when one
    comes."""
    add_calls(app, _calls())


def _calls() -> Iterator[Call]:
    asking, sources_ = "Asking", "Sources"
    answers = schemas.AnswerModel
    yield Call(
        "POST", "/v1/ask", asking, ask, answers, (422, 503), takes_json=True, responses=_ALSO_LD
    )
    yield Call("GET", "/v1/ask", asking, ask_by_address, answers, (422, 503), responses=_ALSO_LD)
    yield Call(
        "POST", "/v1/search", asking, search, schemas.SearchModel, (422, 503), takes_json=True
    )
    yield Call("GET", "/v1/sources", sources_, sources, schemas.SourcesModel, (422, 503))
    one = "/v1/sources/{source_id}"
    yield Call("GET", one, sources_, source, schemas.SourceModel, (404, 422, 503))
    yield Call(
        "GET", f"{one}/text", sources_, text, schemas.TextModel, (404, 422, 503),
        responses=_ALSO_PLAIN,
    )  # fmt: skip
