from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from index.errors import BuildError, DerivedDamagedError, ModelError
from index.folding import Aliases
from index.generations import Generations, Manifest
from index.progress import Silent
from index.search import open_files
from qa.assembly import Pincite
from qa.gate import Change, Gate, check_by, compared, judge
from qa.outcomes import summarise
from qa.questions import KnownQuestion, QuestionFile
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite, over
from tests.qa.test_outcomes import KEPT_BACK, MADE_UP, RIGHT, WRONG

FILES = {
    "drones.txt": "Officials said that Iran supplied the drones to the guard in 2022.\n",
    "lamp.txt": "Marta Lind keeps the lamp. She lit it in 1987, as she likes to tell.\n",
}
QUESTIONS = QuestionFile(
    "own.jsonl",
    (
        KnownQuestion("who supplied drones", ("Iran",), ("drones.txt",)),
        KnownQuestion("who keeps a lamp", ("Marta Lind",), ("lamp.txt",)),
    ),
)
MARGINS = {"Iran": 5.0, "Marta Lind": 2.0}


def judged(folder: Path, live: dict[str, float], new: dict[str, float], tolerance: float) -> str:
    build_index(folder / "index", write_files(folder / "sources", FILES))
    with open_pincite(folder / "index", live) as was, open_pincite(folder / "index", new) as now:
        return judge(Gate(QUESTIONS, tolerance), was, now, 0.5, Silent())


def test_what_is_as_good_passes(tmp_path: Path) -> None:
    told = judged(tmp_path, MARGINS, MARGINS, 0.0)
    assert told == (
        "on own.jsonl, F1 from 100.0 to 100.0, exact match from 100.0 to 100.0; no score fell by "
        "more than 0 points"
    )
    assert judged(tmp_path, {"Iran": 5.0}, MARGINS, 0.0).startswith("on own.jsonl, F1 from 50.0 to")


def test_what_is_worse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        judged(tmp_path, MARGINS, {"Iran": 5.0}, 2.0)
    assert str(caught.value) == (
        "not published, what was live stays live: on own.jsonl, F1 fell from 100.0 to 50.0, exact "
        "match from 100.0 to 50.0, F1 of the best guess from 100.0 to 50.0, exact match of the "
        "best guess from 100.0 to 50.0, best guesses from the right source from 100.0 to 50.0, "
        "more than 2 points: to publish all the same, raise "
        "--gate-tolerance or leave out --gate"
    )
    assert caught.value.exit_status == 1


def test_a_fall_within_the_tolerance_passes(tmp_path: Path) -> None:
    assert "to 50.0" in judged(tmp_path, MARGINS, {"Iran": 5.0}, 50.0)


def test_only_what_both_have_is_compared() -> None:
    both = summarise([RIGHT, WRONG, KEPT_BACK], 0.5)
    names = [change.name for change in compared(both, both)]
    assert names[:2] == ["F1", "exact match"]
    assert "recall@10" in names
    assert "best guesses from the right source" in names
    free = summarise([MADE_UP], 0.5)
    assert compared(free, free) == [Change("F1", 0.0, 0.0), Change("exact match", 0.0, 0.0)]


def new(folder: Path, manifest: Manifest) -> Pincite:
    return over(folder, open_files(folder, manifest, Aliases.load()), MARGINS)


def test_a_build_that_loses_an_answer_publishes_nothing(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", write_files(tmp_path / "sources", FILES)
    check = check_by(Gate(QUESTIONS, 2.0), lambda: open_pincite(index, MARGINS), new, 0.5, Silent())
    # Asked of the pointer, as the real one does: nothing is there at first.
    assert build_index(index, sources).generation == 1
    (sources / "lamp.txt").write_text("The lamp was taken down. Nobody knows why it was.\n")
    with pytest.raises(BuildError, match=r"F1 fell from 100\.0 to 50\.0"):
        build_index(index, check=check)
    assert Generations(index).live() == 1
    assert Generations(index).numbers() == [1]
    assert not list((index / "generations").glob(".*"))
    write_files(sources, FILES | {"more.txt": "The mill of Lund closed in 2003.\n"})
    report = build_index(index, check=check)
    assert report.generation == 2
    assert report.checked is not None
    assert "F1 from 100.0 to 100.0" in report.checked


def test_a_gate_lets_more_answers_through() -> None:
    before = summarise([RIGHT, replace(WRONG, confidence=0.1)], 0.5)
    after = summarise([RIGHT, replace(WRONG, guess="Iran", confidence=0.9)], 0.5)
    fallen = [c for c in compared(before, after) if c.after < c.before]
    # One of one answer was from the right source, and now one of two is: nothing got worse.
    assert (before.right_source, after.right_source) == (100.0, 50.0)
    assert fallen == []


def test_what_can_be_repaired_is_no_reason_not_to_compare(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", write_files(tmp_path / "sources", FILES)
    build_index(index, sources)

    def damaged() -> Pincite:
        raise DerivedDamagedError("vectors.faiss is not what was written", "repair it")

    check = check_by(Gate(QUESTIONS, 2.0), damaged, new, 0.5, Silent())
    (sources / "lamp.txt").write_text("The lamp was taken down. Nobody knows why it was.\n")
    with pytest.raises(BuildError, match=r"repaired \(vectors\.faiss is not .* pincite status"):
        build_index(index, check=check)
    assert Generations(index).live() == 1


def test_with_nothing_to_compare_with_it_says_so(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", write_files(tmp_path / "sources", FILES)
    first = check_by(Gate(QUESTIONS, 2.0), lambda: open_pincite(index, {}), new, 0.5, Silent())
    report = build_index(index, sources, check=first)
    assert report.checked == "no generation was live yet: not compared on own.jsonl"
    assert report.published

    def gone() -> Pincite:
        raise ModelError("the reader is gone", "build")

    second = check_by(Gate(QUESTIONS, 2.0), gone, new, 0.5, Silent())
    told = build_index(index, sources, full=True, check=second).checked
    assert told == (
        "the live generation cannot be asked (the reader is gone): not compared on own.jsonl"
    )
