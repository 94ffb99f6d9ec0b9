"""Fit the confidence of answers, and say how well it does on questions it was not fitted on:

    python -m training.fit_confidence --data ../shared/data/dev --work WORK \
        --out qa/models/confidence.json

Fitted on `xquad_en` asked as an open corpus of its articles, less the articles that `squad2_dev`
has too: first how much the retrieval and the sentence count and when reading may stop, by the F1
of the best guess, then the confidence, by logistic regression. Each question is asked three
times: as it is; with its own paragraph kept from the search; and made misleading, as in training.
Reported on `squad2_dev` asked as an open corpus. What was asked is kept in WORK, so that fitting
again with the same reader takes seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.linear_model import LogisticRegression

from benchmarks.open_corpus import (
    OpenQuestion,
    build_open,
    consider,
    spread,
    write_articles,
)
from index.compiling import compile_model, default_encoder_path, source_digest
from index.search import OpenIndex, Searcher
from index.splitting import SplitSettings
from qa.answering import ROUND, Considered, ReadingSettings
from qa.confidence import FEATURES, Calibration, features
from qa.evaluation import (
    RIGHT_F1,
    Scored,
    answerable,
    best_threshold,
    calibration_error,
    f1,
    joint,
)
from qa.reader import OnnxReader, bundled_reader_path
from qa.selection import Candidate, Weights, group, score
from training import misleading
from training.data import read_squad

# Compared with what regression says.
RANKING = tuple(Weights(f, c) for f in (0.0, 8.0, 16.0) for c in (0.0, 4.0, 8.0))
# Margins from which on no further round is read; none reaches the last.
NEVER = 99.0
SETTLED = (-4.0, 0.0, 2.0, 4.0, 6.0, 9.0, NEVER)
NEUTRAL = Calibration((0.0,) * (len(FEATURES) + 1), Weights(0.0, 0.0), NEVER)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked once; accepted is empty where it should be declined."""

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

    def weighed(self, choice: Calibration) -> Considered:
        """The same findings, ranked and read as `choice` has it."""
        read = self.read_until(choice.settled_margin)
        scored: list[Candidate] = [
            replace(c, score=score(c.read.margin, c.hit, c.covered, choice.ranking))
            for c in self.considered.candidates
            if c.rank <= read
        ]
        return replace(self.considered, read=read, groups=tuple(group(scored)))

    def guess(self, considered: Considered) -> str:
        return considered.groups[0].best.text if considered.groups else ""

    def is_right(self, guess: str) -> bool:
        return bool(self.accepted) and f1(guess, self.accepted) >= RIGHT_F1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development sets")
    parser.add_argument("--reader", type=Path, default=bundled_reader_path())
    parser.add_argument("--work", type=Path, required=True, help="what was asked is kept here")
    parser.add_argument("--out", type=Path, help="write the fitted numbers here")
    parser.add_argument("--count", type=int, help="most questions of each set")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--overlap", type=int, default=32)
    parser.add_argument("--depth", type=int, default=10)
    options = parser.parse_args()
    fitting, reported = _asked_before(options)
    calibration = fit(fitting, choose(fitting, reported))
    print(f"weights {dict(zip((*FEATURES, 'intercept'), calibration.weights, strict=True))}")
    figures = report(reported, calibration, _threshold(fitting, calibration))
    for key, value in figures.items():
        print(f"{key}: {value:.3f}")
    if options.out:
        data = {
            "features": FEATURES, "weights": [round(w, 4) for w in calibration.weights],
            "ranking": asdict(calibration.ranking),
            "settled_margin": calibration.settled_margin, "fitted": date.today().isoformat(),
            "fitted_on": "xquad_en, less the articles of squad2_dev", "asked": len(fitting),
            "reported_on": "squad2_dev", "figures": {k: round(v, 3) for k, v in figures.items()},
        }  # fmt: skip
        options.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _asked_before(options: argparse.Namespace) -> tuple[list[Asked], list[Asked]]:
    """What was asked, from WORK if it was asked with the same reader and options.

    Empty WORK after changing the search, the embedder or the data: the file's name does not tell.
    """
    digest = source_digest(options.reader, "reader")[:12]
    parts = (digest, options.count, options.tokens, options.overlap, options.depth)
    kept = options.work / f"asked-{'-'.join(map(str, parts))}.json"
    if kept.exists():
        before: tuple[list[Asked], list[Asked]] = msgspec.json.decode(
            kept.read_bytes(), type=tuple[list[Asked], list[Asked]]
        )
        return before
    with tempfile.TemporaryDirectory() as name:
        asked = _ask_all(options, Path(name))
    options.work.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(asked))
    return asked


def _ask_all(options: argparse.Namespace, work: Path) -> tuple[list[Asked], list[Asked]]:
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
                consider(
                    q, opened, searcher, reader, NEUTRAL, settings, without_gold=without_gold
                ),
                () if without_gold else q.answers, weight,
            )
            for q, without_gold, weight in track(list(questions), description=label)
        ]  # fmt: skip

    held_out = options.data / "squad2_dev.json"
    shared = {example.title for example in read_squad(held_out)}
    questions = write_articles(
        options.data / "xquad_en.json", work / "fit", lambda title: title not in shared
    )
    fitting = asked(
        _thrice(spread(questions, options.count or len(questions)), options.data / "xquad_en.json"),
        *build_open(work / "fit-index", work / "fit", encoder, split), "asking xquad_en",
    )  # fmt: skip
    held = write_articles(held_out, work / "dev")
    reported = asked(
        [(q, False, 1.0) for q in spread(held, options.count or len(held))],
        *build_open(work / "dev-index", work / "dev", encoder, split), "asking squad2_dev",
    )  # fmt: skip
    return fitting, reported


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


