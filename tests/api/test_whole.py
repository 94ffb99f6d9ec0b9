"""Both ways in over a real index of small files; only the models are fakes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from index.folding import Aliases
from index.generations import Manifest
from index.progress import Progress
from index.search import open_files
from index.types import BuildReport
from qa.assembly import Pincite
from qa.gate import Gate, check_by
from qa.questions import QuestionFile
from qa.settings import Settings
from qa.trial import Mode, Trial, ask_index
from tests.api.fakes import FakeEngine, Ran, pincite
from tests.index.helpers import build_index, write_files
from tests.qa.helpers import open_pincite, over

FILES = {
    "drones.md": "# Drones\n\nOfficials said that Iran sup-\nplied the drones to the guard.\n",
    "rivals.txt": "Others say that Turkey sold the drones. Nobody knows.\r\n",
}


MARGINS = {"Iran": 5.0, "Turkey": 1.0}


class SmallEngine(FakeEngine):
    """Opens, builds and examines what is there, with fake models."""

    def open(self, settings: Settings) -> Pincite:
        return open_pincite(settings.index, MARGINS)

    def build(
        self, paths: Sequence[Path], settings: Settings, *, full: bool, progress: Progress,
        gate: Gate | None = None,
    ) -> BuildReport:  # fmt: skip
        def new(folder: Path, manifest: Manifest) -> Pincite:
            return over(folder, open_files(folder, manifest, Aliases.load()), MARGINS)

        assert gate is not None
        check = check_by(gate, lambda: self.open(settings), new, 0.5, progress)
        return build_index(settings.index, *paths, full=full, check=check)

    def examine(
        self, file: QuestionFile, settings: Settings, *, mode: Mode, min_confidence: float | None,
        progress: Progress,
    ) -> Trial:  # fmt: skip
        least = 0.5 if min_confidence is None else min_confidence
        with self.open(settings) as opened:
            return ask_index(opened, file.questions, least, progress, mode=mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_index(tmp_path / "index", write_files(tmp_path / "sources", FILES))
    return tmp_path / "index"


def run(folder: Path, *arguments: str, stdin: str = "") -> Ran:
    return pincite(*arguments, "--index", str(folder), engine=SmallEngine(), stdin=stdin)


def test_what_is_asked_can_be_verified(folder: Path) -> None:
    asked = run(folder, "ask", "-", "--json", stdin="who supplied the drones\nwho sold drones\n")
    assert (asked.status, asked.err) == (0, "")
    assert len(asked.out.splitlines()) == 2
    verified = run(folder, "verify", "-", stdin=asked.out)
    assert verified.status == 0
    assert verified.out.endswith(" citations hold.\n")
    assert not verified.out.startswith("0 ")
    forged = asked.out.replace("Officials said", "Officials deny")
    assert run(folder, "verify", "-", stdin=forged).status == 1


def test_an_answer_is_marked_in_its_quote(folder: Path) -> None:
    shown = run(folder, "ask", "who supplied the drones").out
    assert shown.startswith("Iran\n")
    assert "drones.md, line 3\n    attributed to Officials\n    > Officials said" in shown
    assert "that [[Iran]] supplied the drones" in shown


def test_every_command_that_reads(folder: Path) -> None:
    assert run(folder, "search", "drones").status == 0
    assert len(json.loads(run(folder, "sources", "--json").out)["sources"]) == 2
    assert run(folder, "verify").out == "Generation 1 is sound.\n"
    assert json.loads(run(folder, "status", "--json").out)["generation"] == 1
    assert run(folder, "ask", "who", "--since", "2020-01-01").status == 3


def test_both_ways_in_say_the_same(folder: Path) -> None:
    printed = json.loads(run(folder, "ask", "who supplied the drones", "--json").out)
    engine = SmallEngine()
    settings = engine.settings({"index": folder}, {})
    with TestClient(create_app(lambda: engine.open(settings))) as client:
        served = client.post("/v1/ask", json={"question": "who supplied the drones"}).json()
        del printed["timing_ms"], served["timing_ms"]
        assert served == printed
        for cited in served["citations"]:
            span = cited["quote_span"]
            path = f"/v1/sources/{cited['source']['id']}/text"
            text = client.get(path, params=span).json()
            assert text["text"] == cited["quote"]
        assert client.get("/v1/sources/src_none/text").status_code == 404


QUESTIONS = [
    {"question": "who supplied drones", "answers": ["Iran"], "source": "drones.md"},
    {"question": "who sold drones", "answers": ["Turkey"], "source": "rivals.txt"},
    {"question": "zyzzyva", "answers": []},
]


@pytest.fixture
def questions(tmp_path: Path) -> str:
    file = tmp_path / "own.jsonl"
    file.write_text("".join(json.dumps(q) + "\n" for q in QUESTIONS), encoding="utf-8")
    return str(file)


def test_ones_own_questions_are_scored(folder: Path, questions: str, tmp_path: Path) -> None:
    ran = run(folder, "eval", questions, "--json", "--report", str(tmp_path / "report"))
    assert ran.status == 0
    scores = json.loads(ran.out)["scores"]
    assert (scores["questions"], scores["answerable"], scores["unanswerable"]) == (3, 2, 1)
    assert scores["decisions"]["declined_right"] == 1
    assert scores["decisions"]["answered_right"] == 1
    assert scores["retrieval"]["fused"]["recall"]["5"] == 100.0
    assert scores["declined_of_unanswerable"] == 100.0
    page = (tmp_path / "report" / "evaluation.html").read_text(encoding="utf-8")
    assert "who sold drones" in page
    assert 'class="guess">Iran</mark>' in page


def test_a_gate_keeps_what_is_worse_from_being_published(folder: Path, questions: str) -> None:
    sources = folder.parent / "sources"
    (sources / "drones.md").write_text("# Drones\n\nNobody says who supplied the drones.\n")
    ran = run(folder, "build", "--gate", questions)
    assert ran.status == 1
    assert ran.out == ""
    last = ran.err.splitlines()[-1]
    assert last.startswith("pincite: not published, what was live stays live: on own.jsonl, ")
    assert "recall@1 fell from 100.0 to 50.0" in last
    assert last.endswith("to publish all the same, raise --gate-tolerance or leave out --gate")
    assert json.loads(run(folder, "status", "--json").out)["generation"] == 1
    ran = run(folder, "build", "--gate", questions, "--gate-tolerance", "100")
    assert ran.status == 0
    assert ran.out.startswith("Generation 2 is live.")
    assert "\ngate: on own.jsonl, F1 from " in ran.out
