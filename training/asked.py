"""What the confidence is fitted on: sets of questions asked over an index, and kept in a file."""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from rich.progress import track

from benchmarks.open_corpus import (
    OpenQuestion,
    build_open,
    consider,
    spread,
    write_articles,
)
from index.compiling import compile_model, default_encoder_path, source_digest
from index.embedding import OnnxEmbedder
from index.search import OpenIndex, Searcher
from index.splitting import SplitSettings
from qa.answering import ROUND, Considered, ReadingSettings
from qa.confidence import FEATURES, Calibration
from qa.evaluation import is_right
from qa.kinds import misses_kind
from qa.reader import OnnxReader
from qa.selection import Candidate, Weights, group, score
from training import misleading
from training.data import read_squad

# Articles that were written with those of `training.mixture.ARTICLES`, and never trained on.
HELD_OUT = Path(__file__).with_name("held_out.json")
# No margin reaches it: everything is read.
NEVER = 99.0
NEUTRAL = Calibration((0.0,) * (len(FEATURES) + 1), Weights(0.0, 0.0, 0.0), NEVER)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked once; accepted is empty where it should be declined. source: its article,
    as a file's name."""

    question: str
    source: str
    considered: Considered
    accepted: tuple[str, ...]
    weight: float

    def read_until(self, settled: float) -> int:
        """How many passages are read if reading stops once a margin reaches `settled`."""
        read = self.considered.read
        for end in range(ROUND, read, ROUND):
            first = [c for c in self.considered.candidates if c.rank <= end]
            if any(c.read.margin >= settled for c in first):
                return end
        return read

    def told_anew(self) -> Asked:
        """The same with kinds as they are told now: that needs no asking again."""
        candidates = (
            replace(c, misfit=misses_kind(self.question, c.text))
            for c in self.considered.candidates
        )
        return replace(self, considered=replace(self.considered, candidates=tuple(candidates)))

    def weighed(self, choice: Calibration) -> Considered:
        """The same findings, ranked and read as `choice` has it."""
        read = self.read_until(choice.settled_margin)
        scored: list[Candidate] = [
            replace(c, score=score(c.read.margin, c.hit, c.covered, c.misfit, choice.ranking))
            for c in self.considered.candidates
            if c.rank <= read
        ]
        return replace(self.considered, read=read, groups=tuple(group(scored)))

    def guess(self, choice: Calibration) -> str:
        """The best answer: "" if nothing was found."""
        read = self.read_until(choice.settled_margin)
        ranking = choice.ranking
        found = [c for c in self.considered.candidates if c.rank <= read]
        best = max(
            found, key=lambda c: score(c.read.margin, c.hit, c.covered, c.misfit, ranking),
            default=None,
        )  # fmt: skip
        return best.text if best else ""

    def is_right(self, guess: str) -> bool:
        return is_right(guess, self.accepted)


# Those of XQuAD, of the held-out articles, and of SQuAD 2.0.
AskedSets = tuple[list[Asked], list[Asked], list[Asked]]


def asked_before(options: argparse.Namespace) -> AskedSets:
    """What was asked, from WORK if it was asked with the same reader and options.

    Empty WORK after changing the search, the embedder or the development sets: the file's name
    does not tell.
    """
    digest = source_digest(options.reader, "reader")[:12]
    written = hashlib.sha256(HELD_OUT.read_bytes()).hexdigest()[:12]
    parts = (digest, written, options.count, options.tokens, options.overlap, options.depth)
    kept = options.work / f"asked-{'-'.join(map(str, parts))}.json"
    if kept.exists():
        before: AskedSets = msgspec.json.decode(kept.read_bytes(), type=AskedSets)
        first, second, third = ([one.told_anew() for one in asked] for asked in before)
        return first, second, third
    with tempfile.TemporaryDirectory() as name:
        asked = _ask_all(options, Path(name))
    options.work.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(asked))
    return asked


def _ask_all(options: argparse.Namespace, work: Path) -> AskedSets:
    encoder = compile_model(default_encoder_path(), "encoder", work / "models")
    reader = OnnxReader(compile_model(options.reader, "reader", work / "models"))
    split = SplitSettings(options.tokens, options.overlap)
    # Neutral numbers never settle, so that everything is read.
    settings = ReadingSettings(options.depth, 0.5)

    def asked(
        questions: Iterable[tuple[OpenQuestion, bool, float]], opened: OpenIndex,
        searcher: Searcher, label: str,
    ) -> list[Asked]:  # fmt: skip
        return [
            Asked(
                q.question, q.sources[0],
                consider(
                    q, opened, searcher, reader, NEUTRAL, settings, without_gold=without_gold
                ),
                () if without_gold else q.answers, weight,
            )
            for q, without_gold, weight in track(list(questions), description=label)
        ]  # fmt: skip

    def open_of(name: str) -> tuple[OpenIndex, Searcher]:
        return build_open(work / f"{name}-index", work / name, encoder, split)

    def some(questions: Sequence[OpenQuestion]) -> list[OpenQuestion]:
        return spread(questions, options.count or len(questions))

    dev, xquad = options.data / "squad2_dev.json", options.data / "xquad_en.json"
    shared = {example.title for example in read_squad(dev)}
    questions = some(write_articles(xquad, work / "fit", lambda title: title not in shared))
    fitting = asked(_thrice(questions, xquad), *open_of("fit"), "asking xquad_en")
    written = [(q, False, 1.0) for q in some(write_articles(HELD_OUT, work / "written"))]
    ours = asked(written, *open_of("written"), "asking the held-out articles")
    held = [(q, False, 1.0) for q in some(write_articles(dev, work / "dev"))]
    return fitting, ours, asked(held, *open_of("dev"), "asking squad2_dev")


def _thrice(
    questions: Sequence[OpenQuestion], squad: Path
) -> list[tuple[OpenQuestion, bool, float]]:
    """Each question as it is, without its paragraph, and made misleading; as much of one kind as
    of the other two."""
    examples = read_squad(squad)
    changed = {
        e.id.removesuffix("-misleading"): e.question
        for e in misleading.make(examples, len(examples), random.Random(1))
    }
    by_question = {e.question: changed.get(e.id) for e in examples}
    made = []
    for question in questions:
        made += [(question, False, 1.0), (question, True, 0.5)]
        other = by_question.get(" ".join(question.question.split()))
        if other is not None:
            made.append((replace(question, question=other, answers=()), False, 0.5))
    return made


class Similarity:
    """Cosines of sentences to questions, each pair embedded once."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self._embedder = embedder
        self._known: dict[tuple[str, str], float] = {}

    @classmethod
    def bundled(cls) -> Similarity:
        """By the embedder that ships."""
        with tempfile.TemporaryDirectory() as folder:
            compiled = compile_model(default_encoder_path(), "encoder", Path(folder))
            return cls(OnnxEmbedder(compiled))

    def of(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each question and sentence, -1 to 1."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        if new:
            questions = self._embedder.embed([question for question, _ in new], "query")
            sentences = self._embedder.embed([sentence for _, sentence in new], "document")
            cosines = (questions * sentences).sum(axis=1)
            self._known.update(zip(new, cosines.tolist(), strict=True))
        return [self._known[pair] for pair in pairs]
