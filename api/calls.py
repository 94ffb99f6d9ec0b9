"""How a call of the service is declared: what it answers, and which problems instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from api.problems import ProblemModel

WHEN = {
    400: "a request or a body that cannot be parsed",
    401: "no key, or one that is not known",
    403: "a key without this right, or a request from another site",
    404: "no such thing",
    408: "a body that does not end in time",
    409: "not in the state that it is in",
    413: "a body that is too large",
    415: "a body of another type",
    422: "a field or parameter that is unknown, missing or cannot be",
    429: "no requests left for this key for now",
    500: "the service failed",
    503: "no index that can be used, or too much to do; then Retry-After says when to try again",
}
# What any call may answer: the guard stands before all of them.
_ALWAYS = (401, 403, 429, 500)
_OPEN_ALWAYS = (500,)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as OpenAPI tells of it.

    answers: the shape of what it answers with `status`. problems: the statuses it may answer
    instead, beside those that any may. takes_json: whether it has a JSON body. is_open: whether
    it needs no key. extra: what OpenAPI is told beside.
    """

    method: str
    path: str
    tag: str
    handler: Callable[..., Any]
    answers: type[BaseModel] | None
    problems: tuple[int, ...] = ()
    status: int = 200
    takes_json: bool = False
    is_open: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    responses: Mapping[int | str, dict[str, Any]] = field(default_factory=dict)


def require_json(request: Request) -> None:
    """Raises 415 unless the request says that its body is JSON."""
    if media_type(request) != "application/json":
        raise HTTPException(415)


def media_type(request: Request) -> str:
    """What the request says its body is, in lower case, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def add_calls(app: FastAPI, calls: Iterable[Call]) -> None:
    """Give the application these calls."""
    for call in calls:
        body = (400, 408, 413, 415) if call.takes_json else ()
        always = _OPEN_ALWAYS if call.is_open else _ALWAYS
        app.add_api_route(
            call.path,
            call.handler,
            methods=[call.method],
            tags=[call.tag],
            status_code=call.status,
            operation_id=call.handler.__name__,
            response_model=call.answers,
            responses={**_problems({*call.problems, *body, *always}), **call.responses},
            dependencies=[Depends(require_json)] if call.takes_json else [],
            openapi_extra=dict(call.extra) or None,
        )


def _problems(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"model": ProblemModel, "description": WHEN[status]} for status in sorted(statuses)
    }
