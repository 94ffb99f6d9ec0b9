"""The parts that settings name: models, compiled when they are first wanted, and what builds with
them."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from index.errors import BuildError, DerivedDamagedError, UsageError
from index.generations import Manifest, models_folder
from index.progress import Progress
from index.splitting import SplitSettings
from qa.settings import Settings

if TYPE_CHECKING:
    from index.build import BuildSettings
    from index.compiling import Compiled
    from index.embedding import OnnxEmbedder
    from qa.reader import OnnxReader


class Models:
    """Opened models: generations that were made with the same ones share them. Of each role the
    one that was wanted last is kept. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._folder = models_folder(settings.index, settings.models)
        self._threads = settings.threads
        self._lock = Lock()
        self._embedder: OnnxEmbedder | None = None
        self._reader: OnnxReader | None = None

    def embedder(self, digest: str) -> OnnxEmbedder:
        """The embedder of this digest. Raises ModelError if it is gone."""
        from index.compiling import open_compiled
        from index.embedding import OnnxEmbedder

        with self._lock:
            if self._embedder is None or self._embedder.digest != digest:
                compiled = open_compiled(self._folder, digest)
                self._embedder = OnnxEmbedder(compiled, threads=self._threads)
            return self._embedder

    def reader(self, digest: str) -> OnnxReader:
        """The reader of this digest. Raises ModelError if it is gone."""
        from index.compiling import open_compiled
        from qa.reader import OnnxReader

        with self._lock:
            if self._reader is None or self._reader.digest != digest:
                compiled = open_compiled(self._folder, digest)
                self._reader = OnnxReader(compiled, threads=self._threads)
            return self._reader


def compiled_reader(settings: Settings, progress: Progress) -> Compiled:
    """The reader that the settings name, compiled if that was not done yet. Raises ModelError."""
    from index.compiling import compile_model, resolve
    from qa.reader import bundled_reader_path

    return compile_model(
        resolve(settings.reader, bundled_reader_path), "reader",
        models_folder(settings.index, settings.models),
        name=settings.reader or "pincite-reader", progress=lambda said: progress.stage(said, None),
    )  # fmt: skip


def builders(
    settings: Settings, progress: Progress, *, full: bool = False
) -> tuple[OnnxEmbedder, BuildSettings]:
    """The embedder and the build settings, with both models compiled."""
    from index.build import BuildSettings
    from index.compiling import DEFAULT_ENCODER, compile_model, default_encoder_path, resolve
    from index.embedding import OnnxEmbedder
    from qa.reader import MAX_QUESTION_TOKENS, SPECIAL_TOKENS

    if settings.passage_overlap >= settings.passage_tokens:
        raise UsageError(
            f"passages of {settings.passage_tokens} tokens cannot share "
            f"{settings.passage_overlap}", "set passage_overlap below passage_tokens",
        )  # fmt: skip
    encoder = compile_model(
        resolve(settings.embedder, default_encoder_path), "encoder",
        models_folder(settings.index, settings.models),
        name=settings.embedder or DEFAULT_ENCODER, progress=lambda said: progress.stage(said, None),
    )  # fmt: skip
    reader = compiled_reader(settings, progress)
    opened = OnnxEmbedder(encoder, threads=settings.threads)
    split = SplitSettings(settings.passage_tokens, settings.passage_overlap)
    # What the embedder or, with its question, the reader would cut off must not be in a passage.
    room = min(opened.max_tokens, reader.max_tokens - MAX_QUESTION_TOKENS - SPECIAL_TOKENS)
    wanted = BuildSettings(
        split.within(room), settings.keep_generations, full, models={"reader": reader.digest},
        names={"embedder": encoder.name, "reader": reader.name},
    )  # fmt: skip
    return opened, wanted


def mended(settings: Settings, damage: DerivedDamagedError) -> tuple[str, ...]:
    """Repair the live generation; what to tell of it. Raises `damage` where that cannot be done
    now, and IndexDamagedError or ModelError where it cannot be done at all."""
    from index.compiling import open_compiled
    from index.embedding import OnnxEmbedder
    from index.repairing import repair

    models = models_folder(settings.index, settings.models)

    def embedder(manifest: Manifest) -> OnnxEmbedder:
        compiled = open_compiled(models, manifest.models["embedder"])
        return OnnxEmbedder(compiled, threads=settings.threads)

    try:
        repaired = repair(settings.index, embedder)
    except (BuildError, OSError) as error:
        raise damage from error
    return () if repaired is None else (str(repaired),)