def choose(fitting: Sequence[Asked], reported: Sequence[Asked]) -> Calibration:
    """The weights of the ranking with the best guesses, then the earliest end of reading that
    costs at most 0.3 F1. The table that is printed says what both do on the reported questions."""

    def of(ranking: Weights, settled: float) -> Calibration:
        return replace(NEUTRAL, ranking=ranking, settled_margin=settled)

    scores = {w: _guess_f1(fitting, of(w, NEVER)) for w in (*RANKING, regressed(fitting))}
    weights = max(scores, key=lambda w: scores[w])
    early = {s: _guess_f1(fitting, of(weights, s)) for s in SETTLED}
    settled = next(s for s in SETTLED if early[s] >= scores[weights] - 0.3)
    for w, fitted in scores.items():
        print(f"ranking {w.fused:.1f} fused, {w.covered:.1f} covered: best guess F1 {fitted:.1f} "
              f"fitted, {_guess_f1(reported, of(w, NEVER)):.1f} reported")  # fmt: skip
    for s, fitted in early.items():
        read = sum(a.read_until(s) for a in reported) / len(reported)
        there = _guess_f1(reported, of(weights, s))
        print(f"settled at {s}: best guess F1 {fitted:.1f} fitted, {there:.1f} reported, "
              f"{read:.1f} passages")  # fmt: skip
    return of(weights, settled)


def regressed(asked: Sequence[Asked]) -> Weights:
    """How much fused score and coverage say beside the margin of whether a span is right: logistic
    regression over all spans of questions that have an answer, in units of the margin's weight."""
    rows, right = [], []
    for one in asked:
        for c in one.considered.candidates if one.accepted else ():
            rows.append((c.read.margin, math.log(c.hit.fused), c.covered))
            right.append(one.is_right(c.text))
    margin, fused, covered = LogisticRegression(C=10.0, max_iter=1000).fit(rows, right).coef_[0]
    return Weights(round(float(fused / margin), 2), round(float(covered / margin), 2))


def _guess_f1(asked: Sequence[Asked], choice: Calibration) -> float:
    held = [a for a in asked if a.accepted]
    return 100 * sum(f1(a.guess(a.weighed(choice)), a.accepted) for a in held) / len(held)


Rows = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]


def _rows(asked: Sequence[Asked], choice: Calibration) -> Rows:
    """Features, whether each answer is right, and how much each counts."""
    rows, right, weights = [], [], []
    for one in asked:
        considered = one.weighed(choice)
        for index in range(min(3, len(considered.groups))):
            rows.append(features(considered.groups, index))
            right.append(one.is_right(considered.groups[index].best.text))
            weights.append(one.weight if index == 0 else one.weight / 2)
    return np.array(rows), np.array(right), np.array(weights)


def fit(asked: Sequence[Asked], choice: Calibration) -> Calibration:
    """Logistic regression on the first three answers of each question; the first counts double."""
    rows, right, weights = _rows(asked, choice)
    model = LogisticRegression(C=10.0, max_iter=1000).fit(rows, right, sample_weight=weights)
    numbers = (*model.coef_[0].tolist(), float(model.intercept_[0]))
    return replace(choice, weights=numbers)


def _scored(asked: Sequence[Asked], calibration: Calibration) -> list[Scored]:
    scored = []
    for one in asked:
        considered = one.weighed(calibration)
        sure = calibration.confidence(features(considered.groups, 0)) if considered.groups else 0.0
        scored.append(Scored(one.guess(considered), sure, one.accepted))
    return scored


def _threshold(asked: Sequence[Asked], calibration: Calibration) -> float:
    return best_threshold(_scored(asked, calibration))


def report(asked: Sequence[Asked], calibration: Calibration, threshold: float) -> dict[str, float]:
    """Figures of questions that the calibration was not fitted on."""
    scored = _scored(asked, calibration)
    sure = np.array([s.surety for s in scored])
    right = np.array([bool(s.accepted) and f1(s.guess, s.accepted) >= RIGHT_F1 for s in scored])
    held = np.array([bool(s.accepted) for s in scored])
    given = sure >= 0.5
    return {
        "questions": len(scored),
        "best guess F1": answerable(scored)[1],
        "joint F1 at 0.5": joint(scored, 0.5).f1,
        "joint F1 at the fitted threshold": joint(scored, threshold).f1,
        "fitted threshold": threshold,
        "expected calibration error": calibration_error(sure.tolist(), right.tolist()),
        "answered": float(given.mean()),
        "right of those answered": float(right[given].mean()) if given.any() else 0.0,
        "unanswerable declined": float((~given)[~held].mean()),
        "answerable answered": float(given[held].mean()),
    }  # fmt: skip


if __name__ == "__main__":
    main()
