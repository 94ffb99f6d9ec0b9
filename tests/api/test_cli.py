from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from index.errors import IndexDamagedError, ModelError
from index.types import BuildReport, Skipped, Span
from qa.rendering import answer_json, hit_json, source_json
from tests.api.fakes import FakeEngine, FakeService, answer, hit, pincite, source


def one_line(text: str) -> str:
    assert text.startswith("pincite: ")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return text


def test_an_answer_goes_to_stdout_and_what_it_cost_to_stderr() -> None:
    ran = pincite("ask", "who supplied the drones")
    assert ran.status == 0
    assert ran.out.startswith("Iran supplied\nConfidence 0.91: probably right\n")
    assert ran.err == "retrieve 3 ms, read 31 ms, total 35 ms; 1204 tokens read\n"


def test_every_flag_of_ask_reaches_the_service() -> None:
    service = FakeService()
    engine = FakeEngine(service)
    flags = "--top-k 7 --source *.md --since 2020-01-01 --until 2024-12-31 --min-confidence 0"
    assert pincite("ask", "who", *flags.split(), engine=engine).status == 0
    assert service.asked == [
        (
            "who",
            {
                "top_k": 7,
                "source": "*.md",
                "since": "2020-01-01",
                "until": "2024-12-31",
                "min_confidence": 0.0,
            },
        )
    ]
    assert service.closed == 1


def test_an_answer_as_json_is_the_contracts_on_one_line() -> None:
    ran = pincite("ask", "who", "--json")
    assert ran.out.count("\n") == 1
    assert json.loads(ran.out) == answer_json(answer("who"))
    assert ran.err == ""


def test_explain_shows_what_was_decided_and_read() -> None:
    ran = pincite("ask", "who", "--explain")
    assert "the best answer is 0.91 sure, at least the 0.40 that is needed" in ran.out
    assert "the reader's margin over no answer" in ran.out
    rows = ran.out.split("Passages read\n")[1].splitlines()
    head = ["rank", "source", "best", "span", "margin", "score", "fused", "verdict"]
    assert rows[0].split() == head
    read = ["1", "corpus/tajikistan.md", "Iran", "+5.50", "+5.10", "0.960", "answer"]
    assert rows[1].split() == read
    assert rows[2].split() == ["2", "corpus/rival.pdf", "-", "-", "-", "-0.020", "nothing", "found"]
    ran = pincite("ask", "who", "--explain", "--json")
    assert len(json.loads(ran.out)["readings"]) == 2


def test_no_answer_is_status_3() -> None:
    ran = pincite("ask", "who lives on the moon")
    assert ran.status == 3
    assert ran.out.startswith("No answer was found")
    assert pincite("ask", "the moon", "--json").status == 3


def test_questions_from_stdin_are_answered_a_line_each() -> None:
    ran = pincite("ask", "-", "--json", stdin="\ufeffwho\n\nthe moon\nwhy")
    assert [json.loads(line)["question"] for line in ran.out.splitlines()] == [
        "who",
        "the moon",
        "why",
    ]
    assert ran.status == 0
    assert pincite("ask", "-", stdin="the moon\nthe moon again\n").status == 3


def test_an_unusable_question_among_others_is_named_and_the_rest_answered() -> None:
    ran = pincite("ask", "-", "--json", stdin=f"who\n{'x' * 100_000}\nwhy\n")
    assert len(ran.out.splitlines()) == 2
    assert one_line(ran.err).startswith("pincite: line 2: the question has 100000 characters")
    assert ran.status == 2


def test_stdin_in_another_encoding_is_wrong_usage() -> None:
    latin = io.TextIOWrapper(io.BytesIO("who\nçay\n".encode("latin-1")), encoding="utf-8")
    ran = pincite("ask", "-", "--json", stdin=latin)
    assert ran.status == 2
    assert one_line(ran.err) == "pincite: standard input is not UTF-8: convert the questions\n"


