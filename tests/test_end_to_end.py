"""The whole way with the real models, over the corpus that comes with the project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from index.errors import BuildError
from index.progress import Silent
from index.types import Filter
from qa.assembly import Pincite, build, remove, rollback
from qa.examine import examine, gate_check
from qa.gate import Gate
from qa.lifecycle import diff, purge
from qa.questions import KnownQuestion, read_questions
from qa.rendering import answer_json
from qa.settings import Settings
from qa.trial import Mode
from tests.conftest import ROOT

pytestmark = pytest.mark.models
QUESTIONS = [
    json.loads(line)
    for line in (ROOT / "corpus" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]


def run(*arguments: str, index: Path, code: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own; `code` instead runs Python with its arguments."""
    start = ["-c", code] if code else ["-m", "api.cli"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PINCITE_")}
    return subprocess.run(
        [sys.executable, *start, *arguments], capture_output=True, text=True, cwd=ROOT,
        env={**environment, "PINCITE_INDEX": str(index), "NO_COLOR": "1"}, check=False, timeout=120,
    )  # fmt: skip


def test_iran_supplied_the_drones(pincite: Pincite) -> None:
    answer = pincite.ask("who supplied Tajikistan's drones")
    assert answer.answer == "Iran"
    citation = answer.citations[0]
    assert "Tajikistan" in citation.quote
    text = (ROOT / "corpus" / Path(citation.source.path).name).read_text(encoding="utf-8")
    start, end = citation.answer_span
    assert text[start:end] == "Iran"


def test_every_citation_of_every_question_holds(pincite: Pincite) -> None:
    answers = []
    for row in QUESTIONS:
        answer = pincite.ask(row["question"], min_confidence=0.0)
        answers.append(json.loads(json.dumps(answer_json(answer))))
        for citation in [*answer.citations, *(c for a in answer.alternatives for c in a.citations)]:
            _, _, text = pincite.text(citation.source.id)
            start, end = citation.quote_span
            assert text[start:end] == citation.quote
            assert start <= citation.answer_span.start < citation.answer_span.end <= end
    checks = pincite.verify(answers)
    assert len(checks) > len(QUESTIONS)
    assert [c for c in checks if c.fault] == []


def test_a_sound_index_has_no_faults(pincite: Pincite) -> None:
    assert pincite.verify_index() == []


def test_filters_are_exact(pincite: Pincite) -> None:
    hits = pincite.search("drones", top_k=100, since="2023-01-01", until="2023-12-31")
    dated = {s.path for s in pincite.sources() if (s.published or "").startswith("2023")}
    assert {hit.source.path for hit in hits} == dated
    only = pincite.search("drones", top_k=100, source="*.pdf")
    assert {hit.source.path for hit in only} == {
        s.path for s in pincite.sources() if s.path.endswith(".pdf")
    }


def test_pdf_citations_have_pages(pincite: Pincite) -> None:
    hits = pincite.search("target drone Banshee", top_k=3, source="early-turkish-uavs.pdf")
    assert hits
    answer = pincite.ask(
        "when did Turkey begin to use the Banshee", source="*.pdf", min_confidence=0.0
    )
    assert answer.answer is not None
    assert "1989" in answer.answer
    assert answer.citations[0].page in (1, 2)


def test_asking_loads_no_training_library(corpus_index: Settings) -> None:
    code = (
        "import sys; sys.argv = ['pincite', *sys.argv[1:]]\n"
        "from api.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "bad = {'torch', 'transformers', 'sentence_transformers', 'langchain_text_splitters',\n"
        "       'trafilatura', 'onnx', 'fastapi', 'qa.evaluation', 'qa.questions', 'qa.trial',\n"
        "       'api.evaluating', 'api.report'} & set(sys.modules)\n"
        "assert not bad, bad\n"
        "from pathlib import Path\n"
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(line for line in lines if line.startswith('VmHWM')).split()[1])\n"
    )
    done = run("ask", "who supplied Tajikistan's drones", index=corpus_index.index, code=code)
    assert done.returncode == 0, done.stderr
    assert "Iran" in done.stdout
    assert int(done.stdout.splitlines()[-1]) < 600 * 1024


def test_verify_from_outside(corpus_index: Settings, tmp_path: Path) -> None:
    asked = run("ask", "who supplied Tajikistan's drones", "--json", index=corpus_index.index)
    assert asked.returncode == 0, asked.stderr
    file = tmp_path / "answers.json"
    file.write_text(asked.stdout, encoding="utf-8")
    assert run("verify", str(file), index=corpus_index.index).returncode == 0
    data = json.loads(asked.stdout)
    data["citations"][0]["quote_span"]["start"] += 1
    file.write_text(json.dumps(data), encoding="utf-8")
    assert run("verify", str(file), index=corpus_index.index).returncode == 1


def test_remove_and_rollback(corpus_index: Settings, tmp_path: Path) -> None:
    settings = replace(corpus_index, index=tmp_path / "index", models=corpus_index.index / "models")
    source = tmp_path / "lamp.txt"
    source.write_text("Marta Lind has kept the harbour lamp since 1987.\n", encoding="utf-8")
    other = tmp_path / "mill.txt"
    other.write_text("The mill of Lund was closed in 2003.\n", encoding="utf-8")
    assert build([source, other], settings).generation == 1
    assert remove(["lamp.txt"], settings).removed == 1
    with Pincite.open(settings=settings) as opened:
        assert [s.path for s in opened.sources()] == ["mill.txt"]
        assert all(h.source.path != "lamp.txt" for h in opened.search("lamp", top_k=10))
        assert opened.status().changed == ()
    assert rollback(None, settings) == 1
    with Pincite.open(settings=settings) as opened:
        assert opened.generation == 1
        assert opened.ask("who keeps the harbour lamp", min_confidence=0.0).answer == "Marta Lind"
        matching = opened._index.store.matching(Filter(source="lamp*"))
        assert len(matching) == 1


def test_damage_is_mended_changes_are_told_and_a_purge_is_whole(
    corpus_index: Settings, tmp_path: Path
) -> None:
    settings = replace(corpus_index, index=tmp_path / "index", models=corpus_index.index / "models")
    lamp, mill = tmp_path / "lamp.txt", tmp_path / "mill.txt"
    lamp.write_text(f"{LAMP}\n", encoding="utf-8")
    mill.write_text(f"{MILL}\n", encoding="utf-8")
    build([lamp, mill], settings)
    vectors = settings.index / "generations" / "00000001" / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"?")
    with Pincite.open(settings=settings) as opened:
        assert opened.notes[0].startswith("vectors.faiss of generation 1 was damaged")
        assert opened.generation == 2
        assert opened.ask("who keeps the harbour lamp", min_confidence=0.0).answer == "Marta Lind"
        assert opened.verify_index() == []
        assert [state.number for state in opened.status().generations] == [2]
    lamp.unlink()
    build([], settings)
    asked = [KnownQuestion("who has kept the harbour lamp", (), ())]
    found = diff(2, 3, replace(settings, min_confidence=0.0), questions=asked)
    assert [(change.kind, change.path) for change in found.sources] == [("went", "lamp.txt")]
    assert found.answers[0].before.answer == "Marta Lind"
    assert "lamp.txt is gone" in found.answers[0].why
    _, receipt = purge(["lamp.txt"], settings)
    assert (receipt.generations, receipt.embeddings) == ((2,), 1)
    for path in settings.index.rglob("*"):
        assert path.is_dir() or b"Marta" not in path.read_bytes()


