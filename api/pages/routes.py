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
from api.pages.listing import ORDERS, Wanted, listed, wanted
from api.pages.reading import highlight, requested, sheets
from api.pages.rendering import PageFiles, Pages
from api.pages.wording import FORMATS
from api.routes import Place
from api.service import Service
from index.errors import IndexUnusableError, PinciteError, SourceMissingError, UsageError
from index.loaders import SUFFIXES
from qa.types import Answer

Values = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]

# What narrows a question, as the form and the address name it.
_OPTIONS = ("source", "since", "until", "min_confidence")


def add_pages(app: FastAPI) -> None:
    """Give the application its pages; `app.state.opened` must hold the index when one is asked
    for."""
    app.state.pages = Pages()
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
    app.mount("/static", PageFiles(), name="static")


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
    """The handler, with what goes wrong told on a page."""

    async def page(request: Request) -> Response:
        try:
            return await handler(request)
        except PinciteError as error:
            status = _status(error)
            title = _TITLES[status]
            return _render(request, "fault.html", {"title": title, "fault": error}, status)
        except RefusedError as refused:
            fault = PinciteError(refused.reason, f"try again in {refused.retry_after} s")
            title = "There is too much to do just now"
            response = _render(request, "fault.html", {"title": title, "fault": fault}, 503)
            response.headers["retry-after"] = str(refused.retry_after)
            return response

    return page


_TITLES = {
    404: "There is no such source",
    422: "That cannot be",
    500: "Something went wrong",
    503: "There is nothing to ask yet",
}


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
            return {"shown": shown(_answer(service, question, options), root)}
        except UsageError as error:
            fault = error
            return {"shown": None, "count": len(service.sources())}

    values |= await _with_index(request, work, asks=bool(question))
    return _render(request, "ask.html", values | {"fault": fault}, 422 if fault else 200)


def _answer(service: Service, question: str, options: Mapping[str, str]) -> Answer:
    """Raises UsageError on a question or an option that cannot be."""
    least = options["min_confidence"]
    try:
        min_confidence = float(least) if least else None
    except ValueError as error:
        raise UsageError(
            f"the minimum confidence is {least!r}", "give a number from 0 to 1"
        ) from error
    return service.ask(
        question,
        source=options["source"] or None,
        since=options["since"] or None,
        until=options["until"] or None,
        min_confidence=min_confidence,
    )


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
