"""What each training stage is fed: how many examples of which set, and how they are cropped."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from index.compiling import compile_model, default_encoder_path
from index.embedding import Embedder, OnnxEmbedder
from training import misleading
from training.data import Example, read_squad, read_training_sets
from training.hard_negatives import among_others, mine, without_answer_sentence
from training.restating import restate
from training.written import MORE_TWINS, crop_alike, read_pairs, read_twins, read_written

# Articles and questions written for this reader, in the form of SQuAD 2.0.
ARTICLES = Path(__file__).with_name("articles.json")

WIKI, REDDIT, AMAZON = "squadshifts_new_wiki", "squadshifts_reddit", "squadshifts_amazon"


@dataclass(frozen=True, slots=True)
class Mixture:
    """What one stage is fed.

    examples: questions of one context each. crop_characters: shortest and longest crop of a
    context. bundles: questions of several contexts, the one with the answer first.
    """

    examples: Sequence[Example]
    crop_characters: tuple[int, int]
    bundles: Sequence[tuple[Example, ...]] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many examples of each set, by what they are made for."""
        return dict(sorted(Counter(f"{e.group}{_kind(e)}" for e in self.all_examples).items()))

    @property
    def all_examples(self) -> list[Example]:
        """Those of bundles too."""
        return [*self.examples, *(e for bundle in self.bundles for e in bundle)]


def _kind(example: Example) -> str:
    if example.answers:
        return ""
    made = example.id.rpartition("-")[2]
    return f" ({made})" if made in ("misleading", "negative", "without") else " (unanswerable)"


@dataclass(frozen=True, slots=True)
class Stage:
    """A recipe's name for its mixture, with the learning rate, passes and batch size for it.

    frozen_layers: how many of the lowest layers stay as they are. int8_from: the share of the
        steps after which int8 is simulated.
    """

    build: Callable[[Path, random.Random], Mixture]
    learning_rate: float
    epochs: int
    batch_size: int = 16
    frozen_layers: int = 0
    int8_from: float = 1.0


def _sample(examples: list[Example], count: int, rng: random.Random) -> list[Example]:
    return rng.sample(examples, count) if count < len(examples) else examples


