"""Question-answering data sets as `Example`s: the formats of SQuAD (1.1 and 2.0) and QAMR."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.types import Span


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the text it is asked of.

    answers: code point spans of `context` that answer it, the annotators' alternatives to one
        another; empty where the context does not answer it.
    title: the article the context is from; contexts of one article share it.
    group: the data set.
    """

    id: str
    question: str
    context: str
    answers: tuple[Span, ...]
    title: str
    group: str

    @property
    def answer_texts(self) -> tuple[str, ...]:
        return tuple(self.context[start:end] for start, end in self.answers)


def read_squad(path: Path) -> list[Example]:
    """Read SQuAD JSON, 1.1 or 2.0. Answers whose offset does not hold their text are left out.

    Raises ValueError if a question of version 1.1 data has no usable answer at all.
    """
    examples = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = article.get("title", "")
        for paragraph in article["paragraphs"]:
            context = paragraph["context"]
            for qa in paragraph["qas"]:
                spans = {
                    Span(a["answer_start"], a["answer_start"] + len(a["text"]))
                    for a in qa["answers"]
                    if a["text"].strip()
                    and context[a["answer_start"] : a["answer_start"] + len(a["text"])] == a["text"]
                }
                if not spans and qa["answers"]:
                    continue
                if not spans and not qa.get("is_impossible", False):
                    raise ValueError(f"{path.name}: question {qa['id']} has no answer")
                question = " ".join(qa["question"].split())
                examples.append(
                    Example(qa["id"], question, context, tuple(sorted(spans)), title, path.stem)
                )
    return examples


# Penn Treebank tokens and what was written before they were tokens.
_BRACKETS = {
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}",
    "``": '"', "''": '"', "`": "'",
}  # fmt: skip
_NO_SPACE_BEFORE = re.compile(
    r"^(?:[.,;:!?%)\]}]|'s|'|n't|'re|'ve|'ll|'d|'m|\.\.\.)$", re.IGNORECASE
)
_NO_SPACE_AFTER = frozenset("([{$#")


def detokenise(tokens: list[str]) -> tuple[str, list[Span]]:
    """Put Penn Treebank tokens back together; also give each token's span in the result."""
    text = ""
    spans = []
    glue = True
    quote_open = False
    for token in tokens:
        word = _BRACKETS.get(token, token)
        closing_quote = word == '"' and quote_open
        if word == '"':
            quote_open = not quote_open
        if text and not glue and not closing_quote and not _NO_SPACE_BEFORE.match(word):
            text += " "
        spans.append(Span(len(text), len(text) + len(word)))
        text += word
        glue = word in _NO_SPACE_AFTER or (word == '"' and quote_open)
    return text, spans


def _contiguous(indices: str) -> tuple[int, int] | None:
    """First and last of token indices such as "3 4 5"; None if they have gaps or are none."""
    try:
        numbers = sorted(int(part) for part in indices.split())
    except ValueError:
        return None
    if not numbers or numbers[-1] - numbers[0] != len(numbers) - 1:
        return None
    return numbers[0], numbers[-1]


def read_qamr(questions: Path, sentences: Path) -> list[Example]:
    """Read QAMR: questions on single sentences, each with up to three annotators' answers.

    Left out: questions that an annotator called invalid, and answers that are not one run of
    tokens. The title of a Wikipedia sentence is its article's number.
    """
    tokens_of = {}
    with sentences.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            tokens_of[row[0]] = row[1].split(" ")
    examples = []
    built = {}
    with questions.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)):
            sentence, question, answer, validations = row[0], row[5], row[6], row[7:9]
            if sentence not in tokens_of or any("Invalid" in v for v in validations):
                continue
            if sentence not in built:
                built[sentence] = detokenise(tokens_of[sentence])
            context, token_spans = built[sentence]
            spans = set()
            for indices in (answer, *(v.partition(":")[2] for v in validations)):
                run = _contiguous(indices)
                if run is not None and run[1] < len(token_spans):
                    spans.add(Span(token_spans[run[0]].start, token_spans[run[1]].end))
            if spans:
                title = ":".join(sentence.split(":")[:3])
                examples.append(
                    Example(
                        f"{questions.stem}-{number}", question.strip(), context,
                        tuple(sorted(spans)), title, questions.stem,
                    )
                )  # fmt: skip
    return examples


def contexts_by_title(examples: list[Example]) -> dict[str, list[str]]:
    """The distinct contexts of each article, in order of appearance."""
    grouped: dict[str, dict[str, None]] = defaultdict(dict)
    for example in examples:
        grouped[example.title].setdefault(example.context)
    return {title: list(contexts) for title, contexts in grouped.items()}


def read_training_sets(folder: Path) -> Iterator[tuple[str, list[Example]]]:
    """Every training set of `../shared/data/train`, by name."""
    for name in ("squadshifts_new_wiki", "squadshifts_reddit", "squadshifts_amazon", "policyqa"):
        yield name, read_squad(folder / f"{name}.json")
    sentences = folder / "qamr_wiki_sentences.tsv"
    qamr = [e for n in ("qamr_dev", "qamr_test") for e in read_qamr(folder / f"{n}.tsv", sentences)]
    yield "qamr", qamr
