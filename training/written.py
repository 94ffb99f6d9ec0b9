"""Questions written for this reader, of passages of the training sets: `training/written.jsonl`.

A line holds the id of a question of the set, which names the passage (`of`), the new question, and
the code point spans of the passage that answer it (`answers`, none where the question misleads).
The passages themselves stay in their sets; a line whose passage is not there is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from index.types import Span
from training.data import Example

WRITTEN = Path(__file__).with_name("written.jsonl")


def read_written(examples: Iterable[Example], path: Path = WRITTEN) -> list[Example]:
    """The written questions of the passages that `examples` are asked of, in the file's order.

    Raises ValueError if an answer lies outside its passage: then the set is another edition.
    """
    asked_of = {example.id: example for example in examples}
    made = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            row = json.loads(line)
            known = asked_of.get(row["of"])
            if known is None:
                continue
            spans = tuple(Span(start, end) for start, end in row["answers"])
            if any(not 0 <= start < end <= len(known.context) for start, end in spans):
                raise ValueError(f"{path.name}:{number}: an answer lies outside its passage")
            name = f"written-{number}" if spans else f"written-{number}-misleading"
            made.append(
                Example(name, row["question"], known.context, spans, known.title, known.group)
            )
    return made
