"""Evaluation with the parts that the settings name: a file of questions → a trial.

Also the gate of a build: an index about to be published against the live one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from msgspec.structs import replace

from index.build import Check
from index.errors import UsageError
from index.folding import Aliases
from index.generations import Manifest, models_folder
from index.progress import Progress, Silent
from index.search import open_files
from qa.assembly import Pincite, build
from qa.gate import Gate, check_by
from qa.parts import compiled_reader
from qa.questions import QuestionFile, write_articles
from qa.reader import OnnxReader
from qa.settings import Settings
from qa.trial import Mode, Trial, ask_index, ask_reader

# A reader by itself answers where it would rather answer than not.
READER_CONFIDENCE = 0.5


def examine(
    file: QuestionFile, settings: Settings, *, mode: Mode = "index",
    min_confidence: float | None = None, progress: Progress | None = None,
) -> Trial:  # fmt: skip
    """Ask all questions of a file.

    mode: of the live index; of one that is built from the file's contexts in a temporary folder
    and thrown away; or of the reader, given each question's paragraph. min_confidence: 0 to 1;
    the setting if None, and 0.5 for the reader. Models are compiled if they were not, and kept.
    Raises UsageError if the file carries no contexts and the mode needs them, and what opening
    and building an index raise.
    """
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise UsageError(f"the minimum confidence is {min_confidence}", "give one from 0 to 1")
    if mode != "index" and not file.articles:
        raise UsageError(
            f"{file.name} carries no contexts: only SQuAD files do",
            "ask its questions of an index: neither --build nor --reader",
        )
    progress = progress or Silent()
    if mode == "reader":
        return _of_reader(file, settings, min_confidence, progress)
    least = settings.min_confidence if min_confidence is None else min_confidence
    if mode == "index":
        with Pincite.open(settings=settings) as pincite:
            return ask_index(pincite, file.questions, least, progress)
    with tempfile.TemporaryDirectory(prefix="pincite-") as name:
        sources = Path(name) / "articles"
        write_articles(file.articles, sources)
        own = replace(
            settings, index=Path(name) / "index",
            models=models_folder(settings.index, settings.models),
        )  # fmt: skip
        build([sources], own, progress=progress)
        with Pincite.open(settings=own) as pincite:
            return ask_index(pincite, file.questions, least, progress, mode="contexts")


def _of_reader(
    file: QuestionFile, settings: Settings, min_confidence: float | None, progress: Progress
) -> Trial:
    compiled = compiled_reader(settings, progress)
    least = READER_CONFIDENCE if min_confidence is None else min_confidence
    reader = OnnxReader(compiled, threads=settings.threads)
    label = f"{compiled.name}@{compiled.digest[:12]}"
    return ask_reader(reader, file.questions, least, progress, models={"reader": label})


def gate_check(gate: Gate, settings: Settings, progress: Progress) -> Check:
    """What a build of the settings' index asks before it publishes, see `qa.gate.check_by`."""

    def new(folder: Path, manifest: Manifest) -> Pincite:
        return Pincite.over(open_files(folder, manifest, Aliases.load(settings.aliases)), settings)

    def live() -> Pincite:
        return Pincite.open(settings=settings)

    return check_by(gate, live, new, settings.min_confidence, progress)
