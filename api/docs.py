"""The service described: OpenAPI 3.1 at /openapi.json, and for a person at /docs.

The page is made here and fetches nothing: the usual ones load scripts from elsewhere, which a
machine without a network cannot, and which a service for confidential documents should not.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from api.examples import add_examples
from api.requests import UploadForm, UrlRequest

DESCRIPTION = (
    "Answers questions from your own documents, in their own words, and shows exactly where each "
    "answer stands. Offsets are Unicode code points, half-open, into a source's canonical text. "
    "Every error is a problem document (RFC 9457)."
)
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemModel"}}}
_POLICY = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc }
h3 { margin: 2rem 0 .2rem } h4 { margin: 1rem 0 .2rem }
code, pre { font: 14px/1.5 ui-monospace, monospace; background: #f3f3f1; padding: .1em .3em }
pre { padding: .8em; overflow-x: auto }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0;
  border-bottom: 1px solid #e5e5e5 }
.method { display: inline-block; min-width: 3.5em }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616 }
  code, pre { background: #262626 } td, th { border-color: #333 } a { color: #8ab4f8 } }
"""
_EXAMPLE = """curl -s localhost:8000/v1/ask -H 'Content-Type: application/json' \\
  -d '{"question": "who supplied the drones", "filters": {"since": "2022-01-01"}}'"""

Schema = Mapping[str, Any]


def add_docs(app: FastAPI) -> None:
    """Serve the description and the page made of it."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(described())

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page(described()), headers=_POLICY)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with examples. FastAPI takes every body for JSON; errors are problem
    documents."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    response["content"] = copy.deepcopy(_PROBLEM)
    shapes = document["components"]["schemas"]
    for model in (UploadForm, UrlRequest):
        # Read by hand, for a call that takes either.
        shapes[model.__name__] = model.model_json_schema()
    document["components"]["schemas"] = dict(sorted(shapes.items()))
    add_examples(document)
    return document


def page(document: Schema) -> str:
    """The document as one self-contained HTML page."""
    title = escape(document["info"]["title"])
    body = "\n".join(_body(document))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _body(document: Schema) -> Iterator[str]:
    info = document["info"]
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
    yield f"<p>{escape(info['description'])}</p>"
    yield f"<pre>{escape(_EXAMPLE)}</pre>"
    yield '<p>For machines: <a href="openapi.json">openapi.json</a></p>'
    group = None
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if operation["tags"][0] != group:
                group = operation["tags"][0]
                yield f"<h2>{escape(group)}</h2>"
            yield from _operation(method.upper(), path, operation)
    yield "<h2>Shapes</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
        yield f"<p>{escape(schema.get('description', ''))}</p>"
        required = schema.get("required", ())
        yield from _table(
            ("field", "type", ""),
            (
                (_code(field), _kind(kind), _note(kind, field in required))
                for field, kind in schema.get("properties", {}).items()
            ),
        )


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f'<h3><code class="method">{method}</code> {_code(path)}</h3>'
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    parameters = operation.get("parameters", ())
    if parameters:
        rows = (
            (_code(p["name"]), _kind(p["schema"]), _note(p["schema"] | p, p["required"]))
            for p in parameters
        )
        yield from _table(("parameter", "type", ""), rows)
    if "requestBody" in operation:
        bodies = operation["requestBody"]["content"].values()
        yield f"<p>Takes {' or '.join(_kind(body['schema']) for body in bodies)}.</p>"
    yield from _table(
        ("status", "answers", ""),
        (
            (_code(status), _kind(_content(response)), escape(response["description"]))
            for status, response in sorted(operation["responses"].items())
        ),
    )
    yield from _examples(operation)


def _examples(operation: Schema) -> Iterator[str]:
    """A body that was sent, and what came back."""
    told = [("Sent, for example", operation.get("requestBody", {}))]
    told += [(f"{status}, for example", r) for status, r in operation["responses"].items()]
    for label, body in told:
        example = body.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            shown = json.dumps(example, indent=1, ensure_ascii=False)
            yield f"<details><summary>{label}</summary><pre>{escape(shown)}</pre></details>"


def _content(response: Schema) -> Schema:
    schema: Schema = next(iter(response["content"].values()))["schema"]
    return schema


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield "<table><tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield "</table>"


def _kind(schema: Schema) -> str:
    """A schema's type, with links to the shapes it is made of."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {_kind(schema['items'])}"
    if "const" in schema:
        return _code(f'"{schema["const"]}"')
    if "enum" in schema:
        return " or ".join(_code(f'"{value}"') for value in schema["enum"])
    return escape(str(schema.get("format") or schema.get("type", "anything")))


def _note(schema: Schema, required: bool) -> str:
    said = [schema.get("description", ""), *_bounds(schema)]
    if not required and schema.get("default") is not None:
        said.append(f"default {schema['default']}")
    elif not required:
        said.append("optional")
    return escape("; ".join(part for part in said if part))


def _bounds(schema: Schema) -> Iterator[str]:
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']} to {schema['maximum']}"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
