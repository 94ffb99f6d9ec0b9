"""How often retrieval finds the passage that answers, and what embedding titles would do to it:

    python -m benchmarks.retrieval --squad ../shared/data/dev/xquad_en.json [...] [--count N]
    python -m benchmarks.retrieval --questions QUESTIONS.jsonl FOLDER

For each set a table: recall at 5 and 10 (whether a right passage is among so many) and nDCG@10 of
the dense leg, the lexical leg, both fused, and both fused by their ranks alone, with passages
embedded alone, as Pincite does, and with their source's title before them. A right passage is one
that `qa.relevance` says is.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.open_corpus import OpenQuestion, read_questions, spread, write_articles
from index.build import BuildSettings, build
from index.compiling import Compiled, compile_model, default_encoder_path
from index.embedding import OnnxEmbedder
from index.folding import Aliases
from index.search import LEG_DEPTH, OpenIndex, fuse, open_generation
from index.splitting import SplitSettings
from index.types import Passage, Source
from qa.evaluation import found_within, ndcg
from qa.relevance import Relevance
from qa.settings import load_settings


class Shelf:
    """An opened index as `qa.relevance` looks at it."""

    def __init__(self, opened: OpenIndex) -> None:
        self._store = opened.store

    def sources(self) -> list[Source]:
        return self._store.sources()

    def passages(self, source_id: str) -> list[Passage]:
        return self._store.passages_of(source_id)

    def text(
        self, source_id: str, start: int | None = None, end: int | None = None
    ) -> tuple[int, int, str]:
        text = self._store.text(source_id).text
        first, last = start or 0, len(text) if end is None else end
        return first, last, text[first:last]


def embedded(
    opened: OpenIndex, embedder: OnnxEmbedder, titled: bool
) -> tuple[list[int], NDArray[np.float32]]:
    """The passages' numbers and their vectors, a row each."""
    pairs = [(s, p) for s in opened.store.sources() for p in opened.store.passages_of(s.id)]
    texts = [f"{s.title}. {p.text}" if titled else p.text for s, p in pairs]
    return [p.number for _, p in pairs], embedder.embed(texts, "document")


def by_reciprocal_rank(legs: Sequence[Sequence[int]], k: int = 60) -> list[int]:
    """Reciprocal rank fusion, to compare with: the sum of 1 / (k + rank) over the legs.
    (Cormack, Clarke and Buettcher, SIGIR 2009.)"""
    scores: dict[int, float] = {}
    for leg in legs:
        for rank, number in enumerate(leg, start=1):
            scores[number] = scores.get(number, 0.0) + 1.0 / (k + rank)
    return sorted(scores, key=lambda number: (-scores[number], number))


def measure(
    label: str, questions: Sequence[OpenQuestion], sources: Path, work: Path, encoder: Compiled
) -> None:
    """Print the table of one set."""
    embedder, settings = OnnxEmbedder(encoder), load_settings()
    split = SplitSettings(settings.passage_tokens, settings.passage_overlap)
    build(work, [sources], embedder, BuildSettings(split, 1, models={"reader": "none"}))
    opened = open_generation(work, Aliases.load())
    relevance = Relevance(Shelf(opened))
    asked = [(q, {p.number for p in relevance.passages(q)}) for q in questions if q.answers]
    asked = [(q, right) for q, right in asked if right]
    vectors = embedder.embed([q.question for q, _ in asked], "query")
    lexical = [dict(opened.lexical.search(q.question, LEG_DEPTH)) for q, _ in asked]
    rows: dict[str, list[list[int]]] = {"lexical": [list(leg) for leg in lexical]}
    for name, titled in (("", False), (", titles", True)):
        numbers, matrix = embedded(opened, embedder, titled)
        row = {number: index for index, number in enumerate(numbers)}
        dense: list[list[int]] = []
        fused: list[list[int]] = []
        for vector, words in track(
            zip(vectors, lexical, strict=True), description=f"{label}{name}", total=len(asked)
        ):
            cosines = matrix @ vector
            best = np.argsort(-cosines, kind="stable")[:LEG_DEPTH]
            dense.append([numbers[i] for i in best])
            known = {number: float(cosines[row[number]]) for number in (*dense[-1], *words)}
            fused.append(list(fuse(known, words, len(numbers))))
        rows |= {f"dense{name}": dense, f"fused{name}": fused}
        if not titled:
            rows["by rank"] = [
                by_reciprocal_rank([list(words), ranking])
                for words, ranking in zip(lexical, dense, strict=True)
            ]
    print(f"{label}: {len(asked)} questions, {opened.manifest.counts['passages']} passages")
    print(f"{'':16}     @5    @10  nDCG@10")
    for name, rankings in rows.items():
        found = [
            ([rank for rank, number in enumerate(ranking, start=1) if number in right], right)
            for ranking, (_, right) in zip(rankings, asked, strict=True)
        ]
        at5, at10 = (
            100 * sum(found_within(ranks, k) for ranks, _ in found) / len(found) for k in (5, 10)
        )
        gain = 100 * sum(ndcg(ranks, len(right), 10) for ranks, right in found) / len(found)
        print(f"{name:16} {at5:6.1f} {at10:6.1f} {gain:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--squad", type=Path, nargs="+", default=[])
    parser.add_argument("--questions", type=Path, nargs=2, metavar=("QUESTIONS", "FOLDER"))
    parser.add_argument("--count", type=int, help="most questions of a set")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        encoder = compile_model(default_encoder_path(), "encoder", work / "models")
        for path in options.squad:
            asked = write_articles(path, work / path.stem)
            chosen = spread(asked, options.count or len(asked))
            measure(path.stem, chosen, work / path.stem, work / f"{path.stem}-index", encoder)
        if options.questions:
            file, folder = options.questions
            measure(file.stem, read_questions(file), folder, work / "index", encoder)


if __name__ == "__main__":
    main()
