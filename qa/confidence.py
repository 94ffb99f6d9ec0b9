"""How sure: from a candidate's evidence to the probability that it is right. Pure.

Logistic regression (Platt 1999) on a few features, fitted on questions asked over an index that
the reader was not trained on; `training/fit_confidence.py` makes the file and says how well it
does on questions it was not fitted on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.selection import Group, Weights

FEATURES = ("margin", "gap", "dense", "covered")
# Gaps beyond this say no more, and there must be one for an answer without rivals.
MAX_GAP = 8.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted numbers.

    weights: one for each of FEATURES, and the intercept last.
    ranking: what `selection.score` weighs everything but the margin by.
    settled_margin: no further round is read once a span's margin over no-answer reaches it.
    """

    weights: tuple[float, ...]
    ranking: Weights
    settled_margin: float

    @classmethod
    def load(cls, path: Path | None = None) -> Calibration:
        """The bundled calibration, or one of the same form."""
        path = path or Path(__file__).parent / "models" / "confidence.json"
        data = json.loads(path.read_text(encoding="utf-8"))
        if tuple(data["features"]) != FEATURES:
            raise ValueError(f"{path} is for other features: {data['features']}")
        return cls(
            tuple(data["weights"]), Weights(**data["ranking"]), float(data["settled_margin"])
        )

    def confidence(self, features: Sequence[float]) -> float:
        """The probability that an answer with these features is right, 0 to 1."""
        total = self.weights[-1] + sum(w * f for w, f in zip(self.weights, features, strict=False))
        return sigmoid(total)


def features(groups: Sequence[Group], index: int) -> tuple[float, ...]:
    """FEATURES of one of the groups, which stand best first.

    margin: of its best candidate. gap: its score less that of the best other answer, negative for
    all but the first. dense: cosine of its passage, 0 if only the lexical leg found it. covered:
    how much of the question its sentence has words for. The fused
    score is left out: it ranks, but how far ranks agree says more of the collection than of the
    answer, and a confidence that leant on it did not carry over from one collection to another.
    """
    best = groups[index].best
    rivals = [g.best.score for i, g in enumerate(groups) if i != index]
    gap = best.score - max(rivals) if rivals else MAX_GAP
    return (
        max(-20.0, min(20.0, best.read.margin)),
        max(-MAX_GAP, min(MAX_GAP, gap)),
        best.hit.dense or 0.0,
        best.covered,
    )


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))