LAMP = "Marta Lind has kept the harbour lamp since 1987."
MILL = "The mill of Lund was closed in 2003."


def squad_file(folder: Path) -> Path:
    asked: tuple[tuple[str, str, list[str]], ...] = (
        (LAMP, "Who has kept the harbour lamp?", ["Marta Lind"]),
        (LAMP, "Who painted the harbour lamp red?", []),
        (MILL, "When was the mill of Lund closed?", ["2003", "in 2003"]),
    )
    paragraphs = [
        {
            "context": context,
            "qas": [{"question": question, "answers": [{"text": a} for a in answers]}],
        }
        for context, question, answers in asked
    ]
    path = folder / "small.json"
    data = {"data": [{"title": "Lund", "paragraphs": paragraphs}]}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_own_questions_are_evaluated_and_gate_a_build(
    real_settings: Settings, tmp_path: Path
) -> None:
    settings = replace(
        real_settings, index=tmp_path / "index", models=real_settings.index / "models"
    )
    file = read_questions(squad_file(tmp_path))
    source = tmp_path / "Lund.txt"
    source.write_text(f"{LAMP}\n\n{MILL}\n", encoding="utf-8")
    check = gate_check(Gate(file, 2.0), settings, Silent())
    first = build([source], settings, check=check)
    assert first.checked == "no generation was live yet: not compared on small.json"
    modes: tuple[Mode, ...] = ("index", "contexts", "reader")
    for mode in modes:
        trial = examine(file, settings, mode=mode)
        assert [o.is_right for o in trial.outcomes if o.accepted] == [True, True]
        scores = trial.scores
        assert (scores.answerable, scores.unanswerable) == (2, 1)
        assert trial.missing == ()
        if mode != "reader":
            assert scores.unfindable == 0
            assert scores.retrieval is not None
            assert scores.retrieval["fused"].recall[5] == 100.0
    source.write_text("Nobody keeps the harbour lamp.\n", encoding="utf-8")
    with pytest.raises(BuildError, match="fell from"):
        build([], settings, check=check)
    with Pincite.open(settings=settings) as opened:
        assert opened.generation == 1
    source.write_text(f"{LAMP}\n\n{MILL} It had stood for years.\n", encoding="utf-8")
    again = build([], settings, check=check)
    assert again.published
    assert "no score fell by more than 2 points" in (again.checked or "")
