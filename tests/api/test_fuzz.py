"""A sample of `make fuzz`: every call, asked with what its schema allows and what it does not."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz import fuzz, serving


def test_no_generated_request_is_answered_otherwise_than_described(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        asked, failures = fuzz(address, cases=100)
    assert failures == []
    assert len(asked) == 17, "every call was asked"
