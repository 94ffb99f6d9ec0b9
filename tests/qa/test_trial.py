from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from index.progress import Silent
from qa.questions import KnownQuestion
from qa.reader import ReadResult
from qa.trial import ask_index, ask_reader, read_context, windows
from tests.fakes import FakeReader
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite

FILES = {
    "drones.txt": "Officials said that Iran sup-\nplied the drones to the guard in 2022.\n",
    "rivals.txt": "Others say that Turkey sold the drones. Nobody knows for sure.\n",
    "lamp.txt": "Marta Lind keeps the lamp. She lit it in 1987, as she likes to tell.\n",
}
QUESTIONS = [
    KnownQuestion("who supplied drones", ("Iran",), ("drones.txt",)),
    KnownQuestion("who keeps a lamp", ("Jon Berg",), ("lamp.txt", "gone.txt")),
    KnownQuestion("what about lamp", ("1987",), ()),
    KnownQuestion("who sold moon", (), ()),
    KnownQuestion("zyzzyva", (), ()),
]
MARGINS = {"Iran": 5.0, "Marta Lind": 2.0, "Turkey": -1.0}


class Counted(Silent):
    """Progress that counts."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int | None]] = []
        self.done = 0

    def stage(self, name: str, total: int | None) -> None:
        self.stages.append((name, total))

    def advance(self, count: int = 1) -> None:
        self.done += count


def test_questions_asked_the_whole_way(tmp_path: Path) -> None:
    build_index(tmp_path / "index", write_files(tmp_path / "sources", FILES))
    progress = Counted()
    with open_pincite(tmp_path / "index", MARGINS) as pincite:
        trial = ask_index(pincite, QUESTIONS, 0.5, progress)
    assert (progress.stages, progress.done) == ([("asking", 5)], 5)
    iran, lamp, when, moon, nothing = trial.outcomes
    assert (iran.guess, iran.is_right, iran.right_source) == ("Iran", True, True)
    assert iran.confidence == pytest.approx(0.9933, abs=1e-4)
    assert iran.retrieved is not None
    assert iran.retrieved.relevant == 1
    assert iran.retrieved.ranks["fused"] == (1,)
    assert iran.given is not None
    assert iran.given.mark is not None
    assert iran.given.text[slice(*iran.given.mark)] == "Iran"
    assert iran.given.source == "sources/drones.txt"
    assert iran.wanted is not None
    assert (iran.wanted.rank, iran.wanted.source) == (1, "sources/drones.txt")
    assert (lamp.guess, lamp.is_right, lamp.right_source) == ("Marta Lind", False, True)
    assert lamp.retrieved is not None
    assert (lamp.retrieved.relevant, lamp.wanted) == (0, None)
    assert when.right_source is None
    assert when.wanted is not None
    assert when.wanted.mark is not None
    assert when.wanted.text[slice(*when.wanted.mark)] == "1987"
    assert (moon.guess, moon.answered(0.5), moon.retrieved) == ("Turkey", False, None)
    assert (nothing.guess, nothing.confidence, nothing.given) == ("", 0.0, None)
    assert trial.missing == ("gone.txt",)
    assert trial.generation == 1
    assert trial.scores.decisions.declined_right == 2
    assert sum(o.tokens for o in trial.outcomes) == trial.scores.tokens_read > 0


def test_the_least_confidence_only_decides(tmp_path: Path) -> None:
    build_index(tmp_path / "index", write_files(tmp_path / "sources", FILES))
    with open_pincite(tmp_path / "index", MARGINS) as pincite:
        strict, lax = (ask_index(pincite, QUESTIONS, p, Silent()) for p in (1.0, 0.0))
    assert [o.guess for o in strict.outcomes] == [o.guess for o in lax.outcomes]
    assert strict.scores.decisions.answered_right == 0
    assert lax.scores.decisions.declined_wrong == 0


def test_no_question_is_no_trial(tmp_path: Path) -> None:
    build_index(tmp_path / "index", write_files(tmp_path / "sources", FILES))
    with open_pincite(tmp_path / "index", {}) as pincite, pytest.raises(ValueError, match="no q"):
        ask_index(pincite, [], 0.5, Silent())


def test_the_reader_alone() -> None:
    context = "Officials said that\nIran supplied the drones."
    trial = ask_reader(
        FakeReader({"Iran": 2.0, "supplied": -9.0}),
        [
            KnownQuestion("who supplied the drones", ("Iran",), ("a.txt",), context),
            KnownQuestion("zyzzyva", ("Oman",), ("a.txt",), context),
            KnownQuestion("officials", (), ("a.txt",), "Officials supplied nothing."),
        ],
        0.5, Silent(),
    )  # fmt: skip
    iran, lost, free = trial.outcomes
    assert iran.guess == "Iran"
    assert iran.confidence == pytest.approx(0.8808, abs=1e-4)
    assert iran.given is not None
    assert iran.given.mark is not None
    assert iran.given.text[slice(*iran.given.mark)] == "Iran"
    assert (lost.guess, lost.confidence, lost.given) == ("", 0.0, None)
    assert lost.wanted is not None
    assert lost.wanted.mark is None
    assert not free.answered(0.5)
    assert free.wanted is None
    assert trial.scores.exact_match == pytest.approx(200 / 3)
    assert trial.scores.retrieval is None
    assert (trial.mode, trial.generation) == ("reader", None)
    assert trial.models == {"reader": "fake-reader"}
    with pytest.raises(ValueError, match="without its paragraph"):
        ask_reader(FakeReader({}), QUESTIONS, 0.5, Silent())


class Recorder(FakeReader):
    """Keeps what it was given."""

    def read(self, question: str, passages: Sequence[str]) -> ReadResult:
        self.given = list(passages)
        return super().read(question, passages)


def test_a_long_context_is_read_in_windows() -> None:
    context = "word " * 600 + "the lamp was lit by Marta Lind in the end"
    reader = Recorder({"Marta Lind": 1.0})
    guess = read_context(reader, "who lit the lamp", context)
    assert guess.text == guess.window[slice(*guess.span)] == "Marta Lind"
    assert reader.given == windows(context)
    assert len(reader.given) > 2
    assert all(part in context for part in reader.given)
    assert all(word in " ".join(reader.given) for word in ("word", "lamp", "end"))
    assert windows("short") == ["short"]


@pytest.mark.parametrize("spaces", [(5,), (3500,), (5, 590, 1190, 1795), ()])
def test_windows_leave_nothing_out(spaces: tuple[int, ...]) -> None:
    context = "".join(" " if at in spaces else chr(0x4E00 + at) for at in range(4000))
    held = set("".join(windows(context)))
    assert all(character in held for character in context.replace(" ", ""))
