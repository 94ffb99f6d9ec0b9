"""Both ways in over a real index of small files; only the models are fakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from qa.answering import Answerer, ReadingSettings
from qa.assembly import Pincite
from qa.settings import Settings
from tests.api.fakes import FakeEngine, Ran, pincite
from tests.fakes import FakeReader
from tests.index.helpers import build_index, open_searcher, write_files
from tests.qa.helpers import PLAIN

FILES = {
    "drones.md": "# Drones\n\nOfficials said that Iran sup-\nplied the drones to the guard.\n",
    "rivals.txt": "Others say that Turkey sold the drones. Nobody knows.\r\n",
}


class SmallEngine(FakeEngine):
    """Opens what is there, with fake models."""

    def open(self, settings: Settings) -> Pincite:
        opened, searcher = open_searcher(settings.index)
        reader = FakeReader({"Iran": 5.0, "Turkey": 1.0})
        answerer = Answerer(opened, searcher, reader, PLAIN, ReadingSettings(10, 0.5))
        return Pincite(opened, searcher, answerer, settings)


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
