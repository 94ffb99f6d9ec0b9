"""What training does to data, on data of its own; the training run itself is not tested here."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from index.types import Span
from tests.fakes import FakeEmbedder
from tests.tiny_models import tiny_reader
from training import misleading
from training.asked import HELD_OUT
from training.average import average
from training.data import Example, detokenise, read_qamr, read_squad
from training.features import Feature, batches, crop
from training.hard_negatives import among_others, without_answer_sentence
from training.mixture import ARTICLES, rarer
from training.restating import restate, reworded, telegraphic
from training.train import collate, load_trunk, loss_of, pool_dropout, simulate_int8
from training.written import (
    ENCYCLOPAEDIA,
    MORE_TWINS,
    TWINS,
    WRITTEN,
    crop_alike,
    read_pairs,
    read_twins,
    read_written,
)

CONTEXT = (
    "In 1987 Marta Lind bought the largest lamp of Lund from Jon Berg. She sold it in 1991 to the "
    "Harbour Museum, before the mill was closed."
)


def example(question: str, *answers: str) -> Example:
    spans = tuple(Span(CONTEXT.index(a), CONTEXT.index(a) + len(a)) for a in answers)
    return Example("x", question, CONTEXT, spans, "Lamps of Lund", "test")


def test_squad_of_both_versions(tmp_path: Path) -> None:
    qas: list[dict[str, object]] = [
        {
            "id": "1",
            "question": " Who  bought it?",
            "answers": [{"text": "Marta Lind", "answer_start": 8}],
        },
        {"id": "2", "question": "Off?", "answers": [{"text": "Marta", "answer_start": 0}]},
        {"id": "3", "question": "Never?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "set.json"
    data = [{"title": "t", "paragraphs": [{"context": CONTEXT, "qas": qas}]}]
    path.write_text(json.dumps({"data": data}))
    first, third = read_squad(path)
    assert (first.question, first.answer_texts) == ("Who bought it?", ("Marta Lind",))
    assert third.answers == ()
    del qas[2]["is_impossible"]
    path.write_text(json.dumps({"data": data}))
    with pytest.raises(ValueError, match="question 3 has no answer"):
        read_squad(path)


def test_tokens_put_back_together() -> None:
    tokens = ["He", "said", "``", "it", "'s", "-LRB-", "almost", "-RRB-", "done", ",", "''", "."]
    text, spans = detokenise(tokens)
    assert text == 'He said "it\'s (almost) done,".'
    assert [text[a:b] for a, b in spans][3:5] == ["it", "'s"]


def test_qamr(tmp_path: Path) -> None:
    (tmp_path / "s.tsv").write_text("W:1:2:3\tMarta bought a lamp .\n")
    rows = [
        "W:1:2:3\t0\t1\t0\t0\tWho bought it?\t0\t2:0\t3:0",
        "W:1:2:3\t0\t1\t0\t0\tWhat?\t2 3\t2:3\t3:2 3",
        "W:1:2:3\t0\t1\t0\t0\tGaps?\t0 3\t2:0 3\t3:0 3",
        "W:1:2:3\t0\t1\t0\t0\tBad?\t0\t2:Invalid\t3:0",
        "W:9\t0\t1\t0\t0\tGone?\t0\t2:0\t3:0",
    ]
    (tmp_path / "q.tsv").write_text("\n".join(rows) + "\n")
    found = read_qamr(tmp_path / "q.tsv", tmp_path / "s.tsv")
    assert [(e.question, e.answer_texts) for e in found] == [
        ("Who bought it?", ("Marta",)), ("What?", ("a lamp", "lamp")),
    ]  # fmt: skip


@given(st.integers(0, 10_000), st.integers(20, 200))
def test_a_crop_holds_an_answer_at_its_place(seed: int, length: int) -> None:
    whole = example("Who?", "Marta Lind", "Harbour Museum")
    cut = crop(whole, length, random.Random(seed))
    assert cut.context in whole.context
    assert cut.answers
    assert set(cut.answer_texts) <= set(whole.answer_texts)
    assert len(cut.context) <= max(length, len("Harbour Museum"))


def test_misleading_changes() -> None:
    article = misleading.Article([CONTEXT])
    rng = random.Random(1)
    who = example("Who did Marta Lind buy the largest lamp from in 1987?", "Jon Berg")
    swapped = misleading.swap_name(who, article, rng)
    assert swapped is not None
    assert "Marta Lind" not in swapped
    assert "Jon Berg" not in swapped
    assert misleading.swap_number(who, article, rng) != who.question
    assert "smallest" in (misleading.antonym(who, article, rng) or "")
    assert "didn't" in (misleading.negate(who, article, rng) or "") or "not" in (
        misleading.negate(who, article, rng) or ""
    )
    two = example("Did Marta Lind pay Jon Berg?", "Lund")
    assert misleading.reverse_roles(two, article, rng) == "Did Jon Berg pay Marta Lind?"
    assert misleading.reverse_roles(who, article, rng) is None


def test_misleading_questions_have_no_answer() -> None:
    asked = [example("Who bought the largest lamp in 1987?", "Marta Lind")] * 5
    made = misleading.make(asked, 3, random.Random(2))
    assert len(made) == 3
    assert all(e.answers == () and e.question != asked[0].question for e in made)


def test_a_context_without_its_answer() -> None:
    text = CONTEXT + " The museum shows it on Sundays."
    span = Span(text.index("1991"), text.index("1991") + 4)
    asked = Example("x", "When did she sell it?", text, (span,), "Lamps of Lund", "test")
    (made,) = without_answer_sentence([asked], 5, random.Random(1))
    assert made.answers == ()
    assert made.context.startswith("In 1987 Marta Lind")
    assert made.context.endswith("on Sundays.")
    assert "1991" not in made.context
    again = Example("y", "When?", text + " That was 1991.", (span,), "Lamps of Lund", "test")
    assert without_answer_sentence([again], 5, random.Random(1)) == []
    short = example("When did she sell it?", "1991")
    assert without_answer_sentence([short], 5, random.Random(1)) == []


def test_pooled_dropout() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Dropout(0.25))
    pool_dropout(model, 0.25)
    layer = model[1]
    ones = torch.ones(400, 1000)
    assert torch.equal(layer.eval()(ones), ones)
    dropped = layer.train()(ones)
    assert abs(float((dropped == 0).float().mean()) - 0.25) < 0.01
    assert abs(float(dropped.mean()) - 1) < 0.01
    assert not torch.equal(dropped, layer(ones))


def test_the_mean_of_models() -> None:
    one, other = {"w": torch.tensor([1.0, 3.0])}, {"w": torch.tensor([3.0, 5.0])}
    assert average([one, other])["w"].tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="different weights"):
        average([one, {"v": torch.tensor([1.0])}])


def test_questions_in_other_words() -> None:
    question = "How many drones did the army buy?"
    for seed in range(20):
        said = reworded(question, random.Random(seed))
        assert said != question
        assert said.endswith("?")
    assert reworded("Quo vadis?", random.Random(1)) == "Quo vadis?"
    assert {telegraphic(question, random.Random(seed)) for seed in range(20)} >= {
        "How many drones army buy"
    }
    assert telegraphic("The?", random.Random(1)) == "The?"


def test_restating_keeps_the_answers() -> None:
    examples = [Example(str(i), "Who made the drone?", "A did.", (Span(0, 1),), "t", "g")
                for i in range(200)]  # fmt: skip
    made = restate(examples, 0.3, random.Random(1))
    assert [e.answers for e in made] == [e.answers for e in examples]
    changed = sum(e.question != "Who made the drone?" for e in made)
    assert 50 < changed < 110


def test_written_questions_find_their_passage(tmp_path: Path) -> None:
    known = example("Who bought the lamp?", "Marta Lind")
    rows = [
        {"of": known.id, "question": "lamp keeper", "answers": [list(known.answers[0])]},
        {"of": known.id, "question": "Who lit the lamp first?", "answers": []},
        {"of": "of another edition", "question": "Who?", "answers": []},
    ]
    path = tmp_path / "written.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found, misled = read_written([known], path)
    assert found.answer_texts == ("Marta Lind",)
    assert (found.context, found.title) == (known.context, known.title)
    assert misled.answers == ()
    assert misled.question == "Who lit the lamp first?"
    assert misled.id.endswith("-misleading")


def test_a_written_answer_outside_its_passage_is_an_error(tmp_path: Path) -> None:
    known = example("Who bought the lamp?", "Marta Lind")
    path = tmp_path / "written.jsonl"
    path.write_text(json.dumps({"of": known.id, "question": "Who?", "answers": [[0, 10_000]]}))
    with pytest.raises(ValueError, match=r"written\.jsonl:1: an answer lies outside its passage"):
        read_written([known], path)


def test_the_written_questions_are_well_formed() -> None:
    rows = [json.loads(line) for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    assert all(row.keys() == {"of", "question", "answers"} for row in rows)
    assert all(row["question"] == " ".join(row["question"].split()) for row in rows)
    assert all(0 <= start < end for row in rows for start, end in row["answers"])
    # Neither kind outweighs the other: its share must not tell a reader anything.
    answered = sum(bool(row["answers"]) for row in rows)
    assert abs(answered / len(rows) - 0.5) < 0.02


def test_twins_are_of_one_passage(tmp_path: Path) -> None:
    known = example("Who bought the lamp?", "Marta Lind")
    place = list(known.answers[0])
    rows = [
        {"of": known.id, "question": "Who bought it?", "answers": [place], "twin": "Who lit it?"},
        {"of": "of another edition", "question": "?", "answers": [place], "twin": "!"},
    ]
    path = tmp_path / "twins.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ((answered, misleading_),) = read_twins([known], path)
    assert (answered.question, answered.answer_texts) == ("Who bought it?", ("Marta Lind",))
    assert (misleading_.question, misleading_.answers) == ("Who lit it?", ())
    assert misleading_.context == answered.context == known.context
    assert misleading_.id.endswith("-misleading")


@given(st.integers(0, 2**32))
def test_twins_are_cropped_alike(seed: int) -> None:
    answered = example("Who sold it to whom?", "Harbour Museum")
    pair = answered, replace(answered, question="Who sold it to Lind?", answers=())
    first, second = crop_alike([pair], (30, 80), random.Random(seed))
    assert first.context == second.context
    assert len(first.context) < len(CONTEXT)
    assert first.answer_texts == ("Harbour Museum",)
    assert second.answers == ()


@pytest.mark.parametrize("path", [TWINS, MORE_TWINS], ids=lambda path: path.stem)
def test_the_twins_are_well_formed(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(row.keys() == {"of", "question", "answers", "twin"} for row in rows)
    assert all(row["question"].casefold() != row["twin"].casefold() for row in rows)
    assert all(row["answers"] for row in rows)
    assert all(0 <= start < end for row in rows for start, end in row["answers"])
    # Those of the articles find their passages; the others' stand in the public sets.
    ours = read_squad(ARTICLES)
    ids = {e.id for e in ours}
    assert len(read_twins(ours, path)) == sum(row["of"] in ids for row in rows) > 0


def test_each_question_of_pairs_is_followed_by_its_twin(tmp_path: Path) -> None:
    qas: list[dict[str, object]] = [
        {
            "id": "1",
            "question": "Who bought it?",
            "answers": [{"text": "Marta Lind", "answer_start": 8}],
        },
        {"id": "1-misleading", "question": "Who lit it?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "pairs.json"

    def write(qas: list[dict[str, object]]) -> None:
        data = [{"title": "t", "paragraphs": [{"context": CONTEXT, "qas": qas}]}]
        path.write_text(json.dumps({"data": data}))

    write(qas)
    ((answered, twin),) = read_pairs(path)
    assert (answered.answer_texts, twin.question) == (("Marta Lind",), "Who lit it?")
    for spoilt in (qas[:1], qas[::-1], qas[:1] * 2):
        write(spoilt)
        with pytest.raises(ValueError, match="is not followed by its twin"):
            read_pairs(path)


def test_the_encyclopaedic_pairs_are_well_formed() -> None:
    pairs = read_pairs(ENCYCLOPAEDIA)
    assert len({answered.id for answered, _ in pairs}) == len(pairs)
    assert all(a.question.casefold() != b.question.casefold() for a, b in pairs)
    shared = {a.title for a, _ in pairs} & {e.title for e in read_squad(HELD_OUT)}
    assert not shared


def test_simulated_int8_stays_near_and_passes_gradients(tmp_path: Path) -> None:
    model = load_trunk(tiny_reader(tmp_path / "reader"), frozen_layers=1).eval()
    names = set(model.state_dict())
    ids = torch.tensor([[2, 6, 8, 3, 9, 10, 3]])
    plain = model(input_ids=ids).start_logits
    simulate_int8(model)
    rounded = model(input_ids=ids).start_logits
    assert set(model.state_dict()) == names
    assert 0 < float((rounded - plain).detach().abs().max()) < 0.1
    rounded.sum().backward()
    frozen, trained = model.bert.encoder.layer
    assert frozen.output.dense.weight.grad is None
    assert trained.output.dense.weight.grad.abs().max() > 0


def test_a_question_amid_other_passages() -> None:
    near = "Jon Berg bought lamps in Lund in 1987, and sold the largest lamp."
    far = "The ferry to Vera leaves at noon."
    told = "Marta Lind bought the largest lamp of Lund in 1987."
    known = example("Who bought the largest lamp of Lund in 1987?", "Marta Lind")
    others = [replace(known, context=context, answers=()) for context in (near, far, told)]
    bundles = among_others([known, *others], FakeEmbedder(), 5, 2, random.Random(1))
    # Only what has an answer is asked, and never of a passage that tells it too.
    assert len(bundles) == 1
    first, *rest = bundles[0]
    assert first == known
    assert {other.context for other in rest} == {near, far}
    assert all(other.question == known.question and not other.answers for other in rest)


def test_the_rarer_of_each_opening() -> None:
    asked = [example("How many lamps?", "1987"), *[example("How many mills?")] * 3]
    asked += [*[example("Where was it?", "Lund")] * 3, example("where is the ferry")]
    assert [e.question for e in rarer(asked)] == ["How many lamps?", "where is the ferry"]


def feature(length: int, *answers: tuple[int, int]) -> Feature:
    return Feature(tuple(range(1, length + 1)), (0,) * length, answers or ((0, 0),))


def test_batches_keep_a_question_together() -> None:
    bundles = [(feature(5 + n, (1, 2)), *(feature(9),) * (n % 3)) for n in range(20)]
    made = batches(bundles, 4, random.Random(1))
    # Twenty bundles of 39 features in all.
    assert len(made) <= 14
    assert sorted(map(len, (b for batch in made for b in batch))) == sorted(map(len, bundles))
    assert all(sum(map(len, batch)) <= 4 for batch in made)


def test_the_loss_of_a_question_amid_others() -> None:
    together = collate([(feature(4, (1, 2)), feature(4))])
    apart = collate([(feature(4, (1, 2)),), (feature(4),)])
    assert together["asked"].tolist() == [0, 0]
    assert apart["asked"].tolist() == [0, 1]

    def loss(batch: dict[str, torch.Tensor], other: float) -> float:
        # The right span is found; the other passage's span at 3 stands `other` above nothing.
        start = torch.tensor([[0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, other]])
        end = torch.tensor([[0.0, 0.0, 4.0, 0.0], [0.0, 0.0, 0.0, other]])
        return float(loss_of(start, end, batch["answers"], batch["counts"], batch["asked"]))

    def alone(found: float, levels: int) -> float:
        """Of one start or end that stands at `found` where the other tokens are at 0."""
        return math.log(math.exp(found) + levels)

    right, nothing = 2 * (alone(4, 3) - 4), 2 * alone(2, 3)
    assert loss(apart, 2.0) == pytest.approx((right + nothing) / 2, rel=1e-5)
    # Both passages' odds against their own no-answer, in one sum.
    shared = math.log(math.exp(2 * alone(4, 3)) + math.exp(nothing)) - 8
    assert loss(together, 2.0) == pytest.approx((right + nothing) / 2 + shared, rel=1e-5)


def test_questions_of_several_passages_count_as_their_features_do() -> None:
    right, other = feature(4, (1, 2)), feature(4)
    mixed = collate([(right, other, other), (right,), (right, other)])
    asked = mixed["asked"]
    assert asked.tolist() == [0, 0, 0, 1, 2, 2]
    start, end = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(1))

    def loss(asked: torch.Tensor) -> float:
        return float(loss_of(start, end, mixed["answers"], mixed["counts"], asked))

    def shared(rows: slice) -> float:
        first = torch.log_softmax(start[rows], 1), torch.log_softmax(end[rows], 1)
        nothing = first[0][:, 0] + first[1][:, 0]
        found = first[0][0, 1] + first[1][0, 2]
        return float(torch.logsumexp(-nothing, 0) - (found - nothing[0]))

    alone = loss(torch.arange(6))
    # Five of the six features are of such questions, two and a half a question.
    expected = alone + (shared(slice(0, 3)) + shared(slice(4, 6))) * 2.5 / 6
    assert loss(asked) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("path", [ARTICLES, HELD_OUT])
def test_the_written_articles_are_well_formed(path: Path) -> None:
    examples = read_squad(path)
    asked = [qa for article in json.loads(path.read_text(encoding="utf-8"))["data"]
             for paragraph in article["paragraphs"] for qa in paragraph["qas"]]  # fmt: skip
    # None was left out for an answer that does not stand where it is said to.
    assert len(examples) == len(asked)
    assert len({e.id for e in examples}) == len(examples)
    assert 0.5 < sum(bool(e.answers) for e in examples) / len(examples) < 0.7


def test_no_held_out_article_is_trained_on() -> None:
    trained, held_out = read_squad(ARTICLES), read_squad(HELD_OUT)
    assert not {e.title for e in trained} & {e.title for e in held_out}
    assert not {e.context for e in trained} & {e.context for e in held_out}
