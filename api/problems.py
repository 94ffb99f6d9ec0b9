"""Every error as an `application/problem+json` document (RFC 9457).

400 stands for a body that cannot be parsed, 422 for one, or a parameter, that says something
which cannot be. Nothing of a request is repeated but its path: a question is nobody's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.admission import ClientGoneError, RefusedError
from index.errors import IndexUnusableError, PinciteError, SourceMissingError, UsageError

_KINDS = {
    400: ("malformed-request", "The request cannot be parsed"),
    401: ("key-needed", "A key is needed"),
    403: ("forbidden", "This is not allowed"),
    404: ("not-found", "There is no such thing here"),
    405: ("method-not-allowed", "The method is not allowed here"),
    408: ("request-timeout", "The request took too long to arrive"),
    409: ("conflict", "This cannot be done now"),
    413: ("content-too-large", "The request body is too large"),
    415: ("unsupported-media-type", "The request body is of another type"),
    421: ("misdirected-request", "The request is addressed to another host"),
    422: ("invalid-request", "The request asks for what cannot be"),
    429: ("too-many-requests", "The key has no requests left for now"),
    500: ("internal-error", "The service failed"),
    503: ("index-unusable", "The index cannot be used"),
}
# 503 that passes by itself: there is an index, but no place.
_BUSY = ("overloaded", "The service has too much to do")
_DETAILS = {
    400: "send one JSON document in UTF-8",
    404: "see /docs for what there is",
    405: "see the Allow header, or /docs",
    415: "send Content-Type: application/json",
    500: "an unexpected error; the service's log tells more",
}

Fault = dict[str, str]


class FaultModel(BaseModel):
    """One thing that is wrong with a request; pointer or parameter say where, if that is known."""

    detail: str
    pointer: str | None = Field(default=None, description="a JSON pointer (RFC 6901) into the body")
    parameter: str | None = Field(default=None, description="a parameter of the address")


class ProblemModel(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str = Field(examples=["urn:pincite:problem:invalid-request"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="the path that was asked for")
    errors: list[FaultModel]


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(
    instance: str,
    status: int,
    detail: str | None = None,
    *,
    errors: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
    kind: tuple[str, str] | None = None,
) -> ProblemResponse:
    """A problem document. instance: the path that was asked for, still decoded. kind: its name
    and title, those of the status if None."""
    phrase = HTTPStatus(status).phrase
    usual = _KINDS.get(status, (phrase.lower().replace(" ", "-"), phrase))
    name, title = usual if kind is None else kind
    return ProblemResponse(
        {
            "type": f"urn:pincite:problem:{name}",
            "title": title,
            "status": status,
            "detail": detail or _DETAILS.get(status, phrase),
            "instance": quote(instance, errors="replace"),
            "errors": list(errors),
        },
        status,
        headers,
    )


def add_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(PinciteError, _on_pincite)
    app.add_exception_handler(RefusedError, _on_refused)
    app.add_exception_handler(ClientGoneError, _on_client_gone)
    app.add_exception_handler(Exception, _on_unexpected)


def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(request.scope["path"], 400)
    errors = [_fault(item["loc"], item["msg"]) for item in found]
    detail = "; ".join(f"{_where(fault)}: {fault['detail']}" for fault in errors)
    return problem(request.scope["path"], 422, detail, errors=errors)


def _fault(location: Sequence[str | int], message: str) -> Fault:
    """Where and what: `location` is pydantic's, first of all the part of the request."""
    part, *path = location
    message = message.removeprefix("Value error, ")
    message = f"{message[:1].lower()}{message[1:]}"
    if part == "body":
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        pointer = "#" + "".join(f"/{quote(step, errors='replace')}" for step in steps)
        return {"detail": message, "pointer": pointer}
    return {"detail": message, "parameter": ".".join(map(str, path))}


def _where(fault: Fault) -> str:
    return fault.get("pointer") or fault.get("parameter", "")


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.status_code == 405:
        headers["allow"] = ", ".join(_methods(request))
    said = error.detail
    # Starlette fills in the bare phrase, and FastAPI its own sentence, where nobody said more.
    told = said and said != HTTPStatus(error.status_code).phrase and error.status_code != 400
    return problem(
        request.scope["path"], error.status_code, str(said) if told else None, headers=headers
    )


def _methods(request: Request) -> list[str]:
    """Every method that some route takes on this path; the router names those of the first only."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match.value:
            found |= set(getattr(route, "methods", None) or ())
    return sorted(found)


def _on_pincite(request: Request, error: Exception) -> Response:
    if isinstance(error, SourceMissingError):
        status = 404
    elif isinstance(error, UsageError):
        status = 422
    elif isinstance(error, IndexUnusableError):
        status = 503
    else:
        status = 500
    errors = [{"detail": str(error)}] if status == 422 else []
    return problem(request.scope["path"], status, str(error), errors=errors)


def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return busy(request.scope["path"], error.reason, error.retry_after)


def busy(instance: str, reason: str, retry_after: int) -> ProblemResponse:
    """503 for what passes by itself, after so many seconds."""
    return problem(
        instance, 503, f"{reason}: try again in {retry_after} s",
        headers={"retry-after": str(retry_after)}, kind=_BUSY,
    )  # fmt: skip


def _on_client_gone(_request: Request, _error: Exception) -> Response:
    # Nobody reads it; the log and the metrics tell it from an answer by nginx's number for this.
    return Response(status_code=499)


def _on_unexpected(request: Request, _error: Exception) -> Response:
    return problem(request.scope["path"], 500)
