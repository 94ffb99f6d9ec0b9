"""How sure: from a candidate's evidence to the probability that it is right. Pure.

Logistic regression (Platt 1999) on a few features, fitted on questions asked over an index that
the reader was not trained on; `training/fit_confidence.py` makes the file and says how well it
does on questions it was not fitted on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.errors import UsageError
from qa.risk import Promise, least_confidence, least_error
from qa.selection import Group, Weights

FEATURES = ("margin", "gap", "similar", "misfit")
# Gaps beyond this say no more, and there must be one for an answer without rivals.
MAX_GAP = 8.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted numbers.

    weights: one for each of FEATURES, and the intercept last.
    ranking: what `selection.score` weighs everything but the margin by.
    settled_margin: no further round is read once a span's margin over no-answer reaches it.
    promises: what `least_confidence` goes by. models: the digests of the models whose answers it
    was fitted on, by role. reading: how much was read of what passages: `depth` of them, of
    `tokens` that share `overlap`.
    """

    weights: tuple[float, ...]
    ranking: Weights
    settled_margin: float
    promises: tuple[Promise, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> Calibration:
        """The bundled calibration, or one of the same form."""
        path = path or Path(__file__).parent / "models" / "confidence.json"
        data = json.loads(path.read_text(encoding="utf-8"))
        if tuple(data["features"]) != FEATURES:
            raise ValueError(f"{path} is for other features: {data['features']}")
        return cls(
            tuple(data["weights"]), Weights(**data["ranking"]), float(data["settled_margin"]),
            tuple(Promise(**promise) for promise in data["promises"]), data["models"],
            data["reading"],
        )  # fmt: skip

    def fits(self, models: Mapping[str, str]) -> bool:
        """Whether it was fitted on answers of these models."""
        return all(models.get(role) == digest for role, digest in self.models.items())

    def over(self, models: Mapping[str, str], reading: Mapping[str, int]) -> Calibration:
        """What holds of it with these models, when so much is read: otherwise than it was fitted,
        no promise. Fewer passages hold fewer rivals, so that answers look surer than they are."""
        measured = self.fits(models) and dict(reading) == dict(self.reading)
        return self if measured else replace(self, promises=())

    def confidence(self, features: Sequence[float]) -> float:
        """The probability that an answer with these features is right, 0 to 1."""
        total = self.weights[-1] + sum(w * f for w, f in zip(self.weights, features, strict=False))
        return sigmoid(total)

    def promised(self, max_error: float) -> float:
        """The least confidence at which at most `max_error` of the answers given are wrong.

        Raises UsageError where so small an error cannot be promised.
        """
        if not self.promises:
            raise UsageError(
                "no error can be promised with these models, passages and read_depth, whose "
                "answers were not measured",
                "set a minimum confidence, or use the models and settings that come with Pincite",
            )
        least = least_confidence(self.promises, max_error)
        if least is None:
            raise UsageError(
                f"an error of at most {100 * max_error:g}% cannot be promised",
                f"ask for {math.ceil(100 * least_error(self.promises))}% or more, or set a "
                "minimum confidence",
            )
        return least


def features(groups: Sequence[Group], index: int, similar: float) -> tuple[float, ...]:
    """FEATURES of one of the groups, which stand best first.

    margin: of its best candidate. gap: its score less that of the best other answer, negative for
    all but the first. similar: cosine of the best candidate's sentence to the question. misfit:
    1 if it is of another kind than was asked for. Scores of the retrieval are left out: they
    rank, but say more of the collection than of the answer, and a confidence that leant on them
    did not carry over from one collection to another.
    """
    best = groups[index].best
    rivals = [g.best.score for i, g in enumerate(groups) if i != index]
    gap = best.score - max(rivals) if rivals else MAX_GAP
    return (
        max(-20.0, min(20.0, best.read.margin)),
        max(-MAX_GAP, min(MAX_GAP, gap)),
        similar,
        float(best.misfit),
    )


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))
