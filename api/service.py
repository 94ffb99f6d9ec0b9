"""The seam: what the ways in ask of the rest of the house.

The command line and the HTTP service are written against these protocols; `LocalEngine` is the
real thing, and tests pass fakes. Nothing heavy is imported before it is used: a command that only
prints its usage must not load a model runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from index.progress import Progress
    from index.purging import Receipt
    from index.types import BuildReport, Hit, Source
    from qa.differences import Difference
    from qa.gate import Gate
    from qa.questions import QuestionFile
    from qa.settings import Settings
    from qa.trial import Mode, Trial
    from qa.types import Answer, CitationCheck, IndexStatus
    from qa.uploads import Upload


class Service(Protocol):
    """An opened index that answers. Safe to share between threads."""

    @property
    def generation(self) -> int: ...

    @property
    def built_at(self) -> str: ...

    @property
    def counts(self) -> Mapping[str, int]:
        """How many sources and passages it holds, by those names."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever opened it should be told, a line each: that it was repaired, for one."""

    def ask(
        self,
        question: str,
        *,
        top_k: int = 5,
        source: str | None = None,
        since: str | None = None,
        until: str | None = None,
        min_confidence: float | None = None,
        max_error: float | None = None,
    ) -> Answer:
        """Raises UsageError on a question or an option that cannot be, or an error that cannot be
        promised."""

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        source: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> list[Hit]:
        """Raises UsageError likewise."""

    def sources(self) -> list[Source]: ...

    def source(self, source_id: str) -> Source:
        """Raises SourceMissingError."""

    def text(
        self, source_id: str, start: int | None = None, end: int | None = None
    ) -> tuple[int, int, str]:
        """Start and end, clamped to the source's canonical text, and the text between them.

        Raises SourceMissingError, or UsageError if the range is none.
        """

    def pages(self, source_id: str) -> tuple[int, ...]:
        """Where each page begins in a source's canonical text; empty if it has no pages.

        Raises SourceMissingError.
        """

    def status(self) -> IndexStatus: ...

    def verify(self, answers: Iterable[Mapping[str, object]]) -> list[CitationCheck]: ...

    def verify_index(self) -> list[str]:
        """The faults of the index, a line each; empty if it is sound."""

    def close(self) -> None: ...


class Published(Protocol):
    """Whatever is published in an index folder, for a service that follows it."""

    def mark(self) -> object:
        """Equal until the next publication, unequal after it. Raises IndexUnusableError."""

    def open(self) -> Service:
        """The live generation. Raises IndexUnusableError or ModelError."""


class Engine(Protocol):
    """All that the command line can set in motion."""

    def settings(self, flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings: ...

    def open(self, settings: Settings) -> Service:
        """Raises IndexUnusableError or ModelError."""

    def follow(self, settings: Settings) -> Published:
        """What is published in an index, now and later."""

    def build(
        self, paths: Sequence[Path], settings: Settings, *, full: bool, progress: Progress,
        gate: Gate | None = None,
    ) -> BuildReport:  # fmt: skip
        """gate: publish only what answers its questions as well as what is live.

        Raises BuildError if it does not.
        """

    def remove(
        self, sources: Sequence[str], settings: Settings, *, progress: Progress
    ) -> BuildReport: ...

    def purge(
        self, sources: Sequence[str], settings: Settings, *, progress: Progress
    ) -> tuple[BuildReport, Receipt]:
        """Erase sources from every generation, and say what was erased."""

    def add(self, upload: Upload, settings: Settings, *, progress: Progress) -> BuildReport:
        """Keep a file that was given to the index, and build. Raises LoadError as well."""

    def drop(self, source: str, settings: Settings, *, progress: Progress) -> BuildReport:
        """Build without a source, named by id; a file that the index keeps itself is deleted."""

    def rollback(self, generation: int | None, settings: Settings) -> int:
        """The generation that is live now; None means the one before."""

    def watch(self, paths: Sequence[Path], settings: Settings) -> Iterator[int]:
        """How many things changed, after each quiet second; the first when the watch stands."""

    def diff(
        self, before: int, after: int, settings: Settings, *, questions: QuestionFile | None,
        progress: Progress,
    ) -> Difference:  # fmt: skip
        """What changed between two generations; with questions, also which answers did."""

    def examine(
        self, file: QuestionFile, settings: Settings, *, mode: Mode, min_confidence: float | None,
        progress: Progress,
    ) -> Trial:  # fmt: skip
        """Ask the questions of a file. Raises UsageError, IndexUnusableError or ModelError."""


class LocalEngine:
    """The engine over this machine's files and models."""

    def settings(self, flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
        from qa.settings import load_settings

        return load_settings(flags, environment=environment)

    def open(self, settings: Settings) -> Service:
        from qa.assembly import Pincite

        return Pincite.open(settings.index, settings=settings)

    def follow(self, settings: Settings) -> Published:
        from qa.following import Following

        return Following(settings)

    def build(
        self, paths: Sequence[Path], settings: Settings, *, full: bool, progress: Progress,
        gate: Gate | None = None,
    ) -> BuildReport:  # fmt: skip
        from qa import assembly

        if gate is None:
            return assembly.build(paths, settings, full=full, progress=progress)
        from qa.examine import gate_check

        check = gate_check(gate, settings, progress)
        return assembly.build(paths, settings, full=full, check=check, progress=progress)

    def remove(
        self, sources: Sequence[str], settings: Settings, *, progress: Progress
    ) -> BuildReport:
        from qa import assembly

        return assembly.remove(sources, settings, progress=progress)

    def purge(
        self, sources: Sequence[str], settings: Settings, *, progress: Progress
    ) -> tuple[BuildReport, Receipt]:
        from qa import lifecycle

        return lifecycle.purge(sources, settings, progress=progress)

    def add(self, upload: Upload, settings: Settings, *, progress: Progress) -> BuildReport:
        from qa import uploads

        return uploads.add(upload, settings, progress=progress)

    def drop(self, source: str, settings: Settings, *, progress: Progress) -> BuildReport:
        from qa import uploads

        return uploads.drop(source, settings, progress=progress)

    def rollback(self, generation: int | None, settings: Settings) -> int:
        from qa import assembly

        return assembly.rollback(generation, settings)

    def watch(self, paths: Sequence[Path], settings: Settings) -> Iterator[int]:
        from qa import lifecycle

        return lifecycle.watch(paths, settings)

    def diff(
        self, before: int, after: int, settings: Settings, *, questions: QuestionFile | None,
        progress: Progress,
    ) -> Difference:  # fmt: skip
        from qa import lifecycle

        asked = None if questions is None else questions.questions
        return lifecycle.diff(before, after, settings, questions=asked, progress=progress)

    def examine(
        self, file: QuestionFile, settings: Settings, *, mode: Mode, min_confidence: float | None,
        progress: Progress,
    ) -> Trial:  # fmt: skip
        from qa.examine import examine

        return examine(file, settings, mode=mode, min_confidence=min_confidence, progress=progress)
