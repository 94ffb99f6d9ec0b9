"""How long work tells what it is at."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the stages of a build."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins; total: steps it will take, None if nobody knows."""

    def advance(self, count: int = 1) -> None:
        """So many more steps of the stage are done."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int | None) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass
