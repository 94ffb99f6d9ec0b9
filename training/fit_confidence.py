"""Fit the confidence of answers, and say how well it does on questions it was not fitted on:

    python -m training.fit_confidence --data ../shared/data/dev --work WORK \
        --out qa/models/confidence.json

First, on `xquad_en` asked as an open corpus of its articles, less the articles that `squad2_dev`
has too, and on the articles in `training/held_out.json`: how much the retrieval, the sentence and
the kind of answer count, and when reading may stop, by the F1 of the best guess. Each question of
`xquad_en` is asked three times: as it is; with its own paragraph kept from the search; and made
misleading, as in training.

Then the confidence, by logistic regression, on those and on `squad2_dev` asked as an open corpus,
whose unanswerable questions were written to mislead, as those of the held-out articles were. What
is reported is cross-fitted: the answers of each half of its articles by a confidence that was
fitted without that half (the same is printed of the held-out articles, on which the ranking was
chosen too). So are the promises of `max_error`, and they are tested likewise: made of one half,
kept or not on the other.

What was asked is kept in WORK, so that fitting again with the same reader takes a few minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from index.compiling import default_encoder_path, source_digest
from qa.confidence import FEATURES, Calibration, features
from qa.evaluation import (
    Scored,
    answerable,
    best_threshold,
    calibration_error,
    f1,
    is_right,
    joint,
)
from qa.reader import bundled_reader_path
from qa.selection import RIVAL_MARGIN, Weights, rivals
from training.asked import NEUTRAL, NEVER, Asked, Similarity, asked_before
from training.promises import guess, promises, show_promises

SETS = ("xquad_en less the articles of squad2_dev", "the held-out articles", "squad2_dev")
# Compared with what regression says.
RANKING = tuple(
    Weights(f, c, m)
    for f in (0.0, 8.0, 16.0, 24.0, 32.0, 48.0)
    for c in (0.0, 4.0, 8.0, 12.0, 16.0, 20.0)
    for m in (0.0, 4.0, 8.0)
)
# Differences of F1 that are none.
AS_GOOD = 0.1
# Margins from which on no further round is read.
SETTLED = (-4.0, 0.0, 2.0, 4.0, 6.0, 9.0, NEVER)
# How many answers might be ordered anew by their sentences' cosines, and how much that counts.
RANKED_AGAIN = 6
COSINE_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 4.0, 8.0, 16.0)
# How far below the best a claim may stand to be its rival.
CLAIM_MARGINS = (RIVAL_MARGIN, 5.0, 6.0, 7.0, 8.0)
# Least confidences that Pincite might answer from.
DECLINING = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


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
    sets = asked_before(options)
    *fitting, reported = sets
    similarity = Similarity.bundled()
    chosen = choose(fitting, reported)
    show_headroom(sets, chosen, similarity)
    show_rivals(sets, chosen)
    kept = crossed(sets, 2, chosen, similarity)
    both = [*chain(*kept)]
    halves = [
        [guess(one.source, scored) for one, scored in zip(half, found, strict=True)]
        for half, found in zip(split(reported), kept, strict=True)
    ]
    measured = tuple(promises([*chain(*halves)]))
    calibration = replace(fit(sets, chosen, similarity), promises=measured)
    print(f"weights {dict(zip((*FEATURES, 'intercept'), calibration.weights, strict=True))}")
    threshold = best_threshold(score_all(fitting[0], calibration, similarity))
    figures = report(both, threshold)
    for key, value in figures.items():
        print(f"{key}: {value:.3f}")
    show_promises(measured, *halves)
    show_declining([*chain(*crossed(sets, 1, chosen, similarity))])
    if options.out:
        data = {
            "features": FEATURES,
            "models": {
                "embedder": source_digest(default_encoder_path(), "encoder"),
                "reader": source_digest(options.reader, "reader"),
            },
            "reading": {
                "depth": options.depth, "tokens": options.tokens, "overlap": options.overlap
            },
            "weights": [round(w, 4) for w in calibration.weights],
            "ranking": asdict(calibration.ranking),
            "settled_margin": calibration.settled_margin, "fitted": date.today().isoformat(),
            "fitted_on": ", ".join(SETS),
            "asked": sum(len(asked) for asked in sets),
            "reported_on": "squad2_dev, each half of its articles fitted without it",
            "figures": {k: round(v, 3) for k, v in figures.items()},
            "promises": [{**asdict(p), "bound": round(p.bound, 4)} for p in calibration.promises],
        }  # fmt: skip
        options.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def split(asked: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Halves of the articles: every other one, by name."""
    sources = sorted({one.source for one in asked})
    first = set(sources[::2])
    return [a for a in asked if a.source in first], [a for a in asked if a.source not in first]


