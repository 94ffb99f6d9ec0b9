"""What the HTTP service takes, as OpenAPI tells of it.

Checked strictly: what is unknown or of another type is refused, for a filter that is silently
ignored gives a wrong answer.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_PASSAGES = 100
MOST_SOURCES = 1000


def _calendar_date(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("write a date as YYYY-MM-DD") from error
    return value


def _unicode(value: str) -> str:
    # JSON can spell lone surrogates, which no text has.
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("not valid Unicode text") from error
    return value


Text = Annotated[str, AfterValidator(_unicode)]
Date = Annotated[str, AfterValidator(_calendar_date), Field(json_schema_extra={"format": "date"})]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
TopK = Annotated[int, Field(ge=1, le=MOST_PASSAGES)]


# What the service itself says of questions and cursors; said here so that others can know it.
_ASKED: dict[str, Any] = {"minLength": 1, "maxLength": 2000, "pattern": r"\S"}
_CURSOR: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": r"^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?$"},
        {"type": "null"},
    ]
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Query(BaseModel):
    # What stands in an address is text: numbers are read from it.
    model_config = ConfigDict(extra="forbid")


class Filters(_Request):
    """Which sources to answer from; all conditions hold at once."""

    source: Text | None = Field(
        default=None, description="a shell pattern over a source's path, its last part, or its id"
    )
    since: Date | None = Field(default=None, description="only sources of this day or later")
    until: Date | None = Field(default=None, description="only sources of this day or earlier")


class AskRequest(_Request):
    """A question and its options."""

    question: Text = Field(
        description="at most 2,000 characters", examples=["who supplied Tajikistan's drones"],
        json_schema_extra=_ASKED,
    )  # fmt: skip
    top_k: TopK = Field(
        default=5, description="how many passages and alternatives the answer shows"
    )
    filters: Filters | None = None
    min_confidence: Probability | None = Field(
        default=None, description="answer only if at least so sure; the service's setting if null"
    )
    max_error: Share | None = Field(
        default=None,
        description="answer only where at most this share of the answers is promised to be wrong",
    )


class AskQuery(_Query):
    """The same as an address."""

    q: Text = Field(
        description="the question, at most 2,000 characters",
        examples=["when did the TB2 first fly"], json_schema_extra=_ASKED,
    )  # fmt: skip
    top_k: TopK = Field(
        default=5, description="how many passages and alternatives the answer shows"
    )
    source: Text | None = Field(
        default=None, description="a shell pattern over a source's path, its last part, or its id"
    )
    since: Date | None = Field(default=None, description="only sources of this day or later")
    until: Date | None = Field(default=None, description="only sources of this day or earlier")
    min_confidence: Probability | None = Field(
        default=None,
        description="answer only if at least so sure; the service's setting if not given",
    )
    max_error: Share | None = Field(
        default=None,
        description="answer only where at most this share of the answers is promised to be wrong",
    )


class SearchRequest(_Request):
    """A query and its options."""

    query: Text = Field(
        description="at most 2,000 characters", examples=["Tajikistan drones"],
        json_schema_extra=_ASKED,
    )  # fmt: skip
    top_k: TopK = Field(default=10, description="how many passages")
    filters: Filters | None = None


class SourcesQuery(_Query):
    """Which page of the sources."""

    limit: int = Field(
        default=100, ge=1, le=MOST_SOURCES, description="how many sources a page has"
    )
    cursor: Text | None = Field(
        default=None, description="`next` of the page before", json_schema_extra=_CURSOR
    )


class TextQuery(_Query):
    """Which run of the canonical text; the whole if neither is given."""

    start: int | None = Field(default=None, ge=0, description="in code points")
    end: int | None = Field(default=None, ge=0, description="in code points, exclusive; clamped")


class RebuildRequest(_Request):
    """How to rebuild."""

    full: bool = Field(default=False, description="read and split every file again")


class UrlRequest(_Request):
    """A page or a file to add."""

    url: Text = Field(
        max_length=2000, description="http or https", examples=["https://example.org/report.html"]
    )


class UploadForm(BaseModel):
    """A file to add, as a form."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(
        description="text, Markdown, HTML, PDF or DOCX, told by its name or its type",
        json_schema_extra={"format": "binary"},
    )
    title: str | None = Field(default=None, description="instead of the file's own")
    author: str | None = None
    publisher: str | None = None
    published: str | None = Field(default=None, description="YYYY-MM-DD")
    url: str | None = Field(default=None, description="where it can be read on the web")
