from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.fakes import FakeEngine, outcome, pincite, trial

LINES = "".join(
    json.dumps({"question": f"who is number {i}", "answers": [f"No. {i}"]}) + "\n" for i in range(6)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.jsonl"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_scores_for_a_person(file: Path) -> None:
    ran = pincite("eval", str(file))
    assert ran.status == 0
    assert ran.err == "asking: 6\n"
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert ran.out.startswith("own.jsonl: asked of the index, generation 3\n5 questions, 3 with an")
    assert "all questions 40.0 40.0" in lines
    assert "answered 1 2" in lines
    assert "declined 1 1" in lines
    assert "fused 0.0 100.0 100.0 100.0 69.3" in lines
    assert "lexical 0.0 0.0 0.0 0.0 0.0" in lines
    assert "first citation from the right source, % 100.0" in lines
    assert "tokens read 2,500, 500 a question" in lines


def test_scores_as_json(file: Path) -> None:
    ran = pincite("eval", str(file), "--json")
    assert ran.out.count("\n") == 1
    told = json.loads(ran.out)
    assert told["file"] == "own.jsonl"
    assert (told["mode"], told["generation"]) == ("index", 3)
    scores = told["scores"]
    assert scores["decisions"] == {
        "answered_right": 1, "answered_wrong": 2, "declined_right": 1, "declined_wrong": 1,
    }  # fmt: skip
    assert scores["best_guess"]["exact_match"] == pytest.approx(33.3333)
    assert scores["retrieval"]["dense"]["recall"] == {
        "1": 0.0,
        "5": 100.0,
        "10": 100.0,
        "20": 100.0,
    }
    assert len(told["reliability"]) == 10
    first, *_, last = told["questions"]
    assert (first["guess"], first["answered"], first["exact_match"]) == ("Iran", True, 1.0)
    assert first["retrieved"] == {
        "relevant": 2,
        "ranks": {"dense": [3], "lexical": [], "fused": [2, 3]},
    }
    assert (last["guess"], last["confidence"], last["answered"]) == (None, None, False)


def test_what_does_not_count_is_null_and_not_shown(file: Path) -> None:
    engine = FakeEngine(trial=trial(outcome("what is love")))
    told = json.loads(pincite("eval", str(file), "--json", engine=engine).out)["scores"]
    assert told["best_guess"] is told["retrieval"] is told["calibration_error"] is None
    shown = pincite("eval", str(file), engine=engine).out
    assert "nDCG" not in shown
    assert "calibration" not in shown
    assert "best guess, where there is an answer - -" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("flags", "call"),
    [
        ([], (6, Path(".pincite"), "index", None)),
        (["--build"], (6, Path(".pincite"), "contexts", None)),
        (["--reader", "--min-confidence", "0"], (6, Path(".pincite"), "reader", 0.0)),
        (["--count", "2", "--index", "here"], (2, Path("here"), "index", None)),
    ],
)
def test_flags_reach_the_engine(file: Path, flags: list[str], call: tuple[object, ...]) -> None:
    engine = FakeEngine()
    assert pincite("eval", str(file), *flags, engine=engine).status == 0
    assert engine.calls == [("examine", *call)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["eval"], "missing argument"),
        (["eval", "none.jsonl"], "none.jsonl cannot be read: No such file"),
        (["eval", "FILE", "--build", "--reader"], "exclude one another: give one of them"),
        (["eval", "FILE", "--count", "0"], "--count"),
        (["build", "--gate", "none.jsonl"], "none.jsonl cannot be read"),
        (["build", "--gate-tolerance", "2"], "--gate-tolerance without --gate"),
        (["build", "--gate", "FILE", "--gate-tolerance", "nan"], "tolerance is nan: give 0 to 100"),
        (["build", "--gate", "FILE", "--gate-tolerance", "-1"], "the gate's tolerance is -1"),
    ],
)
def test_wrong_usage_is_one_line(file: Path, arguments: list[str], said: str) -> None:
    engine = FakeEngine()
    ran = pincite(*(str(file) if a == "FILE" else a for a in arguments), engine=engine)
    assert said in ran.err
    assert ran.err.startswith("pincite: ")
    assert ran.err.count("\n") == 1
    assert (ran.status, ran.out, engine.calls) == (2, "", [])


def test_a_bad_line_is_named(file: Path) -> None:
    file.write_text(LINES + '{"question": "who"}\n', encoding="utf-8")
    ran = pincite("eval", str(file))
    assert ran.status == 2
    assert f"{file}, line 7: object missing required field `answers`" in ran.err


def test_sources_that_are_not_there_are_named(file: Path) -> None:
    engine = FakeEngine(trial=trial(missing=("a.md", "b.md", "c.md", "d\x1b.md")))
    ran = pincite("eval", str(file), engine=engine)
    assert ran.status == 0
    assert "does not hold 4 sources that questions name (a.md, b.md, c.md and 1 more)" in ran.err
    squad = {
        "data": [{"paragraphs": [{"context": "x", "qas": [{"question": "w", "answers": []}]}]}]
    }
    file.write_text(json.dumps(squad), encoding="utf-8")
    assert "with --build" in pincite("eval", str(file), engine=engine).err


def test_the_report_is_written_where_it_is_wanted(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    for _ in range(2):
        ran = pincite("eval", str(file), "--report", str(folder))
        assert ran.status == 0
        assert ran.err.endswith(f"The report is {folder / 'evaluation.html'}\n")
    assert [p.name for p in folder.iterdir()] == ["evaluation.html"]
    engine = FakeEngine()
    ran = pincite("eval", str(file), "--report", str(file), engine=engine)
    assert (ran.status, engine.calls) == (1, [])
    assert ran.err.startswith("pincite: file exists: ")


def test_a_gate_reaches_the_engine(file: Path) -> None:
    engine = FakeEngine()
    assert pincite("build", "corpus", "--gate", str(file), engine=engine).status == 0
    flags = ["--gate", str(file), "--gate-tolerance", "0.5"]
    assert pincite("build", "corpus", *flags, engine=engine).status == 0
    call = ("build", [Path("corpus")], Path(".pincite"), False, "own.jsonl")
    assert engine.calls == [(*call, 2.0), (*call, 0.5)]
