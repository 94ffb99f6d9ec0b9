"""Templates and static files, and the headers that every page carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from api.pages.addresses import query, source_address, web_address
from api.pages.marking import exact
from api.pages.wording import day_in_words, format_in_words, moment_in_words

_HERE = Path(__file__).parent
_STATIC = _HERE / "static"

# Text from sources is data: no script and no style but the service's own files, no form that sends
# anywhere else, and nothing that makes markup of text.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
# An address holds the question: it goes to no other site, and no cache keeps it.
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Pages:
    """The templates of the page, and where its static files are.

    files: the path under which they are served, which changes with them, so that no browser shows
    yesterday's. Modules of the script name one another relative to it.
    """

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates", encoding="utf-8"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "day": day_in_words,
            "moment": moment_in_words,
            "format_name": format_in_words,
            "exact": exact,
            "query": query,
            "web": web_address,
        }
        self.files = f"/static/{_digest()}"

    def render(
        self, template: str, root: str, values: Mapping[str, Any], status: int = 200
    ) -> HTMLResponse:
        """A page. root: the path under which the service is mounted, without a slash at its end."""
        page = self._environment.get_template(template)
        helpers = {
            "root": root,
            "static": f"{root}{self.files}",
            "source_address": partial(source_address, root),
        }
        return HTMLResponse(page.render(helpers | dict(values)), status, HEADERS)


class PageFiles(StaticFiles):
    """The static files: kept by browsers for a year, for their addresses change with them."""

    def __init__(self) -> None:
        super().__init__(directory=_STATIC)

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        kept = {"cache-control": "public, max-age=31536000, immutable"}
        response.headers.update({**HEADERS, **kept})
        return response


def _digest() -> str:
    """What tells these static files from all others."""
    digest = hashlib.sha256()
    for path in sorted(_STATIC.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
