from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import UsageError
from qa.settings import load_settings


def test_a_flag_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    config = tmp_path / "pincite.toml"
    config.write_text('read_depth = 3\npassage_tokens = 100\nindex = "from-file"\n')
    environment = {"PINCITE_READ_DEPTH": "4", "PINCITE_INDEX": "from-environment", "OTHER": "x"}
    found = load_settings(
        {"index": Path("flag"), "reader": None}, environment=environment, config=config
    )
    assert (found.index, found.read_depth, found.passage_tokens) == (Path("flag"), 4, 100)
    assert found.reader is None


def test_without_anything(tmp_path: Path) -> None:
    found = load_settings(environment={}, config=tmp_path / "none.toml")
    assert found.index == Path(".pincite")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("read_depth = 0", "read_depth"), ("read_depht = 3", "read_depht"), ("[", "TOML"),
        ("min_confidence = 1.1", "min_confidence"), ('threads = "many"', "threads"),
    ],
)  # fmt: skip
def test_what_is_not_usable_is_named(tmp_path: Path, content: str, match: str) -> None:
    config = tmp_path / "pincite.toml"
    config.write_text(content)
    with pytest.raises(UsageError, match=match) as raised:
        load_settings(environment={}, config=config)
    assert "\n" not in str(raised.value)


def test_zero_is_a_value(tmp_path: Path) -> None:
    found = load_settings(
        {"min_confidence": 0.0, "passage_overlap": 0}, environment={}, config=tmp_path / "none.toml"
    )
    assert (found.min_confidence, found.passage_overlap) == (0.0, 0)
