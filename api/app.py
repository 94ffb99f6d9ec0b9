"""The HTTP service, put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version

from anyio.to_thread import run_sync
from fastapi import FastAPI

from api.admission import Admission
from api.configuration import ServeSettings
from api.docs import DESCRIPTION, add_docs
from api.guard import Guard, Policy
from api.headers import SecurityHeaders
from api.jobs.files import JobPlan, clear_up, sweep
from api.jobs.queue import WORKER, Jobs
from api.jobs.routes import add_jobs
from api.keys import KeyFile
from api.limits import BodyLimit
from api.live import Live
from api.metrics import Metrics
from api.observing import Observing
from api.pages.faults import FaultPages
from api.pages.rendering import Pages
from api.pages.routes import add_pages
from api.problems import add_handlers
from api.routes import add_routes
from api.running import add_gauges, add_running
from api.service import Service
from index.errors import PinciteError

_LOG = logging.getLogger("pincite")
# How often the index is looked at: so long a publication may go unnoticed.
FOLLOW_SECONDS = 0.25


def create_app(
    open_service: Callable[[], Service], *, mark: Callable[[], object] | None = None,
    settings: ServeSettings | None = None, jobs: JobPlan | None = None,
    keys: KeyFile | None = None, policy: Policy | None = None,
) -> FastAPI:  # fmt: skip
    """The service over the index that `open_service` opens.

    It is opened when the application starts and closed when that ends. Where it cannot be
    opened, the application runs all the same, answers 503, and tries again at each call.
    mark: compares as equal until another generation is published, which is then opened and takes
    over; None if that never happens. settings: the defaults if None. jobs: what changes the index
    works on; without it such calls are refused. keys, policy: who may call what; anybody anything
    if None.
    """
    settings = ServeSettings() if settings is None else settings
    opened = Live(open_service, mark)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.admission = Admission(
            places=settings.concurrency or 1, waiting=settings.queue, deadline=settings.deadline
        )
        app.state.jobs = None if jobs is None else _jobs(jobs, opened)
        add_gauges(metrics, opened, app.state.admission, app.state.jobs)
        following = asyncio.create_task(_follow(opened, every=FOLLOW_SECONDS))
        try:
            await run_sync(_opened_or_told, opened)
            if jobs is not None:
                await app.state.jobs.start()
                if app.state.jobs.is_ours:
                    sweep(jobs, app.state.jobs.all())
            yield
        finally:
            following.cancel()
            app.state.admission.close()
            if app.state.jobs is not None:
                await app.state.jobs.stop()
            with suppress(asyncio.CancelledError):
                await following
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
    app.state.job_plan = jobs
    app.state.metrics = metrics
    app.state.stop = partial(_stop, app)
    pages = Pages()
    # The last one added is the first that a request comes to.
    app.add_middleware(BodyLimit, most=settings.body_bytes, most_upload=settings.upload_bytes)
    app.add_middleware(Guard, keys=keys, policy=policy or Policy())
    app.add_middleware(Observing, metrics=metrics, log_questions=settings.log_questions)
    app.add_middleware(FaultPages, pages=pages)
    app.add_middleware(SecurityHeaders)
    add_handlers(app)
    add_routes(app)
    add_jobs(app)
    add_running(app)
    add_docs(app)
    add_pages(app, pages)
    return app


def _stop(app: FastAPI) -> None:
    """Finish what runs, and refuse the rest: the service is about to end. On the event loop."""
    app.state.admission.close()
    if app.state.jobs is not None:
        app.state.jobs.hang_up()


def _jobs(plan: JobPlan, opened: Live) -> Jobs:
    async def follow() -> None:
        await run_sync(partial(opened.follow, again=True))

    def holds(source_id: str) -> bool:
        with opened.lease() as service:
            return any(source.id == source_id for source in service.sources())

    return Jobs(
        plan.folder, plan.settings, after=follow, worker=plan.worker or WORKER,
        ended=lambda job: clear_up(plan, job, holds),
    )  # fmt: skip


def _opened_or_told(opened: Live) -> None:
    try:
        opened.follow()
    except PinciteError as error:
        _LOG.warning("%s", error)


async def _follow(opened: Live, *, every: float) -> None:
    """Move to each generation that is published, until cancelled."""
    told = ""
    while True:
        await asyncio.sleep(every)
        try:
            moved = await run_sync(opened.follow)
        except Exception as error:
            # What answered goes on answering; the same fault is told once.
            if str(error) != told:
                _LOG.warning("what is published now cannot be opened: %s", error)
            told = str(error)
        else:
            if moved:
                told = ""
                _LOG.info("generation %d answers now", opened.get().generation)
