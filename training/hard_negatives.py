"""Hard negatives: passages near to a question that do not hold its answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from index.embedding import Embedder
from index.splitting import sentences
from training.data import Example


def mine(
    examples: Sequence[Example], encoder: Embedder, count: int, rng: random.Random
) -> list[Example]:
    """`count` examples whose context is another one's, by cosine similarity the nearest.

    Nearest among the contexts of the same data set that hold none of the question's answers
    (compared without regard to case). One of the three nearest is drawn, since always taking the
    first teaches a reader that its own retriever is wrong.
    """
    chosen = rng.sample(list(examples), min(count, len(examples)))
    return [
        _of(example, rng.choice(near))
        for example, near in zip(chosen, _nearest(chosen, examples, encoder), strict=True)
        if near
    ]


def among_others(
    examples: Sequence[Example], encoder: Embedder, count: int, others: int, rng: random.Random
) -> list[tuple[Example, ...]]:
    """`count` answerable examples, each followed by its question of up to `others` more contexts.

    These are drawn from the `others` + 2 nearest, as `mine` has them: of an article cut into
    paragraphs mostly its other paragraphs, what a search puts beside the right one. One that
    gives the answer in another wording ("a fifth", "20 %") is not told from one that does not.
    """
    answerable = [example for example in examples if example.answers]
    chosen = rng.sample(answerable, min(count, len(answerable)))
    return [
        (example, *(_of(example, context) for context in rng.sample(near, min(others, len(near)))))
        for example, near in zip(
            chosen, _nearest(chosen, examples, encoder, others + 2), strict=True
        )
    ]


def _nearest(
    chosen: Sequence[Example], examples: Sequence[Example], encoder: Embedder, most: int = 3
) -> Iterator[list[str]]:
    """For each of the chosen the nearest contexts of `examples` without any of its answers."""
    contexts = list(dict.fromkeys(e.context for e in examples))
    lowered = [c.casefold() for c in contexts]
    matrix = encoder.embed(contexts, "document")
    questions = encoder.embed([e.question for e in chosen], "query")
    for example, vector in zip(chosen, questions, strict=True):
        wanted = [t.casefold() for t in example.answer_texts]
        free = (
            contexts[i]
            for i in np.argsort(-(matrix @ vector))[:30]
            if contexts[i] != example.context and not any(t in lowered[i] for t in wanted)
        )
        yield list(islice(free, most))


def _of(example: Example, context: str) -> Example:
    """The same question of a context that does not answer it."""
    return replace(example, id=f"{example.id}-negative", context=context, answers=())


def without_answer_sentence(
    examples: Sequence[Example], count: int, rng: random.Random
) -> list[Example]:
    """`count` examples whose context has lost the sentences that hold an answer.

    What is left is about the same things and says nothing of what was asked: the passage next
    to the right one. Contexts whose rest still holds an answer's words are passed over.
    """
    made: list[Example] = []
    for example in rng.sample(list(examples), len(examples)):
        if len(made) >= count:
            break
        bounds = sentences(example.context)
        kept = [
            bound
            for bound in bounds
            if not any(bound.start < a.end and a.start < bound.end for a in example.answers)
        ]
        rest = " ".join(example.context[start:end].strip() for start, end in kept)
        lowered = rest.casefold()
        if len(kept) >= 2 and not any(t.casefold() in lowered for t in example.answer_texts):
            made.append(replace(example, id=f"{example.id}-without", context=rest, answers=()))
    return made
