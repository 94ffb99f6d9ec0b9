"""Hard negatives: passages near to a question that do not hold its answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

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
    contexts = list(dict.fromkeys(e.context for e in examples))
    lowered = [c.casefold() for c in contexts]
    matrix = encoder.embed(contexts, "document")
    questions = encoder.embed([e.question for e in chosen], "query")
    mined = []
    for example, vector in zip(chosen, questions, strict=True):
        wanted = [t.casefold() for t in example.answer_texts]
        near = np.argsort(-(matrix @ vector))[:30]
        free = [
            int(i)
            for i in near
            if contexts[i] != example.context and not any(t in lowered[i] for t in wanted)
        ][:3]
        if free:
            mined.append(
                replace(
                    example, id=f"{example.id}-negative", context=contexts[rng.choice(free)],
                    answers=(),
                )
            )  # fmt: skip
    return mined


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