def crossed(
    sets: Sequence[Sequence[Asked]], index: int, choice: Calibration, similarity: Similarity
) -> tuple[list[Scored], list[Scored]]:
    """The best guesses of each half of one set, by a confidence fitted without that half."""
    first, second = split(sets[index])

    def scored(half: Sequence[Asked], other: Sequence[Asked]) -> list[Scored]:
        without = [*sets[:index], other, *sets[index + 1 :]]
        return score_all(half, fit(without, choice, similarity), similarity)

    return scored(first, second), scored(second, first)


def choose(fitting: Sequence[Sequence[Asked]], reported: Sequence[Asked]) -> Calibration:
    """The weights of the ranking with the best guesses, then the earliest end of reading that
    costs at most 0.3 F1; each set counts alike. The table that is printed says what both do on
    the reported questions."""

    def of(ranking: Weights, settled: float) -> Calibration:
        return replace(NEUTRAL, ranking=ranking, settled_margin=settled)

    def fitted_f1(choice: Calibration) -> float:
        return sum(_guess_f1(asked, choice) for asked in fitting) / len(fitting)

    tried = (*RANKING, *(regressed(asked) for asked in fitting))
    scores = {w: fitted_f1(of(w, NEVER)) for w in tried}
    best = max(scores.values())
    # Of those that are as good as the best, the one that is hardest on spans of another kind: few
    # questions of these sets tell, and such a span is no answer.
    weights = max(scores, key=lambda w: (scores[w] >= best - AS_GOOD, w.misfit, scores[w]))
    early = {s: fitted_f1(of(weights, s)) for s in SETTLED}
    settled = next(s for s in SETTLED if early[s] >= scores[weights] - 0.3)
    for w, fitted in scores.items():
        there = _guess_f1(reported, of(w, NEVER))
        print(f"ranking {w.fused:.1f} fused, {w.covered:.1f} covered, {w.misfit:.1f} misfit: "
              f"best guess F1 {fitted:.1f} fitted, {there:.1f} reported")  # fmt: skip
    for s, fitted in early.items():
        read = sum(a.read_until(s) for a in reported) / len(reported)
        there = _guess_f1(reported, of(weights, s))
        print(f"settled at {s}: best guess F1 {fitted:.1f} fitted, {there:.1f} reported, "
              f"{read:.1f} passages")  # fmt: skip
    return of(weights, settled)


def show_headroom(
    sets: Sequence[Sequence[Asked]], choice: Calibration, similarity: Similarity
) -> None:
    """How good the best guess would be if the first answers were ordered by their sentences'
    cosines too, and if the best of them always stood first."""
    for asked, label in zip(sets, SETS, strict=True):
        held = [one for one in asked if one.accepted]
        groups = [one.weighed(choice).groups[:RANKED_AGAIN] for one in held]
        cosines = iter(
            similarity.of(
                [(o.question, g.best.sentence) for o, gs in zip(held, groups, strict=True)
                 for g in gs]
            )
        )  # fmt: skip
        found = [
            [(g.best.score, next(cosines), f1(g.best.text, one.accepted)) for g in gs]
            for one, gs in zip(held, groups, strict=True)
        ]
        for weight in COSINE_WEIGHTS:
            guesses = [max(f, key=lambda a: a[0] + weight * a[1])[2] if f else 0.0 for f in found]
            print(f"cosine weighed by {weight:g}: best guess F1 {100 * np.mean(guesses):.1f} "
                  f"{label}")  # fmt: skip
        best = [max((right for *_, right in f), default=0.0) for f in found]
        print(f"best of the first {RANKED_AGAIN}: F1 {100 * np.mean(best):.1f} {label}")


def show_rivals(sets: Sequence[Sequence[Asked]], choice: Calibration) -> None:
    """How often the best guess has a rival, by how far below it a claim may stand. Each set has
    one source for each question, so that the rival of a right guess is a false one."""
    for asked, label in zip(sets, SETS, strict=True):
        found = [(one, one.weighed(choice).groups) for one in asked if one.accepted]
        for margin in CLAIM_MARGINS:
            counts = {True: 0, False: 0}
            saved = 0
            for one, groups in found:
                flags = rivals(groups, claim_margin=margin)
                right = bool(groups) and one.is_right(groups[0].best.text)
                counts[right] += any(flags)
                saved += not right and any(
                    flag and one.is_right(g.best.text)
                    for flag, g in zip(flags, groups, strict=True)
                )
            print(
                f"claims up to {margin:g} below: {counts[True]} right guesses have a rival, "
                f"{counts[False]} wrong ones, {saved} of them the right answer, {label}"
            )


