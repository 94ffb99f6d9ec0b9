"""What a build shows while it works, on stderr."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.terminal import Terminal

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from index.progress import Progress

# What is over sooner needs no bar.
PATIENCE_SECONDS = 1.0


class Lines:
    """A plain line per stage: for logs and pipes."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def stage(self, name: str, total: int | None) -> None:
        self._terminal.note(name if total is None else f"{name}: {total}")

    def advance(self, count: int = 1) -> None:
        pass


class LiveBars:
    """One bar a stage; a stage without a total shows that it is alive."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(name, total=total)

    def advance(self, count: int = 1) -> None:
        if self._task is not None:
            self._bars.advance(self._task, count)


@contextmanager
def watched(
    terminal: Terminal, *, live: bool, patience: float = PATIENCE_SECONDS
) -> Iterator[Progress]:
    """Progress for one piece of work.

    live: draw bars once the work has taken `patience` seconds; otherwise write a line per stage.
    """
    if not live:
        yield Lines(terminal)
        return
    bars = _bars(terminal)
    # A thread starts the bars, for a stage need not report anything while it works.
    timer = threading.Timer(patience, bars.start)
    timer.daemon = True
    timer.start()
    try:
        yield LiveBars(bars)
    finally:
        timer.cancel()
        timer.join()
        if bars.live.is_started:
            bars.stop()


def _bars(terminal: Terminal) -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(
        file=terminal.stderr, force_terminal=True, no_color=not terminal.colour_messages
    )
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, redirect_stdout=False)
