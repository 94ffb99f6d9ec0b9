"""The command that asks questions whose answers are known: `eval`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.printing import counted, table
from api.rendering import plain
from api.session import Session
from api.terminal import Line, bold
from index.errors import UsageError
from qa.evaluation import exact_match, f1, reliability
from qa.outcomes import LEGS, RECALL_AT, Outcome, Scores
from qa.questions import read_questions

if TYPE_CHECKING:
    from qa.trial import Mode, Trial

REPORT_NAME = "evaluation.html"
ASKED_OF = {
    "index": "asked of the index",
    "contexts": "asked of an index of its own contexts",
    "reader": "the reader given each context",
}
_SHOWN_MISSING = 3


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """The flags of `eval`."""

    build: bool = False
    reader: bool = False
    count: int | None = None
    min_confidence: float | None = None
    report: Path | None = None

    @property
    def mode(self) -> Mode:
        """Raises UsageError if two are named."""
        if self.build and self.reader:
            raise UsageError("--build and --reader exclude one another", "give one of them")
        return "contexts" if self.build else "reader" if self.reader else "index"


def evaluate(session: Session, file: Path, options: EvalOptions) -> int:
    """Ask a file's questions, print the scores, and write the report if one is wanted."""
    mode = options.mode
    found = read_questions(file)
    if options.count is not None:
        found = found.spread(options.count)
    if options.report is not None:
        # Now, not when all questions have been asked.
        options.report.mkdir(parents=True, exist_ok=True)
    with session.watched() as progress:
        trial = session.engine.examine(
            found, session.settings(), mode=mode, min_confidence=options.min_confidence,
            progress=progress,
        )  # fmt: skip
    if trial.missing:
        # In an index of the file's own contexts there is nothing else to ask.
        elsewhere = bool(found.articles) and mode == "index"
        session.terminal.note(f"pincite: {_missing(trial.missing, elsewhere)}")
    if session.as_json:
        session.terminal.json(trial_json(found.name, trial))
    else:
        session.terminal.print(score_lines(found.name, trial))
    if options.report is not None:
        from api.report import write_report

        path = options.report / REPORT_NAME
        write_report(path, found.name, trial)
        session.terminal.note(f"The report is {path}")
    return 0


def _missing(names: Sequence[str], asks_contexts: bool) -> str:
    named = ", ".join(names[:_SHOWN_MISSING])
    more = f" and {len(names) - _SHOWN_MISSING} more" if len(names) > _SHOWN_MISSING else ""
    remedy = "ask the file's own contexts with --build, or index them" if asks_contexts else (
        "index them, or mend their names or texts"
    )  # fmt: skip
    return (
        f"the index does not hold {counted(len(names), 'source')} that questions name "
        f"({named}{more}): {remedy}"
    )


def trial_json(file: str, trial: Trial) -> dict[str, object]:
    """All scores, the bins of the reliability diagram, and what came of each question."""
    guesses = [o for o in trial.outcomes if o.guess]
    bins = reliability([o.confidence for o in guesses], [o.is_right for o in guesses])
    value = {
        "file": file,
        "mode": trial.mode,
        "generation": trial.generation,
        "models": trial.models,
        "scores": plain(trial.scores),
        "reliability": [plain(b) for b in bins],
        "missing_sources": list(trial.missing),
        "questions": [_question_json(o, trial.min_confidence) for o in trial.outcomes],
    }
    rounded = _rounded(value)
    assert isinstance(rounded, dict)
    return rounded


def _question_json(outcome: Outcome, min_confidence: float) -> dict[str, object]:
    return {
        "question": outcome.question,
        "answers": list(outcome.accepted),
        "guess": outcome.guess or None,
        "confidence": outcome.confidence if outcome.guess else None,
        "answered": outcome.answered(min_confidence),
        "exact_match": exact_match(outcome.guess, outcome.accepted),
        "f1": f1(outcome.guess, outcome.accepted),
        "right_source": outcome.right_source,
        "retrieved": plain(outcome.retrieved),
        "tokens_read": outcome.tokens,
        "seconds": outcome.seconds,
    }


def _rounded(value: object) -> object:
    """With four places, as answers have them; mappings by their keys as text."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    plained = plain(value)
    if isinstance(plained, dict):
        return {key: _rounded(item) for key, item in plained.items()}
    return plained


def percent(value: float | None) -> str:
    """A percentage, or a dash where there is none."""
    return "-" if value is None else f"{value:.1f}"


def share(value: float | None) -> str:
    """A number from 0 to 1, or a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def score_lines(file: str, trial: Trial) -> Iterator[Line]:
    """The scores for a person at a terminal."""
    scores = trial.scores
    of = "" if trial.generation is None else f", generation {trial.generation}"
    yield (bold(file), f": {ASKED_OF[trial.mode]}{of}")
    yield (
        f"{counted(scores.questions, 'question')}, {scores.answerable} with an answer, "
        f"{scores.unanswerable} without; answered from a confidence of {scores.min_confidence:g}",
    )
    yield ("",)
    yield from table(("in percent", "EM", "F1"), text_rows(scores))
    yield ("",)
    yield from table(("questions", "rightly", "wrongly"), decision_rows(scores))
    if scores.retrieval is not None:
        yield ("",)
        head = ("retrieval", *(f"@{k}" for k in RECALL_AT), "nDCG@10")
        yield from table(head, retrieval_rows(scores))
    yield ("",)
    yield from table(("in numbers", ""), other_rows(scores))


def text_rows(scores: Scores) -> list[tuple[str, str, str]]:
    """Exact match and F1."""
    guess = scores.best_guess
    return [
        ("all questions", percent(scores.exact_match), percent(scores.f1)),
        (
            "best guess, where there is an answer",
            percent(None if guess is None else guess.exact_match),
            percent(None if guess is None else guess.f1),
        ),
    ]


def decision_rows(scores: Scores) -> list[tuple[str, str, str]]:
    """What was answered and declined, rightly and wrongly."""
    counts = scores.decisions
    return [
        ("answered", str(counts.answered_right), str(counts.answered_wrong)),
        ("declined", str(counts.declined_right), str(counts.declined_wrong)),
    ]


def retrieval_rows(scores: Scores) -> list[tuple[str, ...]]:
    """Recall and nDCG of each ranking."""
    legs = scores.retrieval or {}
    return [
        (leg, *(percent(legs[leg].recall[k]) for k in RECALL_AT), percent(legs[leg].ndcg_at_10))
        for leg in LEGS
        if leg in legs
    ]


def other_rows(scores: Scores) -> list[tuple[str, str]]:
    """What has no table of its own, and what it cost."""
    rows = [
        ("of those answered, rightly, %", percent(scores.right_of_answered)),
        ("without an answer, declined, %", percent(scores.declined_of_unanswerable)),
        ("with an answer, declined, %", percent(scores.declined_of_answerable)),
        ("first citation from the right source, %", percent(scores.right_source)),
        ("expected calibration error", share(scores.calibration_error)),
        ("area under the risk-coverage curve", share(scores.area_under_risk_coverage)),
        ("questions that no passage answers", _count(scores.unfindable)),
        ("tokens read", f"{scores.tokens_read:,}, {scores.tokens_read / scores.questions:,.0f} "
                        "a question"),
        ("seconds", f"{scores.seconds:.1f}, {scores.median_ms:.0f} ms a question (median)"),
    ]  # fmt: skip
    return [row for row in rows if row[1] != "-"]


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)