@contextmanager
def _encoder() -> Iterator[Embedder]:
    """The embedder that ships, compiled for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        yield OnnxEmbedder(compile_model(default_encoder_path(), "encoder", Path(folder)))


def _negatives(
    sets: Mapping[str, list[Example]], counts: Mapping[str, int], rng: random.Random
) -> list[Example]:
    with _encoder() as encoder:
        return [e for name, count in counts.items() for e in mine(sets[name], encoder, count, rng)]


def base(data: Path, rng: random.Random) -> Mixture:
    """46,000 questions, 9,000 of them hard negatives: reading, and telling "not in this one"."""
    sets = dict(read_training_sets(data))
    examples = (
        sets[WIKI]
        + sets["policyqa"]
        + _sample(sets[REDDIT], 6000, rng)
        + _sample(sets[AMAZON], 4500, rng)
        + _sample(sets["qamr"], 15000, rng)
    )
    negatives = {WIKI: 4000, REDDIT: 1500, AMAZON: 1500, "qamr": 2000}
    return Mixture(examples + _negatives(sets, negatives, rng), (420, 620))


def misled(data: Path, rng: random.Random) -> Mixture:
    """A pass over longer crops with misleading questions among them: looking at every word."""
    sets = dict(read_training_sets(data))
    examples = (
        sets[WIKI]
        + _sample(sets["policyqa"], 1500, rng)
        + _sample(sets[REDDIT], 2500, rng)
        + _sample(sets[AMAZON], 2000, rng)
        + _sample(sets["qamr"], 5500, rng)
        + misleading.make(sets[WIKI], 4500, rng)
        + misleading.make(sets["qamr"], 3000, rng)
        + misleading.make(sets[REDDIT], 900, rng)
        + misleading.make(sets[AMAZON], 600, rng)
    )
    negatives = {WIKI: 3000, REDDIT: 500, AMAZON: 500}
    return Mixture(examples + _negatives(sets, negatives, rng), (420, 820))


def polish(data: Path, rng: random.Random) -> Mixture:
    """A short pass at a low rate, most of it answerable: what the misled stage cost is regained."""
    sets = dict(read_training_sets(data))
    examples = (
        _sample(sets[WIKI], 6000, rng)
        + _sample(sets["policyqa"], 500, rng)
        + _sample(sets[REDDIT], 2500, rng)
        + _sample(sets[AMAZON], 2000, rng)
        + _sample(sets["qamr"], 8000, rng)
        + misleading.make(sets[WIKI], 2500, rng)
        + misleading.make(sets["qamr"], 1000, rng)
    )
    return Mixture(examples + _negatives(sets, {WIKI: 1500}, rng), (400, 700))


def _without_mark(examples: Sequence[Example], share: float, rng: random.Random) -> list[Example]:
    """The questions with their question mark left out in `share` of them, as people type."""
    return [
        replace(e, question=e.question.rstrip("? ")) if rng.random() < share else e
        for e in examples
    ]


def _drawn(
    sets: Mapping[str, list[Example]], rng: random.Random, *, answerable: Mapping[str, int],
    misled: Mapping[str, int], without: Mapping[str, int],
) -> list[Example]:  # fmt: skip
    """All of new Wikipedia and so many of each other set, drawn anew each time it is called:
    other samples, other changes, other contexts without their answer."""
    examples = list(sets[WIKI])
    for name, count in answerable.items():
        examples += _sample(sets[name], count, rng)
    for name, count in misled.items():
        examples += misleading.make(sets[name], count, rng)
    for name, count in without.items():
        examples += without_answer_sentence(sets[name], count, rng)
    return examples


def long(data: Path, rng: random.Random) -> Mixture:
    """Nearly all there is, three times, a third of it unanswerable in every way we can make."""
    sets = dict(read_training_sets(data))
    negatives = {WIKI: 7500, REDDIT: 2100, AMAZON: 1500, "qamr": 4500}
    examples = _negatives(sets, negatives, rng)
    for _ in range(3):
        examples += _drawn(
            sets, rng,
            answerable={"policyqa": 2000, REDDIT: 5000, AMAZON: 4500, "qamr": 14000},
            misled={WIKI: 5500, "qamr": 4000, REDDIT: 1200, AMAZON: 800},
            without={WIKI: 2500, REDDIT: 700, AMAZON: 600},
        )  # fmt: skip
    return Mixture(_without_mark(examples, 0.25, rng), (350, 900))


def again(data: Path, rng: random.Random) -> Mixture:
    """The long stage's kinds twice more, a good part of the questions said in another way."""
    sets = dict(read_training_sets(data))
    examples = _negatives(sets, {WIKI: 6500, REDDIT: 1800, AMAZON: 1200, "qamr": 3000}, rng)
    for _ in range(2):
        examples += _drawn(
            sets, rng,
            answerable={"policyqa": 1500, REDDIT: 5000, AMAZON: 4000, "qamr": 14000},
            misled={WIKI: 5500, "qamr": 3500, REDDIT: 1000, AMAZON: 700},
            without={WIKI: 2500, REDDIT: 700, AMAZON: 500},
        )  # fmt: skip
    return Mixture(_without_mark(restate(examples, 0.3, rng), 0.25, rng), (350, 900))


def written(data: Path, rng: random.Random) -> Mixture:
    """What was written to mislead and in other words, three times, amid some of all other kinds."""
    sets = dict(read_training_sets(data))
    ours = read_written(e for examples in sets.values() for e in examples)
    by_hand = {"written": [e for e in ours if e.answers]}
    examples = _negatives(
        {**sets, **by_hand}, {"written": 2500, WIKI: 1500, REDDIT: 500, AMAZON: 300}, rng
    )
    examples += ours * 3
    examples += _drawn(
        sets, rng,
        answerable={"policyqa": 800, REDDIT: 2500, AMAZON: 2000, "qamr": 8000},
        misled={WIKI: 1500, "qamr": 1500},
        without={WIKI: 1000, REDDIT: 300, AMAZON: 200},
    )  # fmt: skip
    return Mixture(_without_mark(examples, 0.15, rng), (350, 750))


def amid(data: Path, rng: random.Random) -> Mixture:
    """Questions amid the passages that a search puts beside the right one, and misleading ones:
    scores that can be compared from passage to passage."""
    sets = dict(read_training_sets(data))
    asked = read_written(e for examples in sets.values() for e in examples)
    with _encoder() as encoder:
        bundles = [
            *among_others(sets[WIKI], encoder, 2800, 2, rng),
            *among_others(asked, encoder, 2000, 2, rng),
        ]
    misled = _sample([e for e in asked if not e.answers], 2500, rng)
    return Mixture(_without_mark(misled, 0.1, rng), (350, 700), bundles)


def _opening(question: str) -> str:
    first, second, *_ = f"{question.casefold()} - -".split()
    return f"{first} {second}" if first == "how" else first


def rarer(examples: Sequence[Example]) -> list[Example]:
    """Of each opening those that are the rarer for it, answerable or not, measured by the share
    of all: whoever writes misleading questions asks "how many" more often than "where". Asked
    again, they bring most openings nearer to the share of all, and some beyond it."""
    counts = Counter((_opening(e.question), bool(e.answers)) for e in examples)
    overall = sum(not e.answers for e in examples) / len(examples)

    def misleads(opening: str) -> bool:
        free, held = counts[opening, False], counts[opening, True]
        return free > overall * (free + held)

    return [e for e in examples if bool(e.answers) == misleads(_opening(e.question))]


