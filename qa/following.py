"""Opening whatever is published, again and again: for a process that runs on while it changes."""

from __future__ import annotations

from index.generations import Generations
from qa.assembly import Pincite
from qa.parts import Models
from qa.settings import Settings


class Following:
    """The live generation of an index, whichever that is. Models are loaded once, and shared by
    all generations that were made with them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._generations = Generations(settings.index)
        self._models = Models(settings)

    def mark(self) -> object:
        """What tells one publication from another: it compares as equal until the next one, be it
        a build, a rollback, or an index made anew in the same folder. Costs a look at one small
        file. Raises IndexMissingError or IndexDamagedError."""
        return self._generations.pointer_mark()

    def open(self) -> Pincite:
        """The live generation; raises as `Pincite.open` does."""
        return Pincite.open(settings=self._settings, models=self._models)
