from __future__ import annotations

from pathlib import Path

import pytest

from index.types import Span
from qa.assembly import Pincite
from qa.questions import KnownQuestion
from qa.relevance import Relevance, marked, names
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite

FIRST = "Iranian firms spoke of it often in those years, and so did others, at length."
SECOND = "Officials said that Iran sup-\nplied the drones to the guard in 2022, as agreed."
FILES = {
    "drones.txt": f"{FIRST}\n\n{SECOND}\n",
    "deep/rivals.txt": "Others say that TÜRKİYE sold\nthe drones. Nobody knows for sure.\n",
}


@pytest.fixture
def pincite(tmp_path: Path) -> Pincite:
    build_index(tmp_path / "index", write_files(tmp_path / "sources", FILES))
    return open_pincite(tmp_path / "index", {})


def asked(*answers: str, sources: tuple[str, ...] = (), context: str | None = None,
          gold: Span | None = None) -> KnownQuestion:  # fmt: skip
    return KnownQuestion("who", answers, sources, context, gold)


def found(pincite: Pincite, question: KnownQuestion) -> list[str]:
    return [passage.text for passage in Relevance(pincite).passages(question)]


def test_a_passage_with_an_accepted_answer_of_a_right_source(pincite: Pincite) -> None:
    assert found(pincite, asked("Iran", sources=("drones.txt",))) == [
        text for text in found(pincite, asked("officials said")) if "Iran " in text
    ]
    assert found(pincite, asked("Iran", sources=("sources/deep/rivals.txt",))) == []
    assert len(found(pincite, asked("turkiye SOLD the", "no"))) == 1
    assert found(pincite, asked("supplied the drones")), "clean text has whole words"
    assert found(pincite, asked("offic")) == [], "whole words only"
    assert found(pincite, asked()) == []


def test_a_passage_of_the_questions_own_paragraph(pincite: Pincite) -> None:
    start = len(FIRST) + 2
    gold = Span(start, start + len(SECOND))
    own = found(pincite, asked("nowhere", sources=("drones.txt",), context=SECOND, gold=gold))
    assert own
    assert all("drones" in text or "2022" in text for text in own)
    # Where the paragraph stands elsewhere than in the file it was written to, it is looked for.
    for elsewhere in (None, Span(0, 9)):
        moved = asked("nowhere", sources=("drones.txt",), context=SECOND, gold=elsewhere)
        assert found(pincite, moved) == own
    lost = asked("Iran", sources=("drones.txt",), context="Something else.", gold=gold)
    assert found(pincite, lost) == found(pincite, asked("Iran", sources=("drones.txt",)))


def test_right_sources(pincite: Pincite) -> None:
    relevance = Relevance(pincite)
    rivals, drones = pincite.sources()
    question = asked("Iran", sources=("drones.txt", "gone.txt"))
    assert relevance.is_right_source(question, drones) is True
    assert relevance.is_right_source(question, rivals) is False
    assert relevance.is_right_source(asked("Iran"), drones) is None
    assert relevance.is_right_source(asked(sources=("drones.txt",)), drones) is None
    assert relevance.missing([question, asked(sources=("void.txt",))]) == ["gone.txt"]


@pytest.mark.parametrize(
    ("name", "path", "same"),
    [
        ("a.md", "notes/a.md", True), ("notes/a.md", "notes/a.md", True),
        ("./a.md", "notes/a.md", True), ("otes/a.md", "notes/a.md", False),
        ("b/notes/a.md", "notes/a.md", False), ("/home/notes/a.md", "notes/a.md", True),
        ("/home/a.md", "notes/a.md", False), ("/notes/a.md", "/notes/a.md", True), ("", "a", False),
    ],
)  # fmt: skip
def test_a_source_is_named_by_its_last_parts(name: str, path: str, same: bool) -> None:
    assert names(name, path) is same


def test_where_an_answer_stands() -> None:
    assert marked("Iranian and IRAN", ["Oman", "iran"]) == Span(12, 16)
    assert marked("It cost $12 then", ["$12"]) == Span(8, 11)
    assert marked("nothing", ["thing"]) is None
