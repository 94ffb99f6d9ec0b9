"""The one place that puts the parts together: settings → an index that answers, builds, rolls back.

>>> from qa import Pincite
>>> with Pincite.open(".pincite") as pincite:      # doctest: +SKIP
...     print(pincite.ask("who supplied Tajikistan's drones").answer)
Iran
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from index.errors import DerivedDamagedError, PinciteError, SourceMissingError, UsageError
from index.folding import Aliases
from index.generations import Generations, folder_bytes, models_folder
from index.progress import Progress, Silent
from index.search import OpenIndex, Rankings, Searcher, open_generation
from index.types import BuildReport, Filter, Hit, Passage, Source
from qa.answering import Answerer, ReadingSettings, check_question
from qa.confidence import Calibration
from qa.parts import Models, builders, mended
from qa.settings import Settings, load_settings
from qa.types import Answer, CitationCheck, IndexStatus

if TYPE_CHECKING:
    from index.build import Check

DEFAULT_ROOT = Path("corpus")
_OTHER_MODELS = (
    "confidence was measured with the models that come with Pincite; with others read it as an "
    "order, not as a probability"
)


class Pincite:
    """An opened index: one generation, with its models loaded. Safe to share between threads.

    It keeps the generation it opened; open another one to see what was built since.
    """

    def __init__(
        self, index: OpenIndex, searcher: Searcher, answerer: Answerer, settings: Settings, *,
        notes: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """notes: what whoever opened it should be told, a line each."""
        self.notes = notes
        self._index = index
        self._searcher = searcher
        self._answerer = answerer
        self._settings = settings

    @classmethod
    def open(
        cls, index: str | Path | None = None, *, settings: Settings | None = None,
        generation: int | None = None, models: Models | None = None,
    ) -> Pincite:  # fmt: skip
        """Open a generation of the index in a folder: the live one if none is named.

        index: the folder; the settings' one if None. settings: from the environment and
        `pincite.toml` if None. models: opened ones to share. Where the dense or the lexical index
        of the live generation is damaged they are made again, which `notes` tells. Raises
        IndexUnusableError if there is no index, it is damaged, or of another format, and
        ModelError if its models are gone.
        """
        settings = settings or load_settings()
        if index is not None:
            settings = replace(settings, index=Path(index))
        aliases = Aliases.load(settings.aliases)
        notes: tuple[str, ...] = ()
        try:
            opened = open_generation(settings.index, aliases, generation)
        except DerivedDamagedError as damage:
            if generation is not None:
                raise
            notes = mended(settings, damage)
            opened = open_generation(settings.index, aliases)
        return cls.over(opened, settings, notes=notes, models=models)

    @classmethod
    def over(
        cls, opened: OpenIndex, settings: Settings, *, notes: tuple[str, ...] = (),
        models: Models | None = None,
    ) -> Pincite:  # fmt: skip
        """Put an opened generation and its models together, which are opened unless `models` has
        them. Raises ModelError."""
        models = Models(settings) if models is None else models
        searcher = Searcher(opened, models.embedder(opened.manifest.models["embedder"]))
        reader = models.reader(opened.manifest.models["reader"])
        reading = ReadingSettings(settings.read_depth, settings.min_confidence)
        bundled = Calibration.load()
        if not bundled.fits(opened.manifest.models):
            notes = (*notes, _OTHER_MODELS)
        calibration = bundled.over(
            opened.manifest.models, {"depth": settings.read_depth, **opened.manifest.splitter}
        )
        answerer = Answerer(opened, searcher, reader, calibration, reading)
        return cls(opened, searcher, answerer, settings, notes=notes)

    def __enter__(self) -> Pincite:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        self._index.store.close()

    @property
    def generation(self) -> int:
        return self._index.manifest.generation

    @property
    def built_at(self) -> str:
        return self._index.manifest.built_at

    @property
    def counts(self) -> Mapping[str, int]:
        """How many sources and passages it holds, by those names."""
        return self._index.manifest.counts

    def ask(
        self, question: str, *, top_k: int = 5, source: str | None = None,
        since: str | None = None, until: str | None = None, min_confidence: float | None = None,
        max_error: float | None = None,
    ) -> Answer:  # fmt: skip
        """Answer a question from the sources that the filters let through.

        top_k: passages and alternatives shown, 1 to 100. source: a shell pattern over paths,
        names and ids. since, until: inclusive ISO dates. min_confidence: 0 to 1, the setting if
        None. max_error: instead of the setting, answer only where at most this share of the
        answers given is promised to be wrong (`qa.risk`). Raises UsageError if one of them cannot
        be, or no such promise can be made.
        """
        checked = check_question(
            question, top_k=top_k, source=source, since=since, until=until,
            min_confidence=min_confidence, max_error=max_error,
        )  # fmt: skip
        return self._answerer.ask(checked)

    def search(
        self, query: str, *, top_k: int = 10, source: str | None = None,
        since: str | None = None, until: str | None = None,
    ) -> list[Hit]:  # fmt: skip
        """The `top_k` best passages for a query; options and errors as `ask` has them."""
        checked = check_question(query, top_k=top_k, source=source, since=since, until=until)
        return self._searcher.search(checked.text, top_k, checked.condition)

    def rankings(self, query: str, depth: int) -> Rankings:
        """The first `depth` passages of the dense and of the lexical leg, and of both fused."""
        return self._searcher.rankings(check_question(query).text, depth, Filter())

    def passages(self, source_id: str) -> list[Passage]:
        """The passages of a source, in its order; none if there is no such source."""
        return self._index.store.passages_of(source_id)

    def sources(self) -> list[Source]:
        """All sources, by path."""
        return self._index.store.sources()

    def source(self, source_id: str) -> Source:
        """One source. Raises SourceMissingError if the index does not hold it."""
        found = self._index.store.source(source_id)
        if found is None:
            raise SourceMissingError(
                f"the index holds no source {source_id!r}", "see them with: pincite sources"
            )
        return found

    def text(
        self, source_id: str, start: int | None = None, end: int | None = None
    ) -> tuple[int, int, str]:
        """A run of a source's canonical text: start, end and the text between them.

        start, end: code points, the whole text where None; an end beyond the text is its end.
        Raises SourceMissingError, or UsageError if they are no span.
        """
        self.source(source_id)
        text = self._index.store.text(source_id).text
        first = 0 if start is None else start
        last = len(text) if end is None else min(end, len(text))
        if not 0 <= first <= last:
            raise UsageError(
                f"{first} to {last} is no span of a text of {len(text)} characters",
                "give 0 <= start <= end",
            )
        return first, last, text[first:last]

    def pages(self, source_id: str) -> tuple[int, ...]:
        """Where each page begins in a source's canonical text; empty if it has no pages.

        Raises SourceMissingError.
        """
        self.source(source_id)
        return self._index.store.text(source_id).pages

    def status(self) -> IndexStatus:
        """What the index holds, and which files changed since it was built."""
        from index.listing import changed_files

        folder, store, manifest = self._settings.index, self._index.store, self._index.manifest
        parts = {
            "generation": Generations(folder).path(manifest.generation),
            "cache": folder / "cache",
            "models": models_folder(folder, self._settings.models),
        }
        return IndexStatus(
            generation=manifest.generation, built_at=manifest.built_at,
            sources=manifest.counts["sources"], passages=manifest.counts["passages"],
            models=manifest.model_labels(),
            splitter=dict(manifest.splitter),
            bytes={name: folder_bytes(path) for name, path in parts.items()},
            changed=tuple(changed_files(folder, store)), roots=tuple(store.roots()),
            generations=tuple(Generations(folder).listed()),
        )  # fmt: skip

    def verify(self, answers: Iterable[Mapping[str, Any]]) -> list[CitationCheck]:
        """Check each citation of answers, in the contract's JSON, against the index."""
        from qa.verification import verify_answers

        return verify_answers(answers, self._index.store)

    def verify_index(self) -> list[str]:
        """Faults of the index itself; none if it is sound: of this generation, whose digests
        were checked on opening, and of the others that are kept."""
        from qa.soundness import index_faults, kept_faults

        return [*index_faults(self._index), *kept_faults(self._settings.index, self.generation)]


