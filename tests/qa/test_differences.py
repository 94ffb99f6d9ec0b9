from __future__ import annotations

from pathlib import Path

from index.progress import Silent
from qa.differences import changed_answers
from qa.questions import KnownQuestion
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite

FILES = {
    "a.txt": "Officials said that Iran supplied the drones.\n",
    "b.txt": "The lamp of the harbour is red.\n",
}
MARGINS = {"Iran": 5.0, "Turkey": 6.0, "red": 4.0}
QUESTIONS = [
    KnownQuestion(asked, (), ()) for asked in ("who supplied the drones", "lamp colour", "zyzzyva")
]


def test_which_answers_changed_and_why(tmp_path: Path) -> None:
    index, sources = tmp_path / "index", write_files(tmp_path / "sources", FILES)
    build_index(index, sources)
    before = open_pincite(index, MARGINS)
    assert changed_answers(before, before, QUESTIONS, Silent()) == []
    write_files(sources, {"c.txt": "Others say that Turkey supplied the drones.\n"})
    (sources / "b.txt").unlink()
    build_index(index)
    after = open_pincite(index, MARGINS)
    drones, lamp = changed_answers(before, after, QUESTIONS, Silent())
    assert (drones.before.answer, drones.after.answer) == ("Iran", "Turkey")
    assert drones.why == "sources/c.txt is new"
    assert drones.after.quote == "Others say that Turkey supplied the drones."
    assert (lamp.before.answer, lamp.after.answer) == ("red", None)
    assert lamp.why == "sources/b.txt is gone"
