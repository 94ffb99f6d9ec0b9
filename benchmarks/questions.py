"""Questions asked as a user asks them, with the settings that ship:

    python -m benchmarks.questions QUESTIONS.jsonl FOLDER [--index DIR] [--misses]
        [--from 0.2 0.3 …]

Indexes the folder, asks every question, and prints how many answers are right and cite a right
source, and how many questions without an answer are declined. An answer is right if it is an
accepted one or shares at least 60 % of its words with one (F1 of 0.6, SQuAD's normalisation).
--from: what it would be if answers were given from each of these confidences on.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.open_corpus import OpenQuestion, read_questions
from qa.assembly import Pincite, build
from qa.evaluation import exact_match, f1
from qa.settings import load_settings
from qa.types import Answer

RIGHT_F1 = 0.6


def is_right(answer: Answer, question: OpenQuestion) -> bool:
    """Whether it was answered, with an accepted answer, from a source that gives it."""
    if answer.answer is None or not question.answers:
        return False
    cited = {citation.source.path.rsplit("/", 1)[-1] for citation in answer.citations}
    return f1(answer.answer, question.answers) >= RIGHT_F1 and bool(cited & set(question.sources))


def share(count: int, total: int) -> str:
    return f"{count} of {total} ({100 * count / total:.0f} %)" if total else "none asked"


def report(questions: Sequence[OpenQuestion], answers: Sequence[Answer], misses: bool) -> None:
    pairs = list(zip(questions, answers, strict=True))
    held = [(q, a) for q, a in pairs if q.answers]
    free = [(q, a) for q, a in pairs if not q.answers]
    right = sum(is_right(a, q) for q, a in held)
    declined_held = sum(a.answer is None for _, a in held)
    exact = sum(a.answer is not None and exact_match(a.answer, q.answers) == 1 for q, a in held)
    declined = sum(a.answer is None for _, a in free)
    print(f"answerable: right from a right source {share(right, len(held))}, "
          f"to the word {exact}, wrong {len(held) - right - declined_held}, "
          f"declined {declined_held}")  # fmt: skip
    print(f"unanswerable: declined {share(declined, len(free))}")
    total = [a.timing_ms["total"] for a in answers]
    print(f"median {median(total):.0f} ms, {median([a.tokens_read for a in answers]):,.0f} tokens")
    if not misses:
        return
    for question, answer in pairs:
        if is_right(answer, question) or (not question.answers and answer.answer is None):
            continue
        sure = "" if answer.confidence is None else f" ({answer.confidence:.2f})"
        best = [reading.best for reading in answer.readings[:1]]
        print(f"- {question.question}\n    wanted {list(question.answers)[:3]}\n"
              f"    got {answer.answer!r}{sure}, else "
              f"{[(a.answer, round(a.confidence, 2)) for a in answer.alternatives[:3]]}, "
              f"best of first passage {best}")  # fmt: skip


def at_each(
    questions: Sequence[OpenQuestion], answers: Sequence[Answer], least: Sequence[float]
) -> None:
    """answers: asked with no least confidence, so that each is the best guess."""
    held = sum(bool(q.answers) for q in questions)
    for threshold in least:
        given = [
            (q, a)
            for q, a in zip(questions, answers, strict=True)
            if a.confidence is not None and a.confidence >= threshold
        ]
        right = sum(is_right(a, q) for q, a in given)
        wrong = sum(bool(q.answers) for q, _ in given) - right
        made_up = sum(not q.answers for q, _ in given)
        free = len(questions) - held
        print(f"from {threshold:g} on: {right} of {held} right, {wrong} wrong, "
              f"{held - right - wrong} declined; {free - made_up} of {free} without an answer "
              f"declined; right less wrong {right - wrong - made_up}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path, help="keep the index here")
    parser.add_argument("--misses", action="store_true", help="print each miss")
    parser.add_argument("--from", dest="least", type=float, nargs="+", metavar="CONFIDENCE")
    options = parser.parse_args()
    least = 0.0 if options.least else None
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings({"index": options.index or Path(name) / "index"})
        build([options.folder], settings)
        questions = read_questions(options.questions)
        with Pincite.open(settings=settings) as pincite:
            answers = [pincite.ask(q.question, min_confidence=least) for q in questions]
    if options.least:
        at_each(questions, answers, options.least)
    else:
        report(questions, answers, options.misses)


if __name__ == "__main__":
    main()