def build(
    paths: Sequence[Path], settings: Settings, *, full: bool = False, check: Check | None = None,
    progress: Progress | None = None,
) -> BuildReport:  # fmt: skip
    """Bring the index up to date with these files and folders and those it remembers.

    With neither, `corpus/` is taken if it is there. Models are compiled if that was not done yet.
    check: may refuse what was built before it is published. Raises as `index.build.build` does,
    and ModelError.
    """
    from index.build import build as build_index
    from index.listing import check_named

    progress = progress or Silent()
    named = named_or_default(paths, settings)
    check_named(named)
    embedder, wanted = builders(settings, progress, full=full)
    wanted = dataclasses.replace(wanted, check=check)
    return build_index(settings.index, named, embedder, wanted, progress)


def named_or_default(paths: Sequence[Path], settings: Settings) -> list[Path]:
    """The paths; `corpus/` if there are none, there is no index yet, and it is there."""
    if not paths and not (settings.index / "CURRENT").exists() and DEFAULT_ROOT.is_dir():
        return [DEFAULT_ROOT]
    return list(paths)


def remove(
    sources: Sequence[str], settings: Settings, *, progress: Progress | None = None
) -> BuildReport:
    """Publish a generation without these sources, named by id or path.

    They stay out until a build names them. Raises as `index.build.remove` does.
    """
    from index.build import remove as remove_from_index

    progress = progress or Silent()
    Generations(settings.index).live()
    embedder, wanted = builders(settings, progress)
    return remove_from_index(settings.index, sources, embedder, wanted, progress)


def rollback(generation: int | None, settings: Settings) -> int:
    """Make an earlier generation live: this one, or the one before the live one.

    Returns its number. Raises UsageError if it is not there, IndexUnusableError if it is damaged.
    """
    from index.reading import open_truth

    generations = Generations(settings.index)
    if not generations.numbers():
        generations.live()
    with generations.lock():
        target = generation
        if target is None:
            live = generations.live()
            earlier = [number for number in generations.numbers() if number < live]
            if not earlier:
                raise UsageError(f"there is no generation before {live}", "build another first")
            target = earlier[-1]
        if target in generations.numbers():
            # What is derived is mended when it is opened.
            open_truth(generations, target).store.close()
        generations.point_at(target)
    return target


__all__ = ["Pincite", "PinciteError", "build", "remove", "rollback"]
