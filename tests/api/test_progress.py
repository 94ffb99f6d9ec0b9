from __future__ import annotations

import io
import os
import time

import pytest

from api.progress import watched
from api.terminal import open_terminal
from tests.api.fakes import Screen


def test_a_plain_line_per_stage() -> None:
    out, err = io.StringIO(), io.StringIO()
    with watched(open_terminal(out, err, {}, 80), live=False) as progress:
        progress.stage("reading", 3)
        progress.advance(3)
        progress.stage("compiling the reader", None)
    assert (out.getvalue(), err.getvalue()) == ("", "reading: 3\ncompiling the reader\n")


@pytest.mark.skipif(
    os.environ.get("TERM", "") in ("dumb", "unknown"), reason="rich draws nothing there"
)
def test_bars_on_a_terminal() -> None:
    out, err = Screen(), Screen()
    with watched(open_terminal(out, err, {}, 80), live=True, patience=0) as progress:
        progress.stage("embedding [all]", 4)
        deadline = time.monotonic() + 10
        while "embedding [all]" not in err.getvalue() and time.monotonic() < deadline:
            progress.advance(0)
            time.sleep(0.02)
        progress.advance(4)
        progress.stage("indexing", None)
    assert "embedding [all]" in err.getvalue()
    assert out.getvalue() == ""


def test_what_is_soon_over_draws_nothing() -> None:
    out, err = Screen(), Screen()
    with watched(open_terminal(out, err, {}, 80), live=True) as progress:
        progress.advance()
        progress.stage("reading", 1)
        progress.advance()
    assert err.getvalue() == ""
