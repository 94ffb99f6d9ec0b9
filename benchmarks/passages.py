"""What passage size and overlap do to answers:

    python -m benchmarks.passages --questions QUESTIONS.jsonl FOLDER
    python -m benchmarks.passages --squad ../shared/data/dev/xquad_en.json

For each setting: how often a passage that holds an accepted answer, of the right source, is among
the first 5 and 10; exact match and F1 of the best guess; and tokens read a question. Every
passage to the depth is read.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.progress import track

from benchmarks.open_corpus import (
    OpenQuestion,
    build_open,
    consider,
    read_questions,
    spread,
    write_articles,
)
from index.compiling import Compiled, compile_model, default_encoder_path
from index.folding import fold
from index.splitting import SplitSettings
from index.types import Hit
from qa.answering import ReadingSettings
from qa.confidence import Calibration
from qa.evaluation import exact_match, f1
from qa.reader import OnnxReader, bundled_reader_path

SETTINGS = ((80, 0), (96, 24), (128, 32), (160, 0), (160, 40), (200, 50), (240, 60))


def holds(hit: Hit, question: OpenQuestion) -> bool:
    """Whether a passage is of a right source and holds an accepted answer."""
    if hit.source.path.rsplit("/", 1)[-1] not in question.sources:
        return False
    text = fold(hit.passage.text)
    return any(fold(answer) in text for answer in question.answers)


def measure(
    questions: Sequence[OpenQuestion], sources: Path, work: Path, split: SplitSettings,
    encoder: Compiled, reader: OnnxReader, depth: int,
) -> str:  # fmt: skip
    """One row of the table."""
    opened, searcher = build_open(work, sources, encoder, split)
    settings = ReadingSettings(depth, 0.0)
    calibration = replace(Calibration.load(), settled_margin=float("inf"))
    at5 = at10 = exact = overlap = tokens = 0.0
    label = f"{split.tokens}/{split.overlap}"
    for question in track(questions, description=label):
        found = consider(question, opened, searcher, reader, calibration, settings)
        at5 += any(holds(hit, question) for hit in found.hits[:5])
        at10 += any(holds(hit, question) for hit in found.hits[:10])
        guess = found.groups[0].best.text if found.groups else ""
        exact += exact_match(guess, question.answers)
        overlap += f1(guess, question.answers)
        tokens += found.tokens
    n = len(questions)
    return (
        f"| {split.tokens} | {split.overlap} | {opened.store.passage_count()} "
        f"| {100 * at5 / n:.1f} | {100 * at10 / n:.1f} | {100 * exact / n:.1f} "
        f"| {100 * overlap / n:.1f} | {tokens / n:,.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="sources that the questions are about")
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--squad", type=Path, help="a SQuAD file, its articles taken as sources")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--depth", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        if options.squad is not None:
            sources = work / "articles"
            questions = write_articles(options.squad, sources)
        elif options.questions is not None and options.folder is not None:
            sources, questions = options.folder, read_questions(options.questions)
        else:
            parser.error("give --squad, or --questions and a folder")
        questions = spread([q for q in questions if q.answers], options.count)
        encoder = compile_model(default_encoder_path(), "encoder", work / "models")
        reader = OnnxReader(compile_model(bundled_reader_path(), "reader", work / "models"))
        print(
            "| tokens | overlap | passages | @5 | @10 | EM | F1 | tokens read |\n"
            + "|---" * 8
            + "|"
        )
        for number, (tokens, overlap) in enumerate(SETTINGS):
            split = SplitSettings(tokens, overlap)
            row = measure(
                questions, sources, work / str(number), split, encoder, reader, options.depth
            )
            print(row, flush=True)


if __name__ == "__main__":
    main()
