from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import BuildError
from index.progress import Silent
from qa.gate import Change, Gate, compared, judge
from qa.outcomes import summarise
from qa.questions import KnownQuestion, QuestionFile
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite
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
        "best guess from 100.0 to 50.0, more than 2 points: to publish all the same, raise "
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
    assert "answers from the right source" in names
    free = summarise([MADE_UP], 0.5)
    assert compared(free, free) == [Change("F1", 0.0, 0.0), Change("exact match", 0.0, 0.0)]