def test_stdin_without_a_question_is_wrong_usage() -> None:
    ran = pincite("ask", "-", stdin="\n")
    assert ran.status == 2
    assert "no question" in one_line(ran.err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", ""], "the question is empty: ask something"),
        (["ask", "x" * 100_000], "the question has 100000 characters"),
        (["ask", "who", "--since", "soon"], "since is 'soon', not a date: write it as YYYY-MM-DD"),
        (["ask", "who", "--until", "2023-02-30"], "until is '2023-02-30', not a date"),
        (["ask", "who", "--top-k", "0"], "top_k is 0: give a number from 1 to 100"),
        (["ask", "who", "--top-k", "many"], "--top-k"),
        (["ask", "who", "--min-confidence", "nan"], "the minimum confidence is nan"),
        (["ask", "who", "--min-confidence", "1.5"], "the minimum confidence is 1.5"),
        (["ask", "\udcff"], "not valid UTF-8"),
        (["ask", "who", "supplied"], "supplied"),
        (["ask"], "missing argument"),
        (["ask", "who", "--colour"], "no such option '--colour'. Did you mean"),
        (["sing"], "no such command 'sing'"),
        ([], "missing command: see `pincite --help`"),
        (["search", ""], "the question is empty"),
        (["remove"], "missing argument"),
        (["rollback", "first"], "invalid value for '[GENERATION]'"),
        (["verify", "no-such-file"], "no-such-file cannot be read: No such file or directory"),
        (["serve", "--host", "0.0.0.0"], "listening on 0.0.0.0 needs a key"),
        (["serve", "--host", ""], "needs a key"),
        (["serve", "--host", "example.org"], "needs a key"),
        (["serve", "--port", "70000"], "--port"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    ran = pincite(*arguments)
    assert said in one_line(ran.err)
    assert ran.status == 2
    assert ran.out == ""


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (IndexDamagedError("it is torn", "build it"), 4, "pincite: it is torn: build it\n"),
        (ModelError("the model is gone", "build"), 1, "pincite: the model is gone: build\n"),
        (
            OSError(28, "No space left on device", "x.db"),
            1,
            "pincite: no space left on device: x.db: check the disk, the path and its "
            "permissions\n",
        ),
        (
            ValueError("two\nlines\x1b[31m"),
            1,
            "pincite: unexpected ValueError (two lines\\x1b[31m): please report it, with what "
            "PINCITE_DEBUG=1 prints\n",
        ),
        (KeyboardInterrupt(), 130, "pincite: interrupted\n"),
        (BrokenPipeError(32, "Broken pipe"), 0, ""),
    ],
)
def test_how_a_failure_ends(error: BaseException, status: int, said: str) -> None:
    ran = pincite("status", engine=FakeEngine(error=error))
    assert (ran.status, ran.err, ran.out) == (status, said, "")


def test_a_traceback_only_on_request() -> None:
    engine = FakeEngine(error=ValueError("oops"))
    ran = pincite("status", engine=engine, environment={"PINCITE_DEBUG": "1"})
    assert ran.err.startswith("Traceback ")
    assert ran.err.splitlines()[-1].startswith("pincite: unexpected ValueError")