def regressed(asked: Sequence[Asked]) -> Weights:
    """How much fused score, coverage and kind say beside the margin of whether a span is right:
    logistic regression over all spans of questions that have an answer, in units of the margin's
    weight."""
    rows, right = [], []
    for one in asked:
        for c in one.considered.candidates if one.accepted else ():
            rows.append((c.read.margin, c.hit.fused, c.covered, -float(c.misfit)))
            right.append(one.is_right(c.text))
    model = LogisticRegression(C=10.0, max_iter=1000).fit(rows, right)
    margin, *others = (float(weight) for weight in model.coef_[0])
    return Weights(*(round(weight / margin, 2) for weight in others))


def _guess_f1(asked: Sequence[Asked], choice: Calibration) -> float:
    held = [a for a in asked if a.accepted]
    return 100 * sum(f1(a.guess(choice), a.accepted) for a in held) / len(held)


Rows = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]


def _found(
    asked: Sequence[Asked], choice: Calibration, similarity: Similarity, most: int
) -> Iterator[tuple[Asked, list[str], list[tuple[float, ...]]]]:
    """Of each question its first answers, at most `most`, and their features."""
    grouped = [(one, one.weighed(choice).groups) for one in asked]
    cosines = iter(
        similarity.of([(one.question, g.best.sentence) for one, gs in grouped for g in gs[:most]])
    )
    for one, groups in grouped:
        found = [features(groups, index, next(cosines)) for index in range(len(groups[:most]))]
        yield one, [g.best.text for g in groups[:most]], found


def _rows(asked: Sequence[Asked], choice: Calibration, similarity: Similarity) -> Rows:
    """Features, whether each answer is right, and how much each counts."""
    rows, right, weights = [], [], []
    for one, texts, found in _found(asked, choice, similarity, 3):
        rows += found
        right += [one.is_right(text) for text in texts]
        weights += [one.weight if index == 0 else one.weight / 2 for index in range(len(texts))]
    return np.array(rows), np.array(right), np.array(weights)


def fit(
    sets: Sequence[Sequence[Asked]], choice: Calibration, similarity: Similarity
) -> Calibration:
    """Logistic regression on the first three answers of each question; the first counts double,
    and each set as much as any other, however many questions it has."""
    parts = [_rows(asked, choice, similarity) for asked in sets]
    rows = np.concatenate([rows for rows, _, _ in parts])
    right = np.concatenate([right for _, right, _ in parts])
    weights = np.concatenate([len(rows) * w / (len(parts) * w.sum()) for _, _, w in parts])
    model = LogisticRegression(C=10.0, max_iter=1000).fit(rows, right, sample_weight=weights)
    fitted = dict(zip(FEATURES, model.coef_[0].tolist(), strict=True))
    # The ranking has set such spans back already; what chance leaves must not speak for them.
    fitted["misfit"] = min(0.0, fitted["misfit"])
    numbers = (*fitted.values(), float(model.intercept_[0]))
    return replace(choice, weights=numbers)


def score_all(
    asked: Sequence[Asked], calibration: Calibration, similarity: Similarity
) -> list[Scored]:
    """The best guess of each question and how sure it is."""
    return [
        Scored(
            texts[0] if texts else "", calibration.confidence(found[0]) if found else 0.0,
            one.accepted,
        )
        for one, texts, found in _found(asked, calibration, similarity, 1)
    ]  # fmt: skip


def show_declining(scored: Sequence[Scored]) -> None:
    """What answering from each of DECLINING on gives on the held-out articles."""
    for least in DECLINING:
        given = [s for s in scored if s.surety >= least]
        right = sum(is_right(s.guess, s.accepted) for s in given)
        declined = sum(s.surety < least and not s.accepted for s in scored)
        print(f"the held-out articles, from {least} on: {right} right, {len(given) - right} wrong, "
              f"{declined} rightly declined, of {len(scored)}")  # fmt: skip


def report(scored: Sequence[Scored], threshold: float) -> dict[str, float]:
    """Figures of questions that the confidence was not fitted on."""
    sure = np.array([s.surety for s in scored])
    right = np.array([is_right(s.guess, s.accepted) for s in scored])
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
