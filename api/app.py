"""The HTTP service, put together."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from threading import Lock

from anyio.to_thread import run_sync
from fastapi import FastAPI

from api.docs import DESCRIPTION, add_docs
from api.limits import BodyLimit
from api.pages.routes import add_pages
from api.problems import add_handlers
from api.routes import add_routes
from api.service import Service
from index.errors import PinciteError

MOST_BODY_BYTES = 64 * 1024


class Opened:
    """The index of a running service: opened once, closed in the end. Safe between threads."""

    def __init__(self, open_service: Callable[[], Service]) -> None:
        self._open = open_service
        self._lock = Lock()
        self._service: Service | None = None

    def get(self) -> Service:
        """The service; a failed opening is tried again. Raises what `open_service` raises."""
        with self._lock:
            if self._service is None:
                self._service = self._open()
            return self._service

    def close(self) -> None:
        with self._lock:
            if self._service is not None:
                self._service.close()
            self._service = None


def create_app(open_service: Callable[[], Service]) -> FastAPI:
    """The service over the index that `open_service` opens.

    It is opened when the application starts and closed when that ends. Where it cannot be
    opened, the application runs all the same, answers 503, and tries again at each call.
    """
    opened = Opened(open_service)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            await run_sync(opened.get)
        except PinciteError as error:
            logging.getLogger("uvicorn.error").warning("%s", error)
        try:
            yield
        finally:
            await run_sync(opened.close)

    app = FastAPI(
        title="Pincite",
        version=version("pincite"),
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.opened = opened
    app.add_middleware(BodyLimit, most=MOST_BODY_BYTES)
    add_handlers(app)
    add_routes(app)
    add_docs(app)
    add_pages(app)
    return app
