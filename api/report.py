"""The page of an evaluation: one HTML file that needs nothing else, no script and no network.

Every text comes from a file of questions or from a source, so every text is escaped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from api.charts import reliability_diagram, risk_coverage_diagram
from api.evaluating import (
    ASKED_OF,
    decision_rows,
    other_rows,
    percent,
    retrieval_rows,
    text_rows,
)
from api.report_style import STYLE
from api.terminal import neutral
from index.types import Span
from qa.evaluation import RIGHT_F1, RiskPoint, reliability, risk_coverage
from qa.outcomes import (
    DEPTH,
    NDCG_AT,
    RECALL_AT,
    Excerpt,
    Outcome,
    Scores,
    wrong_answers,
    wrong_refusals,
)

if TYPE_CHECKING:
    from qa.trial import Trial

# Of each kind; the JSON has them all.
SHOWN_MISSES = 20

_DEFINITIONS = (
    ("EM and F1", "Exact match and overlap of words with the nearest accepted answer, without "
     "case, punctuation and articles, as SQuAD's own script counts them. Over all questions, "
     "declining counts as right where there is no answer and as wrong where there is one. The "
     "best guess is what would have been answered had nothing been declined."),
    ("Rightly, wrongly", f"An answer is right if its F1 is at least {RIGHT_F1:g}. Any answer to a "
     "question without one is wrong."),
    ("@k", "The share of questions that have an answer for which a passage that holds it is among "
     "the first k of the ranking. A passage holds it if it is of a right source and has an "
     "accepted answer's words, or overlaps the paragraph that the question was asked of."),
    (f"nDCG@{NDCG_AT}", "How near the order of the first ten comes to the best there could be "
     "(Järvelin and Kekäläinen 2002)."),
    ("Expected calibration error", "The mean gap between how sure the best guesses are and how "
     "many of them are right, over ten bins of confidence (Naeini et al. 2015). 0 is best."),
    ("Area under the risk-coverage curve", "The mean share of wrong answers when only the surest "
     "are given, over all shares that could be given (El-Yaniv and Wiener 2010, Geifman and "
     "El-Yaniv 2017). 0 is best."),
)  # fmt: skip


def write_report(path: Path, file: str, trial: Trial) -> None:
    """Write the page in one step; what was there is replaced. Raises OSError."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    try:
        aside.write_text(report_page(file, trial, now), encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def report_page(file: str, trial: Trial, made: str) -> str:
    """The page. made: when, as it is shown."""
    scores = trial.scores
    title = f"How well Pincite answers {file}"
    parts = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="soft">{_text(_about(trial, scores, made))}</p>',
        _tiles(scores),
        _section("Answers", _columns(_answer_tables(scores))),
        _section("Retrieval", _retrieval(scores)) if scores.retrieval is not None else "",
        _section("Confidence", _columns(_figures(trial))),
        _section("In numbers", _table("", ("", ""), other_rows(scores))),
        *_misses(trial),
        _section("How these are counted", _definitions()),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # The page says itself that it loads and runs nothing.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    """Text for HTML; what could turn the reading order around, or is no character, spelt out."""
    return escape(neutral(text))


def _about(trial: Trial, scores: Scores, made: str) -> str:
    models = ", ".join(f"{role} {label}" for role, label in trial.models.items())
    of = "" if trial.generation is None else f", generation {trial.generation}"
    return (
        f"{scores.questions} questions, {scores.answerable} with an answer and "
        f"{scores.unanswerable} without: {ASKED_OF[trial.mode]}{of}. Answered from a confidence "
        f"of {scores.min_confidence:g}. {models}. {made}."
    )


def _tiles(scores: Scores) -> str:
    fused = None if scores.retrieval is None else scores.retrieval["fused"]
    tiles = (
        (scores.f1, "F1, all questions"),
        (scores.exact_match, "exact match, all questions"),
        (scores.right_of_answered, "% of the answers given are right"),
        (scores.right_source, "% cite the right source"),
        (None if fused is None else fused.recall[10], "% found among the first 10 passages"),
    )
    items = (
        f"<li><strong>{percent(value)}</strong>{_text(label)}</li>"
        for value, label in tiles
        if value is not None
    )
    return f'<ul class="tiles">{"".join(items)}</ul>'


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{_text(title)}</h2>\n{body}\n</section>"


def _columns(parts: Sequence[str]) -> str:
    return f'<div class="columns">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def _answer_tables(scores: Scores) -> list[str]:
    return [
        _table("in percent", ("", "EM", "F1"), text_rows(scores)),
        _table("questions", ("", "rightly", "wrongly"), decision_rows(scores)),
    ]


def _retrieval(scores: Scores) -> str:
    head = ("", *(f"@{k}" for k in RECALL_AT), f"nDCG@{NDCG_AT}")
    return _table("in percent, where there is an answer", head, retrieval_rows(scores))


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{_text(row[0])}</th>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    shown = f"<caption>{_text(caption)}</caption>" if caption else ""
    above = f"<thead><tr>{titles}</tr></thead>" if any(head) else ""
    return f"<table>{shown}{above}<tbody>{body}</tbody></table>"


def _figures(trial: Trial) -> list[str]:
    guesses = [o for o in trial.outcomes if o.guess]
    if not guesses:
        return ['<p class="soft">Nothing was found for any question.</p>']
    sure, right = [o.confidence for o in guesses], [o.is_right for o in guesses]
    curve = risk_coverage(sure, right)
    given = sum(confidence >= trial.min_confidence for confidence in sure)
    here: RiskPoint | None = curve[given - 1] if given else None
    return [
        _figure(
            "Reliability",
            reliability_diagram(reliability(sure, right)),
            "How often answers of each confidence are right. On the dashed line they would be as "
            "sure as they are right; above it they are too modest. Numbers: how many answers.",
        ),
        _figure(
            "Risk and coverage",
            risk_coverage_diagram(curve, here, right.count(False) / len(right)),
            "How many answers are wrong when only the surest are given. Dashed: without any order "
            "by confidence. The dot: the least confidence in use.",
        ),
    ]


def _figure(title: str, picture: str, caption: str) -> str:
    said = f"<figcaption>{_text(caption)}</figcaption>"
    return f"<figure><h3>{_text(title)}</h3>{picture}{said}</figure>"


def _misses(trial: Trial) -> Iterator[str]:
    for title, missed in (
        ("Wrong answers, the surest first", wrong_answers(trial.outcomes, trial.min_confidence)),
        ("Declined, though there is an answer",
         wrong_refusals(trial.outcomes, trial.min_confidence)),
    ):  # fmt: skip
        if missed:
            shown = missed[:SHOWN_MISSES]
            of = (
                f'<p class="soft">{len(shown)} of {len(missed)}. Marked: <mark class="guess">the '
                'guess</mark>, <mark class="answer">an accepted answer</mark> elsewhere.</p>'
            )
            yield _section(title, of + "".join(map(_miss, shown)))


def _miss(outcome: Outcome) -> str:
    wanted = " / ".join(outcome.accepted) or "no answer"
    kind = "right" if outcome.is_right else "wrong"
    guess = (
        f'<bdi class="{kind}">{_text(outcome.guess)}</bdi>, {outcome.confidence:.2f} sure'
        if outcome.guess
        else "nothing"
    )
    excerpts = _excerpts(outcome)
    return (
        f'<article class="miss"><h3 dir="auto">{_text(outcome.question)}</h3>'
        f"<p>Wanted: <bdi>{_text(wanted)}</bdi></p><p>Best guess: {guess}</p>"
        f"{excerpts}</article>"
    )


def _excerpts(outcome: Outcome) -> str:
    """The passage of the guess and one that answers; one alone where they are the same."""
    given, wanted = outcome.given, outcome.wanted
    if wanted is None:
        none = '<p class="soft">No passage of the index answers it.</p>'
        return _excerpt("found in", given) + (none if outcome.accepted else "")
    if given is not None and (given.source, given.text) == (wanted.source, wanted.text):
        return _excerpt("found in and wanted from", given, wanted.mark)
    lost = outcome.retrieved is not None and wanted.rank is None
    label = f"not among the first {DEPTH}:" if lost else "wanted from"
    return _excerpt("found in", given) + _excerpt(label, replace(wanted, mark=None), wanted.mark)


def _excerpt(label: str, excerpt: Excerpt | None, answer: Span | None = None) -> str:
    """A passage with its mark, and an accepted answer marked otherwise if it is elsewhere."""
    if excerpt is None:
        return ""
    marks = [] if excerpt.mark is None else [(excerpt.mark, "guess")]
    if answer is not None and not any(
        answer.start < mark.end and mark.start < answer.end for mark, _ in marks
    ):
        marks.append((answer, "answer"))
    shown, at = "", 0
    for mark, kind in sorted(marks):
        inside = _text(excerpt.text[mark.start : mark.end])
        shown += f'{_text(excerpt.text[at : mark.start])}<mark class="{kind}">{inside}</mark>'
        at = mark.end
    rank = "" if excerpt.rank is None else f", rank {excerpt.rank}"
    return (
        f'<blockquote><p dir="auto">{shown}{_text(excerpt.text[at:])}</p><footer>{label} '
        f"<bdi>{_text(excerpt.source)}</bdi>{rank}</footer></blockquote>"
    )


def _definitions() -> str:
    items = (f"<dt>{_text(term)}</dt><dd>{_text(said)}</dd>" for term, said in _DEFINITIONS)
    return f"<dl>{''.join(items)}</dl>"
