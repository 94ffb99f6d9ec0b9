"""Question sets asked of a whole index: SQuAD articles as files, or Pincite's own questions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.build import BuildSettings, build
from index.compiling import Compiled
from index.embedding import OnnxEmbedder
from index.folding import Aliases
from index.search import OpenIndex, Searcher, open_generation
from index.splitting import SplitSettings
from index.types import Filter, Hit, Span
from qa.answering import Answerer, Considered, ReadingSettings, check_question
from qa.confidence import Calibration
from qa.reader import Reader


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question to an index.

    answers: accepted ones, none where the index has none. sources: names of the files that
    answer it. gold: where its paragraph stands in that file, for SQuAD articles.
    """

    question: str
    answers: tuple[str, ...]
    sources: tuple[str, ...]
    gold: Span | None = None


def write_articles(
    squad: Path, folder: Path, keep: Callable[[str], bool] | None = None
) -> list[OpenQuestion]:
    """Write the articles of a SQuAD file as text files, a blank line between paragraphs."""
    folder.mkdir(parents=True, exist_ok=True)
    questions = []
    for article in json.loads(squad.read_text(encoding="utf-8"))["data"]:
        if keep is not None and not keep(article["title"]):
            continue
        name = re.sub(r"\W+", "_", article["title"]) + ".txt"
        text = ""
        for paragraph in article["paragraphs"]:
            span = Span(len(text), len(text) + len(paragraph["context"]))
            text += paragraph["context"] + "\n\n"
            for qa in paragraph["qas"]:
                answers = tuple(dict.fromkeys(a["text"] for a in qa["answers"]))
                questions.append(OpenQuestion(qa["question"].strip(), answers, (name,), span))
        (folder / name).write_text(text, encoding="utf-8")
    return questions


def read_questions(path: Path) -> list[OpenQuestion]:
    """Questions of a JSON lines file: `question`, `answers`, and `source`, a name or several."""
    questions = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        source = row.get("source") or ()
        names = (source,) if isinstance(source, str) else tuple(source)
        questions.append(OpenQuestion(row["question"], tuple(row["answers"]), names))
    return questions


def build_open(
    folder: Path, sources: Path, encoder: Compiled, split: SplitSettings
) -> tuple[OpenIndex, Searcher]:
    """Build an index of `sources` in `folder` and open it."""
    embedder = OnnxEmbedder(encoder)
    build(folder, [sources], embedder, BuildSettings(split, 1, models={"reader": "none"}))
    opened = open_generation(folder, Aliases.load())
    return opened, Searcher(opened, embedder)


class WithoutGold:
    """A search that does not find the passages of a question's own paragraph: as if the index
    did not hold the answer."""

    def __init__(self, searcher: Searcher, question: OpenQuestion) -> None:
        self._searcher = searcher
        self._question = question

    def search(self, query: str, top_k: int, condition: Filter) -> list[Hit]:
        hits = self._searcher.search(query, top_k + 10, condition)
        return [hit for hit in hits if not holds_gold(hit, self._question)][:top_k]


def holds_gold(hit: Hit, question: OpenQuestion) -> bool:
    """Whether a passage lies in the question's own paragraph, at least in part."""
    gold = question.gold
    return (
        gold is not None
        and hit.source.path.rsplit("/", 1)[-1] in question.sources
        and hit.passage.span.start < gold.end
        and gold.start < hit.passage.span.end
    )


def consider(
    question: OpenQuestion, opened: OpenIndex, searcher: Searcher, reader: Reader,
    calibration: Calibration, settings: ReadingSettings, *, without_gold: bool = False,
) -> Considered:  # fmt: skip
    """What is found for one question."""
    search = WithoutGold(searcher, question) if without_gold else searcher
    answerer = Answerer(opened, search, reader, calibration, settings)
    return answerer.consider(check_question(question.question[:2000]))


def spread(questions: Sequence[OpenQuestion], count: int) -> list[OpenQuestion]:
    """At most `count` questions, evenly from the whole list."""
    step = max(1.0, len(questions) / count)
    return [questions[int(i * step)] for i in range(min(count, len(questions)))]