def articles(data: Path, rng: random.Random) -> Mixture:
    """The articles written for this reader: each question once, those that they answer amid
    other passages too, and the `rarer` of each opening again; with some of all other kinds."""
    sets = dict(read_training_sets(data))
    ours = read_squad(ARTICLES)
    asked = read_written(e for examples in sets.values() for e in examples)
    with _encoder() as encoder:
        bundles = among_others(ours, encoder, len(ours), 2, rng)
    examples = (
        ours
        + rarer(ours)
        + _sample(asked, 6000, rng)
        + _sample(sets[WIKI], 1500, rng)
        + _sample(sets["policyqa"], 400, rng)
        + _sample(sets[REDDIT], 800, rng)
        + _sample(sets[AMAZON], 600, rng)
        + _sample(sets["qamr"], 4000, rng)
        + misleading.make(sets[WIKI], 500, rng)
        + misleading.make(sets["qamr"], 1000, rng)
    )
    return Mixture(_without_mark(examples, 0.1, rng), (350, 700), bundles)


def twins(data: Path, rng: random.Random) -> Mixture:
    """Twins, of which one word tells which is answered: those of Wikipedia twice, in other crops,
    those of the articles once; with half of what was written before and some of all other kinds."""
    sets = dict(read_training_sets(data))
    asked = [e for examples in sets.values() for e in examples]
    lengths = (350, 800)
    public = read_twins(asked)
    by_hand = {"twins": [answered for answered, _ in public]}
    examples = _negatives(
        {**sets, **by_hand}, {"twins": 2500, WIKI: 1500, REDDIT: 500, AMAZON: 300}, rng
    )
    for _ in range(2):
        examples += crop_alike(public, lengths, rng)
    examples += crop_alike(read_twins(read_squad(ARTICLES)), lengths, rng)
    examples += _sample(read_written(asked), 6000, rng)
    examples += _drawn(
        sets, rng,
        answerable={"policyqa": 600, REDDIT: 1500, AMAZON: 1200, "qamr": 4000},
        misled={WIKI: 1000, "qamr": 1000},
        without={WIKI: 1000, REDDIT: 300, AMAZON: 200},
    )  # fmt: skip
    return Mixture(_without_mark(examples, 0.15, rng), lengths)


def paired(data: Path, rng: random.Random) -> Mixture:
    """Pairs over the encyclopaedic passages twice, in other crops, and all twins of the articles
    once, with half of the twins of Wikipedia, and some of all other kinds."""
    sets = dict(read_training_sets(data))
    asked = [e for examples in sets.values() for e in examples]
    lengths = (350, 900)
    passages = read_pairs()
    by_hand = {"pairs": [answered for answered, _ in passages]}
    examples = _negatives(
        {**sets, **by_hand}, {"pairs": 2500, WIKI: 1500, REDDIT: 500, AMAZON: 300}, rng
    )
    for _ in range(2):
        examples += crop_alike(passages, lengths, rng)
    articles_asked = read_squad(ARTICLES)
    of_articles = [*read_twins(articles_asked), *read_twins(articles_asked, MORE_TWINS)]
    examples += crop_alike(of_articles, lengths, rng)
    public = read_twins(asked)
    examples += crop_alike(rng.sample(public, len(public) // 2), lengths, rng)
    examples += _sample(read_written(asked), 3000, rng)
    examples += _drawn(
        sets, rng,
        answerable={"policyqa": 600, REDDIT: 1500, AMAZON: 1200, "qamr": 4000},
        misled={WIKI: 1000, "qamr": 1000},
        without={WIKI: 1000, REDDIT: 300, AMAZON: 200},
    )  # fmt: skip
    return Mixture(_without_mark(examples, 0.15, rng), lengths)


STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        "base": Stage(base, 2e-4, 2),
        "misled": Stage(misled, 1.2e-4, 1),
        "polish": Stage(polish, 7e-5, 1),
        "long": Stage(long, 1.5e-4, 1),
        "again": Stage(again, 1.4e-4, 1, batch_size=32),
        "written": Stage(written, 1e-4, 1, frozen_layers=2, int8_from=0.7),
        "amid": Stage(amid, 7e-5, 1, frozen_layers=2),
        "articles": Stage(articles, 1e-4, 1, frozen_layers=2, int8_from=0.8),
        "twins": Stage(twins, 1e-4, 1, frozen_layers=2, int8_from=0.7),
        "paired": Stage(paired, 1e-4, 1, frozen_layers=2, int8_from=0.7),
    }
)
