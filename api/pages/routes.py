"""The addresses of the page: asking at /, the list of sources, and one source to read.

What a person asked for that cannot be is said on the page, with the remedy; an unknown parameter
is passed over, for addresses are shared and gather them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api.admission import RefusedError
from api.pages.addresses import version
from api.pages.answers import shown
from api.pages.faults import Fault, refuses_page
from api.pages.listing import ORDERS, Wanted, listed, wanted
from api.pages.reading import highlight, requested, sheets
from api.pages.rendering import PageFiles, Pages
from api.pages.wording import FORMATS, share
from api.routes import Place
from api.service import Service
from index.errors import IndexUnusableError, PinciteError, SourceMissingError, UsageError
from index.loaders import SUFFIXES

Values = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]

# What narrows a question, as the form and the address name it.
_OPTIONS = ("source", "since", "until", "min_confidence", "max_error")


def add_pages(app: FastAPI, pages: Pages) -> None:
    """Give the application its pages; `app.state.opened` must hold the index when one is asked
    for."""
    app.state.pages = pages
    for path, handler in (
        ("/", _ask_page),
        ("/sources", _sources_page),
        ("/sources/{source_id}", _source_page),
    ):
        # FastAPI's own kind of route: what is seen from outside is counted by its path.
        app.add_api_route(
            path, _told(handler), methods=["GET", "HEAD"], include_in_schema=False,
            response_model=None,
        )  # fmt: skip
    app.mount(pages.files, PageFiles(), name="static")


async def _with_index(
    request: Request, work: Callable[[Service], Values], *, asks: bool = False
) -> Values:
    """What `work` makes of the index, and which one that was, in a thread: the event loop must
    stay free for others. asks: whether it works with the models, which takes a place; raises
    RefusedError then if there is none."""

    def worked(service: Service) -> Values:
        index = {"generation": service.generation, "built_at": service.built_at}
        return {"index": index, **work(service)}

    if asks:
        return await Place(request).run(worked)

    def leased() -> Values:
        with request.app.state.opened.lease() as service:
            return worked(service)

    return await run_sync(leased)


def _render(
    request: Request, template: str, values: Mapping[str, Any], status: int = 200
) -> Response:
    pages: Pages = request.app.state.pages
    given = {"index": None, "here": "", **values}
    return pages.render(template, request.scope.get("root_path", ""), given, status)


def _told(handler: Handler) -> Handler:
    """The handler, with what goes wrong told on a page, unless a problem document is preferred."""

    async def page(request: Request) -> Response:
        try:
            return await handler(request)
        except (PinciteError, RefusedError) as error:
            if refuses_page(request.headers.get("accept", "")):
                raise
            return _fault_page(request, error)

    return page


def _fault_page(request: Request, error: PinciteError | RefusedError) -> Response:
    if isinstance(error, RefusedError):
        values = {"title": "There is too much to do just now",
                  "fault": Fault(error.reason, f"try again in {error.retry_after} s")}  # fmt: skip
        response = _render(request, "fault.html", values, 503)
        response.headers["retry-after"] = str(error.retry_after)
        return response
    status = _status(error)
    fault = Fault(error.message, _REMEDIES.get(status, error.remedy))
    return _render(request, "fault.html", {"title": _TITLES[status], "fault": fault}, status)


_TITLES = {
    404: "There is no such source",
    422: "That cannot be",
    500: "Something went wrong",
    503: "There is nothing to ask yet",
}
# Where the error's own is for a command line.
_REMEDIES = {404: "it may have been removed, or its file may be called otherwise now"}


def _status(error: PinciteError) -> int:
    if isinstance(error, SourceMissingError):
        return 404
    if isinstance(error, UsageError):
        return 422
    return 503 if isinstance(error, IndexUnusableError) else 500


async def _ask_page(request: Request) -> Response:
    """The question box, and if a question came with the address, its answer."""
    asked = request.query_params
    question = asked.get("q", "").strip()
    options = {name: asked.get(name, "").strip() for name in _OPTIONS}
    values: Values = {"here": "ask", "question": question, "options": options}
    root = request.scope.get("root_path", "")
    fault = None

    def work(service: Service) -> Values:
        nonlocal fault
        if not question:
            return {"shown": None, "count": len(service.sources())}
        try:
            given = _given(options)
            answer = service.ask(question, **given)
            return {"shown": shown(answer, root, max_error=given["max_error"])}
        except UsageError as error:
            fault = error
            return {"shown": None, "count": len(service.sources())}

    values |= await _with_index(request, work, asks=bool(question))
    return _render(request, "ask.html", values | {"fault": fault}, 422 if fault else 200)


def _given(options: Mapping[str, str]) -> Values:
    """The options as `Service.ask` takes them, None where one is not given. Raises UsageError on
    a number that is none; which numbers may be is for whoever answers."""
    given: Values = {name: value or None for name, value in options.items()}
    least, most = given["min_confidence"], given["max_error"]
    try:
        given["min_confidence"] = None if least is None else float(least)
    except ValueError as error:
        raise UsageError(
            f"the minimum confidence is {least!r}", "give a number from 0 to 1"
        ) from error
    try:
        given["max_error"] = None if most is None else share(most)
    except ValueError as error:
        raise UsageError(f"the largest error is {most!r}", "give a share as 20% or 0.2") from error
    return given


async def _sources_page(request: Request) -> Response:
    """The list of sources, and where to add one."""
    fault = None
    try:
        asked = wanted(request.query_params)
    except UsageError as error:
        fault, asked = error, Wanted()

    def work(service: Service) -> Values:
        found = service.sources()
        formats = [kind for kind in FORMATS if kind in {source.media_type for source in found}]
        return {"listed": listed(found, asked), "count": len(found), "formats": formats}

    values: Values = {"here": "sources", "asked": asked, "orders": ORDERS, "fault": fault}
    values |= {"accepted": ",".join(SUFFIXES), "typed": request.query_params}
    values |= await _with_index(request, work)
    return _render(request, "sources.html", values, 422 if fault else 200)


async def _source_page(request: Request) -> Response:
    """One source in its full canonical text, with a run of it highlighted if one is named."""
    address = request.query_params
    span = requested(address.get("start"), address.get("end"))

    def work(service: Service) -> Values:
        source = service.source(request.path_params["source_id"])
        _, _, text = service.text(source.id)
        pages = service.pages(source.id)
        found = None if span is None else highlight(text, pages, span)
        return {
            "source": source,
            "sheets": sheets(text, pages, None if found is None else found.span),
            "quoted": found,
            "beyond": span is not None and found is None,
            "changed": address.get("v", version(source)) != version(source),
            "characters": len(text),
        }

    values = await _with_index(request, work)
    return _render(request, "source.html", {"here": "source", **values})