@pytest.mark.parametrize(
    "arguments", [["ask", "who"], ["search", "x"], ["sources"], ["status"], ["verify"], ["serve"]]
)
def test_a_missing_index_is_status_4(arguments: list[str]) -> None:
    ran = pincite(*arguments, engine=FakeEngine(service=None))
    assert ran.status == 4
    assert one_line(ran.err) == "pincite: there is no index in .pincite: run `pincite build`\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "folder"),
    [
        (["sources"], {}, ".pincite"),
        (["sources"], {"PINCITE_INDEX": "elsewhere"}, "elsewhere"),
        (["sources", "--index", "here"], {"PINCITE_INDEX": "elsewhere"}, "here"),
        (["--index", "here", "sources"], {}, "here"),
        (["--index", "there", "sources", "--index", "here"], {}, "here"),
    ],
)
def test_which_index(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    engine = FakeEngine()
    assert pincite(*arguments, engine=engine, environment=environment).status == 0
    assert engine.calls == [("open", Path(folder))]


def test_json_may_stand_before_the_command() -> None:
    assert json.loads(pincite("--json", "sources").out) == {"sources": [source_json(source())]}


def test_build_reports_what_it_did() -> None:
    engine = FakeEngine()
    ran = pincite("build", "corpus", "more", "--full", engine=engine)
    assert engine.calls == [("build", [Path("corpus"), Path("more")], Path(".pincite"), True)]
    assert ran.status == 0
    assert ran.out.startswith("Generation 4 is live.\nsources: 2 new, ")
    assert ran.err == "reading: 2\ncompiling the reader\n"


def test_build_names_what_it_skipped_and_fails() -> None:
    report = BuildReport(4, True, added=1, skipped=(Skipped("a\x1b.pdf", "it is torn"),))
    ran = pincite("build", engine=FakeEngine(report=report))
    assert ran.status == 1
    assert ran.out.startswith("Generation 4 is live.")
    assert "pincite: skipped a\\x1b.pdf: it is torn\n" in ran.err
    ran = pincite("build", "--json", engine=FakeEngine(report=report))
    assert json.loads(ran.out)["skipped"] == [{"path": "a\x1b.pdf", "reason": "it is torn"}]


def test_an_idle_build_says_so() -> None:
    ran = pincite("build", engine=FakeEngine(report=BuildReport(4, False, untouched=2)))
    assert ran.out.startswith("Nothing to publish: generation 4 stays live.")


def test_search_prints_ranked_passages() -> None:
    ran = pincite("search", "drones")
    assert ran.out.startswith(
        "1. Tajikistan's drones, A. Writer, The Paper, 2023-07-31\n"
        "    corpus/tajikistan.md: fused 0.960, dense 0.710, lexical 14.20\n"
    )
    found = json.loads(pincite("search", "drones", "--json").out)
    assert found["passages"] == [json.loads(json.dumps(hit_json(hit())))]
    assert found["query"] == "drones"
    assert found["index"] == {"generation": 3, "built_at": "2026-11-20T10:00:00Z"}
    assert found["timing_ms"]["total"] >= 0


def test_a_search_without_a_hit_is_no_failure() -> None:
    ran = pincite("search", "the moon")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.startswith("No passage matches")


def test_sources_are_listed_a_line_each() -> None:
    found = [source(), source("b.md", "A title\nin \x1b[7mtwo lines")]
    ran = pincite("sources", engine=FakeEngine(FakeService(found=found)))
    assert [line.split()[2] for line in ran.out.splitlines()] == [
        "path",
        "corpus/tajikistan.md",
        "corpus/b.md",
    ]


def test_status() -> None:
    ran = pincite("status")
    assert ran.out.startswith("Generation 3, built 2026-11-20T10:00:00Z\nsources   1\n")
    assert "generation 2.5 MB, cache 999 B, 2.5 MB in all" in ran.out
    assert ran.out.endswith("brings them in:\n  corpus/new.md\n")
    assert json.loads(pincite("status", "--json").out)["changed"] == ["corpus/new.md"]


def test_remove_and_rollback() -> None:
    engine = FakeEngine()
    assert pincite("remove", "src_1", "a.md", engine=engine).status == 0
    assert pincite("rollback", engine=engine).out == "Generation 2 is live.\n"
    assert json.loads(pincite("rollback", "1", "--json", engine=engine).out) == {"generation": 1}
    assert engine.calls == [
        ("remove", ["src_1", "a.md"], Path(".pincite")),
        ("rollback", None, Path(".pincite")),
        ("rollback", 1, Path(".pincite")),
    ]


def test_a_sound_index() -> None:
    assert pincite("verify").out == "Generation 3 is sound.\n"
    assert json.loads(pincite("verify", "--json").out) == {
        "generation": 3,
        "sound": True,
        "faults": [],
    }


def test_a_damaged_index_is_status_4() -> None:
    engine = FakeEngine(FakeService(faults=["a passage is gone"]))
    ran = pincite("verify", engine=engine)
    assert (ran.status, ran.out) == (4, "a passage is gone\n")
    assert one_line(ran.err).startswith("pincite: generation 3 has 1 fault: go back")
    assert json.loads(pincite("verify", "--json", engine=engine).out)["faults"] == [
        "a passage is gone"
    ]


@pytest.mark.parametrize(
    "text", ['{"id": 1}\n{"id": "bad"}', '\ufeff[{"id": 1}, {"id": "bad"}]', '{"id":1}{"id":"bad"}']
)
def test_a_file_of_answers_is_checked(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(text, encoding="utf-8")
    ran = pincite("verify", str(file))
    assert ran.status == 1
    assert ran.out == "bad: corpus/a.md: not there\n1 of 2 citations hold, 1 gone.\n"
    checked = json.loads(pincite("verify", str(file), "--json").out)
    assert (checked["checked"], checked["failed"]) == (2, 1)


def test_answers_that_hold_come_from_stdin_too() -> None:
    ran = pincite("verify", "-", stdin='{"id": 1}\n')
    assert (ran.status, ran.out) == (0, "1 of 1 citations hold.\n")


@pytest.mark.parametrize("text", ["{", "1", "[" * 100_000, '{"id": 1}\nnonsense'])
def test_a_file_of_something_else_is_wrong_usage(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(text, encoding="utf-8")
    ran = pincite("verify", str(file))
    assert ran.status == 2
    one_line(ran.err)


def test_a_source_cannot_write_to_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x9b2J"
    told = answer()
    cited = replace(
        told.citations[0],
        quote_clean=f"said {evil} Iran supplied it",
        answer_clean_span=Span(7 + len(evil), 20 + len(evil)),
        hit=hit(of=replace(source(), title=evil, author=evil, path=evil)),
    )
    told = replace(told, answer=f"Iran{evil}", citations=(cited,), alternatives=())
    engine = FakeEngine(FakeService(answers=told))
    ran = pincite("ask", "who", engine=engine, terminal=True, environment={"NO_COLOR": "1"})
    assert not set(ran.out) & set("\x1b\x07\x9b")
    ran = pincite("ask", "who", "--json", engine=engine, terminal=True)
    assert not set(ran.out) & set("\x1b\x07\x9b")


def test_colour_on_a_terminal() -> None:
    ran = pincite("ask", "who", terminal=True)
    assert ran.out.startswith("\x1b[1mIran supplied\x1b[0m\n")
    assert "\x1b[1;4mIran supplied\x1b[0m" in ran.out
    assert "\x1b[" not in pincite("ask", "who", terminal=True, environment={"NO_COLOR": "1"}).out


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert pincite("--help").status == 0
    listed = capsys.readouterr().out
    commands = ("build", "ask", "search", "sources", "remove", "status", "verify", "rollback")
    for command in (*commands, "diff", "eval", "serve"):
        assert f"\n  {command} " in listed
        assert pincite(command, "--help").status == 0
        described = capsys.readouterr().out
        assert "--index" in described
        assert "--json" in described
    assert pincite("--version").status == 0
    assert capsys.readouterr().out.startswith("pincite ")


def test_the_difference_between_two_generations(tmp_path: Path) -> None:
    engine = FakeEngine()
    questions = tmp_path / "own.jsonl"
    questions.write_text('{"question": "what colour", "answers": ["red"]}\n', encoding="utf-8")
    ran = pincite("diff", "3", "5", "--questions", str(questions), engine=engine)
    assert engine.calls == [("diff", 3, 5, Path(".pincite"), 1)]
    assert (ran.status, ran.out) == (
        0,
        "From generation 3 to 5\n"
        "sources: 1 went, 1 moved\n"
        "  moved   corpus/new.md, it was corpus/old.md\n"
        "  went    b.md\n"
        "passages: 1 changed\n"
        "  corpus/a.md: changed\n"
        "    - It was red.\n"
        "    + It is blue.\n"
        "answers: 1 of 1 question changed\n"
        "  what colour\n"
        "    - red (0.90, corpus/a.md): It was red.\n"
        "    + no answer\n"
        "    because corpus/a.md changed\n",
    )
    found = json.loads(pincite("diff", "3", "5", "--json", engine=engine).out)
    assert found["sources"][0] == {
        "kind": "moved", "path": "corpus/new.md", "was": "corpus/old.md",
    }  # fmt: skip
    assert pincite("diff", "3").status == 2


def test_a_purge_prints_its_receipt() -> None:
    engine = FakeEngine()
    ran = pincite("remove", "a.md", "--purge", engine=engine)
    assert engine.calls == [("purge", ["a.md"], Path(".pincite"))]
    assert ran.status == 0
    assert ran.out.partition("Erased at ")[2] == (
        "2026-11-20T10:00:00Z; generation 4 holds none of it\n"
        "  corpus/a.md (src_1)\n"
        "    1 version, 1200 characters of canonical text, 3 passages with vectors and words\n"
        f"    sha256 {'0' * 64}\n"
        "cached embeddings erased: 3\n"
        "generations deleted: 2, 3\n"
        "kept, for they hold some of the same passages: corpus/b.md; remove them as well if that "
        "is not wanted\n"
        "Its path is remembered, so that it stays out; a service that runs must be restarted.\n"
    )
    told = json.loads(pincite("remove", "a.md", "--purge", "--json", engine=engine).out)
    assert told["generation"] == 4
    assert told["receipt"]["generations"] == [2, 3]


def test_a_watch_builds_after_each_change() -> None:
    engine = FakeEngine(watched=(0, 1, 3))
    ran = pincite("build", "corpus", "--full", "--watch", engine=engine)
    assert engine.calls == [
        ("watch", [Path("corpus")], Path(".pincite")),
        ("build", [Path("corpus")], Path(".pincite"), True),
        ("build", [], Path(".pincite"), False),
        ("build", [], Path(".pincite"), False),
    ]
    assert ran.status == 0
    assert ran.out.count("Generation 4 is live.") == 3
    assert "Watching for changes; Ctrl-C stops it.\n" in ran.err
    idle = FakeEngine(report=BuildReport(4, False, untouched=2), watched=(0, 1))
    assert pincite("build", "--watch", engine=idle).out.count("Nothing to publish") == 1


def test_what_was_repaired_is_told_beside_the_answer() -> None:
    service = FakeService(notes=("vectors.faiss of generation 2 was damaged",))
    ran = pincite("sources", engine=FakeEngine(service))
    assert ran.status == 0
    assert ran.err == "pincite: vectors.faiss of generation 2 was damaged\n"
    report = BuildReport(4, True, untouched=2, repaired=("vectors.faiss",))
    ran = pincite("build", engine=FakeEngine(report=report))
    assert "pincite: vectors.faiss was damaged and has been made again\n" in ran.err
