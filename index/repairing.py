"""Damage to what is derived: the dense and the lexical index are made again from the truth.

A generation never changes, so what is mended becomes the next one, published like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from index.embedding import Embedder
from index.generations import Generations, Manifest
from index.progress import Progress, Silent
from index.publishing import Content, publish
from index.reading import open_truth


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was mended: `damaged` files of generation `was`, which is gone; `generation` is live
    and holds the same."""

    was: int
    damaged: tuple[str, ...]
    generation: int

    def __str__(self) -> str:
        return (
            f"{', '.join(self.damaged)} of generation {self.was} was damaged and has been made "
            f"again from the truth: generation {self.generation} holds the same and is live"
        )


def repair(
    folder: Path, open_embedder: Callable[[Manifest], Embedder], progress: Progress | None = None
) -> Repaired | None:
    """Make the damaged parts of the live generation again; None if there is no damage (any more).

    open_embedder: opens the model that a manifest names; vectors that the cache does not hold are
    embedded again. Raises IndexDamagedError if the truth itself is damaged, BuildError if another
    process is writing, OSError where the index cannot be written.
    """
    generations = Generations(folder)
    with generations.lock():
        previous = open_truth(generations, generations.live())
        try:
            if not previous.damaged:
                return None
            store, manifest = previous.store, previous.manifest
            content = Content(
                (store.entry(source.id) for source in store.sources()), store.roots(),
                store.excluded(), manifest.models, manifest.names, manifest.splitter,
            )  # fmt: skip
            made = publish(generations, content, open_embedder(manifest), progress or Silent())
        finally:
            previous.store.close()
        generations.delete(manifest.generation)
    return Repaired(manifest.generation, previous.damaged, made.generation)
