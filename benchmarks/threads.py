"""How a question's two models share the cores: `python -m benchmarks.threads`.

Embeds questions over the corpus and reads the first passages of each, with threads that spin
while they wait and with threads that rest; with several questions read in one batch; and with two
questions at once, a thread each. All in turns, in one process. Prints milliseconds of the clock
and of the processor a question, and the first as a share of the first line's.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tokenizers import Encoding, Tokenizer

from benchmarks.serving import environment, questions
from index.compiling import Compiled, compile_model, default_encoder_path, session
from index.embedding import padded_inputs
from qa.answering import ROUND
from qa.assembly import Pincite, build
from qa.reader import bundled_reader_path
from qa.settings import load_settings

ROOT = Path(__file__).parents[1]
TOGETHER = (2, 4)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the embedder takes it, and with its first passages as the reader does."""

    question: Encoding
    passages: list[Encoding]


@dataclass(frozen=True, slots=True)
class Models:
    """Both models, opened in one way."""

    compiled: tuple[Compiled, Compiled]
    embedder: Any
    reader: Any

    @classmethod
    def open(
        cls, compiled: tuple[Compiled, Compiled], threads: int | None, spinning: bool
    ) -> Models:
        embedder, reader = (
            session(model.model_path, threads=threads, spinning=spinning) for model in compiled
        )
        return cls(compiled, embedder, reader)

    def answer(self, together: Sequence[Asked]) -> None:
        """Embed each question, and read the passages of all in one batch."""
        embedder, reader = self.compiled
        for asked in together:
            self.embedder.run(None, padded_inputs([asked.question], embedder.inputs))
        rows = [row for asked in together for row in asked.passages]
        self.reader.run(None, padded_inputs(rows, reader.inputs))


def encoded(index: Path, texts: Sequence[str], compiled: tuple[Compiled, Compiled]) -> list[Asked]:
    embedder, reader = (Tokenizer.from_file(str(model.tokenizer_path)) for model in compiled)
    with Pincite.open(settings=load_settings({"index": index}, environment={})) as pincite:
        found = [pincite.search(text, top_k=ROUND) for text in texts]
    return [
        Asked(
            embedder.encode(text), reader.encode_batch([(text, hit.passage.text) for hit in hits])
        )
        for text, hits in zip(texts, found, strict=True)
        if hits
    ]


def in_turn(models: Models, asked: Sequence[Asked], together: int) -> None:
    for at in range(0, len(asked), together):
        models.answer(asked[at : at + together])


def at_once(models: Models, asked: Sequence[Asked]) -> None:
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda part: in_turn(models, part, 1), (asked[::2], asked[1::2])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = questions(ROOT / "corpus" / "questions.jsonl")[: options.questions]
    with tempfile.TemporaryDirectory() as name:
        index = Path(name) / "index"
        build([ROOT / "corpus"], load_settings({"index": index}, environment={}))
        compiled = (
            compile_model(default_encoder_path(), "encoder", index / "models"),
            compile_model(bundled_reader_path(), "reader", index / "models"),
        )
        asked = encoded(index, texts, compiled)
        spinning = Models.open(compiled, None, True)
        resting = Models.open(compiled, None, False)
        single = Models.open(compiled, 1, False)
    ways: dict[str, Callable[[], None]] = {
        "threads that rest": partial(in_turn, resting, asked, 1),
        "threads that spin": partial(in_turn, spinning, asked, 1),
        **{f"{n} in a batch": partial(in_turn, resting, asked, n) for n in TOGETHER},
        "two at once, a thread each": partial(at_once, single, asked),
    }
    taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for number in range(options.rounds + 1):
        for way, work in ways.items():
            begun, busy = time.perf_counter(), time.process_time()
            work()
            if number:
                taken[way].append((time.perf_counter() - begun, time.process_time() - busy))
            # What one way's threads still do must not fall on the next.
            time.sleep(0.2)
    print(f"{environment()}, {len(asked)} questions, {ROUND} passages each")
    alone = median(clock for clock, _ in taken["threads that rest"])
    for way, times in taken.items():
        clock, busy = (median(values) for values in zip(*times, strict=True))
        print(f"{way}: {1000 * clock / len(asked):.1f} ms a question, {clock / alone:.2f}; "
              f"{1000 * busy / len(asked):.1f} ms of the processor")  # fmt: skip


if __name__ == "__main__":
    main()
