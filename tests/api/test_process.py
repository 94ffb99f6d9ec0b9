"""What only a process of its own can show: imports, pipes and signals."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.api.fakes import pincite

ROOT = Path(__file__).parents[2]
HEAVY = ("fastapi", "uvicorn", "numpy", "torch", "transformers", "sentence_transformers", "rich")
# A command line over fakes, with the process's own streams.
FAKED = "from api.cli import main; from tests.api.fakes import FakeEngine; main(FakeEngine())"


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    ran = python(f"import sys, api.cli; print([m for m in {HEAVY} if m in sys.modules])")
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_help_and_errors_import_nothing_heavy() -> None:
    program = (
        "import sys; from api.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    assert python(program, "ask", "--help").stderr == "[]\n"
    assert python(program, "sing").stderr.splitlines()[1:] == ["[]"]


def test_answers_are_flushed_before_the_next_question_is_read() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FAKED, "ask", "-", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for question in ("who", "why"):
            process.stdin.write(question + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["question"] == question
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a POSIX shell")
def test_a_reader_that_has_had_enough_is_no_failure() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FAKED, "search", "x"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [sys.executable, "-c", FAKED, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("Generation 3 is served on http://127.0.0.1:")
        for line in process.stderr:
            if "startup complete" in line:
                break
        yield process, said.split()[5].rstrip(",")
        process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_service_answers_until_it_is_interrupted(
    served: tuple[subprocess.Popen[str], str],
) -> None:
    process, address = served
    assert httpx.get(f"{address}/readyz").json() == {"status": "ready", "generation": 3}
    answered = httpx.get(f"{address}/v1/ask", params={"q": "who"})
    assert answered.json()["answer"] == "Iran supplied"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == "", "the log is no data"
    assert err.endswith("pincite: interrupted\n")


def test_a_port_in_use_is_one_line() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        ran = pincite("serve", "--port", str(port))
    assert ran.status == 1
    assert ran.err == (
        f"pincite: cannot listen on 127.0.0.1, port {port}: address already in use: "
        "choose another --port\n"
    )
