"""Measure a reader, each question given its passage:

    python -m training.evaluate MODEL --data ../shared/data/dev [--precision int8 fp32] [--json OUT]

Prints EM and F1 of the answerable questions of each development set, and for the set with
unanswerable ones the joint scores, at the best threshold of its other half of articles: the
threshold is fitted on the articles with an even number and reported on those with an odd one, and
the other way round.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from index.compiling import compile_model
from qa.evaluation import Scored, answerable, best_threshold, joint
from qa.reader import OnnxReader
from qa.trial import read_context
from training.data import Example, read_squad

SETS = ("squad2_dev", "xquad_en", "policyqa_test")


@dataclass(frozen=True, slots=True)
class Result:
    """Scores of one set in percent; joint scores are None where every question has an answer."""

    questions: int
    exact_match: float
    f1: float
    joint_exact_match: float | None
    joint_f1: float | None
    tokens_per_second: float


def ask(reader: OnnxReader, example: Example) -> tuple[Scored, int]:
    """The reader's best guess, with its margin, and the tokens read."""
    guess = read_context(reader, example.question, example.context)
    return Scored(guess.text, guess.margin, example.answer_texts), guess.tokens


def evaluate(reader: OnnxReader, examples: Sequence[Example], label: str) -> Result:
    """Scores of a reader on one set."""
    begun = time.perf_counter()
    scored = []
    tokens = 0
    for example in track(examples, description=label):
        one, read = ask(reader, example)
        scored.append(one)
        tokens += read
    seconds = time.perf_counter() - begun
    exact, overlap = answerable(scored)
    joint_exact = joint_f1 = None
    if any(not s.accepted for s in scored):
        joint_exact, joint_f1 = _cross_fitted(scored, examples)
    return Result(len(scored), exact, overlap, joint_exact, joint_f1, tokens / seconds)


def _cross_fitted(scored: Sequence[Scored], examples: Sequence[Example]) -> tuple[float, float]:
    titles = {
        title: number for number, title in enumerate(dict.fromkeys(e.title for e in examples))
    }
    halves: tuple[list[Scored], list[Scored]] = ([], [])
    for one, example in zip(scored, examples, strict=True):
        halves[titles[example.title] % 2].append(one)
    sums = [0.0, 0.0]
    for fitted, reported in (halves, halves[::-1]):
        score = joint(reported, best_threshold(fitted))
        sums[0] += score.exact_match * len(reported)
        sums[1] += score.f1 * len(reported)
    return sums[0] / len(scored), sums[1] / len(scored)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development sets")
    parser.add_argument("--precision", nargs="+", choices=("int8", "fp32"), default=["int8"])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures: dict[str, dict[str, float | int | None]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in options.precision:
            compiled = compile_model(
                options.model, "reader", Path(folder) / precision, precision=precision
            )
            reader = OnnxReader(compiled)
            for name in options.sets:
                examples = read_squad(options.data / f"{name}.json")
                result = evaluate(reader, examples, f"{name} {precision}")
                figures[f"{name} {precision}"] = {
                    field: getattr(result, field) for field in Result.__dataclass_fields__
                }
                line = f"{name} {precision}: EM {result.exact_match:.1f} F1 {result.f1:.1f}"
                if result.joint_f1 is not None:
                    line += f" joint EM {result.joint_exact_match:.1f} F1 {result.joint_f1:.1f}"
                print(f"{line}, {result.questions} questions, "
                      f"{result.tokens_per_second:,.0f} tokens/s", flush=True)  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
