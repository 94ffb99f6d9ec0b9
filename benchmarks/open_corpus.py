"""Question sets asked of a whole index: SQuAD articles as files, or Pincite's own questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from index.build import BuildSettings, build
from index.compiling import Compiled
from index.embedding import OnnxEmbedder
from index.folding import Aliases
from index.search import OpenIndex, Searcher, open_generation
from index.splitting import SplitSettings
from index.types import Filter, Hit
from qa import questions
from qa.answering import Answerer, Considered, ReadingSettings, check_question
from qa.confidence import Calibration
from qa.questions import KnownQuestion, spread
from qa.reader import Reader

__all__ = [
    "OpenQuestion", "WithoutGold", "build_open", "consider", "holds_gold", "read_questions",
    "spread", "write_articles",
]  # fmt: skip


# A question to an index; `qa.questions` reads them for everyone.
OpenQuestion = KnownQuestion


def write_articles(
    squad: Path, folder: Path, keep: Callable[[str], bool] | None = None
) -> list[OpenQuestion]:
    """Write the articles of a SQuAD file as text files, a blank line between paragraphs."""
    found = questions.read_questions(squad)
    kept = [a for a in found.articles if keep is None or keep(a.title)]
    questions.write_articles(kept, folder)
    names = {article.name for article in kept}
    return [question for question in found.questions if names.issuperset(question.sources)]


def read_questions(path: Path) -> list[OpenQuestion]:
    """Questions of a JSON lines file: `question`, `answers`, and `source`, a name or several."""
    return list(questions.read_questions(path).questions)


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

    def similarities(self, query: str, texts: Sequence[str]) -> list[float]:
        return self._searcher.similarities(query, texts)


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
