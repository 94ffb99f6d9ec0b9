"""What can be set of the service itself: the table `serve` of `pincite.toml`, or the environment.

[serve]
queue = 32
allow_urls = true
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from qa.settings import Settings, load_table


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Set by `[serve]` in `pincite.toml`, or by the environment as PINCITE_SERVE_NAME.

    concurrency: how many questions are worked on at once; from the cores and `threads` if None.
    queue: how many may wait beside. deadline: seconds a request may take. body_bytes: most of a
        JSON body. upload_bytes: most of an uploaded or fetched file.
    requests_per_minute: of one key. allow_urls: whether sources may be added by address.
    hosts: names beside this machine's own that requests may be addressed to, separated by commas.
    log_questions: whether questions may stand in the log.
    """

    concurrency: Annotated[int, Meta(ge=1, le=256)] | None = None
    queue: Annotated[int, Meta(ge=0, le=10_000)] = 64
    deadline: Annotated[float, Meta(gt=0, le=3600)] = 30.0
    body_bytes: Annotated[int, Meta(ge=1024)] = 64 * 1024
    upload_bytes: Annotated[int, Meta(ge=1024, le=256 * 2**20)] = 64 * 2**20
    requests_per_minute: Annotated[int, Meta(ge=1)] = 600
    allow_urls: bool = False
    hosts: str = ""
    log_questions: bool = False


def load_serve_settings(
    flags: Mapping[str, object], *, environment: Mapping[str, str]
) -> ServeSettings:
    """Flags (None: not given) beat the environment, which beats the file. Raises UsageError."""
    return load_table(ServeSettings, "serve", flags, environment=environment)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shares(settings: Settings, wanted: int | None, available: int) -> tuple[int, int]:
    """How many questions are worked on at once, and how many threads a model may use.

    A model's threads are shared by all who run it, and each of these lends its own: together they
    are concurrency + threads - 1, which is never more than the cores unless somebody says so.
    """
    if settings.threads is not None:
        return wanted or max(1, available - settings.threads + 1), settings.threads
    concurrency = wanted or max(1, available // 4)
    return concurrency, max(1, available - concurrency + 1)
