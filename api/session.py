"""What one run of the command line works with: the world, passed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from api.service import Engine, Service
from api.terminal import Terminal

if TYPE_CHECKING:
    from index.progress import Progress
    from qa.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """The streams, the environment, the engine, and the flags that every command has.

    index: the folder that a flag named, None if none did. as_json: print data as JSON.
    """

    engine: Engine
    terminal: Terminal
    stdin: TextIO
    environment: Mapping[str, str]
    index: Path | None = None
    as_json: bool = False

    def settings(self) -> Settings:
        """Raises UsageError on a setting that is not usable."""
        return self.engine.settings({"index": self.index}, self.environment)

    @contextmanager
    def opened(self) -> Iterator[Service]:
        """The index, closed in the end. Raises IndexUnusableError, ModelError or UsageError."""
        service = self.engine.open(self.settings())
        try:
            self.tell(service)
            yield service
        finally:
            service.close()

    def tell(self, service: Service) -> None:
        """Say on stderr what there is to say of an index that was opened."""
        for note in service.notes:
            self.terminal.note(f"pincite: {note}")

    @contextmanager
    def watched(self) -> Iterator[Progress]:
        """Progress on stderr: bars on a terminal, otherwise a line per stage."""
        from api.progress import watched

        live = self.terminal.stderr.isatty() and self.environment.get("TERM") != "dumb"
        with watched(self.terminal, live=live) as progress:
            yield progress
