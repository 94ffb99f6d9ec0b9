"""Questions written for this reader, of passages of the training sets.

A line of `training/written.jsonl` holds the id of a question of the set, which names the passage
(`of`), the new question, and the code point spans of the passage that answer it (`answers`, none
where the question misleads). One of `training/twins.jsonl`, or of `training/more_twins.jsonl` that
were written after a stage had been trained on those, holds the same of a question that the
passage answers, and its `twin`: the question with a few words changed, so that it answers it no
longer. The passages themselves stay in their sets; a line whose passage is not there is left out.

`training/encyclopaedia.json` holds passages too, written for this reader with pairs of such
questions, in the form of SQuAD 2.0: each question is followed by its twin.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.types import Span
from training.data import Example, read_squad
from training.features import crop

WRITTEN = Path(__file__).with_name("written.jsonl")
TWINS = Path(__file__).with_name("twins.jsonl")
MORE_TWINS = Path(__file__).with_name("more_twins.jsonl")
ENCYCLOPAEDIA = Path(__file__).with_name("encyclopaedia.json")

# A question that its context answers, and its twin that it does not.
Twins = tuple[Example, Example]


def read_written(examples: Iterable[Example], path: Path = WRITTEN) -> list[Example]:
    """The written questions of the passages that `examples` are asked of, in the file's order.

    Raises ValueError if an answer lies outside its passage: then the set is another edition.
    """
    return [made for _, made in _read(examples, path)]


def read_twins(examples: Iterable[Example], path: Path = TWINS) -> list[Twins]:
    """The twins of the passages that `examples` are asked of, in the file's order.

    Raises ValueError if an answer lies outside its passage: then the set is another edition.
    """
    return [
        (made, replace(made, id=f"{made.id}-misleading", question=row["twin"], answers=()))
        for row, made in _read(examples, path)
    ]


def read_pairs(path: Path = ENCYCLOPAEDIA) -> list[Twins]:
    """The pairs of a file in the form of SQuAD 2.0 in which each question is followed by its twin.

    Raises ValueError where one is not.
    """
    examples = iter(read_squad(path))
    pairs = []
    for answered in examples:
        twin = next(examples, None)
        if (
            twin is None
            or not answered.answers
            or twin.answers
            or (twin.context != answered.context)
        ):
            raise ValueError(f"{path.name}: question {answered.id} is not followed by its twin")
        pairs.append((answered, twin))
    return pairs


def crop_alike(
    twins: Sequence[Twins], lengths: tuple[int, int], rng: random.Random
) -> list[Example]:
    """The questions of all twins, both of a pair over one crop: what tempts is left in, so that
    nothing but the words that were changed tells the two apart."""
    made: list[Example] = []
    for answered, misleading in twins:
        cropped = crop(answered, rng.randint(*lengths), rng)
        made += (cropped, replace(misleading, context=cropped.context))
    return made


def _read(examples: Iterable[Example], path: Path) -> Iterator[tuple[dict[str, Any], Example]]:
    asked_of = {example.id: example for example in examples}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            row = json.loads(line)
            known = asked_of.get(row["of"])
            if known is None:
                continue
            spans = tuple(Span(start, end) for start, end in row["answers"])
            if any(not 0 <= start < end <= len(known.context) for start, end in spans):
                raise ValueError(f"{path.name}:{number}: an answer lies outside its passage")
            name = f"{path.stem}-{number}"
            if not spans:
                name += "-misleading"
            yield (
                row,
                Example(name, row["question"], known.context, spans, known.title, known.group),
            )
