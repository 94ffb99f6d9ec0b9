"""Examples → token ids: cropping, encoding, and where the answers are among the tokens."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from tokenizers import Encoding, Tokenizer

from index.types import Span
from training.data import Example

MAX_TOKENS = 384
MAX_QUESTION_TOKENS = 64
MAX_ANSWERS = 4


@dataclass(frozen=True, slots=True)
class Feature:
    """One encoded question and crop.

    answers: inclusive (first, last) token positions; (0, 0) alone says "no answer here".
    """

    ids: tuple[int, ...]
    type_ids: tuple[int, ...]
    answers: tuple[tuple[int, int], ...]


def crop(example: Example, length: int, rng: random.Random) -> Example:
    """Cut the context at random to about `length` characters around one of its answers.

    Cuts fall on spaces. Answers not wholly inside the crop are dropped, never the chosen one.
    """
    context = example.context
    if len(context) <= length:
        return example
    if example.answers:
        anchor = rng.choice(example.answers)
        slack = max(length - (anchor.end - anchor.start), 0)
        start = max(0, anchor.start - rng.randint(0, slack))
    else:
        anchor = None
        start = rng.randint(0, len(context) - length)
    end = min(len(context), start + length)
    if anchor is not None:
        end = max(end, anchor.end)
    if start > 0:
        space = context.find(" ", start, anchor.start if anchor else end)
        start = space + 1 if space >= 0 else (anchor.start if anchor else start)
    if end < len(context):
        space = context.rfind(" ", anchor.end if anchor else start, end)
        end = space if space >= 0 else (anchor.end if anchor else end)
    answers = tuple(
        Span(s - start, e - start) for s, e in example.answers if start <= s and e <= end
    )
    return replace(example, context=context[start:end], answers=answers)


def token_span(encoding: Encoding, span: Span) -> tuple[int, int] | None:
    """The context tokens that cover a code point span, or None if it was cut off."""
    first = last = None
    for position, (sequence, (start, end)) in enumerate(
        zip(encoding.sequence_ids, encoding.offsets, strict=True)
    ):
        if sequence != 1 or start == end:
            continue
        if first is None and start <= span.start < end:
            first = position
        if start < span.end <= end:
            last = position
    if first is None or last is None or last < first:
        return None
    return first, last


def encode(examples: Sequence[Example], tokenizer: Tokenizer) -> Iterator[Feature | None]:
    """Encode examples; None stands for one whose every answer is cut off by the limit."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    pairs = [(e.question[:400], e.context) for e in examples]
    for example, encoding in zip(examples, tokenizer.encode_batch(pairs), strict=True):
        found = [token_span(encoding, span) for span in example.answers]
        answers = tuple(dict.fromkeys(span for span in found if span is not None))[:MAX_ANSWERS]
        if example.answers and not answers:
            yield None
        else:
            yield Feature(tuple(encoding.ids), tuple(encoding.type_ids), answers or ((0, 0),))


# One question of one or of several contexts, the one with the answer first.
Bundle = tuple[Feature, ...]


def encode_bundles(
    bundles: Sequence[tuple[Example, ...]], tokenizer: Tokenizer
) -> Iterator[Bundle]:
    """Encode each bundle; those whose answer is cut off are left out."""
    encoded = encode([example for bundle in bundles for example in bundle], tokenizer)
    for bundle in bundles:
        first, *others = islice(encoded, len(bundle))
        if first is not None:
            yield first, *(other for other in others if other is not None)


def batches(bundles: Sequence[Bundle], size: int, rng: random.Random) -> list[list[Bundle]]:
    """Batches of about `size` features of like length, in random order, so that little is spent
    on padding."""
    order = list(bundles)
    rng.shuffle(order)
    window = size * 64
    made: list[list[Bundle]] = []
    for at in range(0, len(order), window):
        part = sorted(order[at : at + window], key=lambda b: max(len(f.ids) for f in b))
        room = 0
        for bundle in part:
            if room < len(bundle):
                made.append([])
                room = size
            made[-1].append(bundle)
            room -= len(bundle)
    rng.shuffle(made)
    return made
