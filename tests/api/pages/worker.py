"""The worker of jobs, which can be held up: as long as a file is there that it is told of, no build
goes on beyond its first step."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from api.jobs.worker import main
from api.service import LocalEngine
from index.progress import Progress
from index.types import BuildReport
from qa.gate import Gate
from qa.settings import Settings
from qa.uploads import Upload


class Held:
    """Progress that waits."""

    def __init__(self, inner: Progress, hold: Path) -> None:
        self._inner = inner
        self._hold = hold

    def stage(self, name: str, total: int | None) -> None:
        self._inner.stage(name, total)

    def advance(self, count: int = 1) -> None:
        if self._hold.exists():
            # Steps that follow one another quickly are told together.
            time.sleep(0.2)
        self._inner.advance(count)
        while self._hold.exists():
            time.sleep(0.02)


class HeldEngine(LocalEngine):
    """The engine over this machine's files and models, held up."""

    def __init__(self, hold: Path) -> None:
        self._hold = hold

    def build(
        self, paths: Sequence[Path], settings: Settings, *, full: bool, progress: Progress,
        gate: Gate | None = None,
    ) -> BuildReport:  # fmt: skip
        held = Held(progress, self._hold)
        return super().build(paths, settings, full=full, progress=held, gate=gate)

    def add(self, upload: Upload, settings: Settings, *, progress: Progress) -> BuildReport:
        return super().add(upload, settings, progress=Held(progress, self._hold))

    def drop(self, source: str, settings: Settings, *, progress: Progress) -> BuildReport:
        return super().drop(source, settings, progress=Held(progress, self._hold))


if __name__ == "__main__":
    main(HeldEngine(Path(sys.argv[1])))
