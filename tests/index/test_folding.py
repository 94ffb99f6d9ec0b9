from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UsageError
from index.folding import Aliases, fold, words


@pytest.mark.parametrize("name", ["Türkiye", "Turkiye", "TÜRKİYE", "türkiye", "TURKIYE"])
def test_one_word_in_every_spelling(name: str) -> None:
    assert words(name) == ["turkiye"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź Ørsted Đorđe Bakı", ["lodz", "orsted", "dorde", "baki"]),
        ("Tajikistan's and Tajikistan’s", ["tajikistan", "and", "tajikistan"]),
        ("7,630 men, 2.74", ["7630", "men", "2", "74"]),
        ("1,2 and 10,000,000", ["1", "2", "and", "10000000"]),
        ("medium-altitude", ["medium", "altitude"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_bundled_aliases_know_turkey() -> None:
    found = list(Aliases.load().alternatives(words("who runs Turkey now")))
    assert (2, 3, ("turkiye",)) in found


def test_groups_that_share_a_name_become_one() -> None:
    aliases = Aliases.of([["a", "b"], ["c", "d"], ["b", "c"]])
    assert set(aliases.groups[("a",)]) == {("b",), ("c",), ("d",)}


def test_names_of_several_words() -> None:
    aliases = Aliases.of([["UN", "United Nations"]])
    assert list(aliases.alternatives(words("the united nations said"))) == [(1, 3, ("un",))]
    assert list(aliases.alternatives(words("UN"))) == [(0, 1, ("united", "nations"))]


def test_a_user_extends_the_table(tmp_path: Path) -> None:
    own = tmp_path / "names.toml"
    own.write_text('groups = [["Bayraktar", "Flagbearer"]]', encoding="utf-8")
    aliases = Aliases.load(own)
    assert aliases.groups[("bayraktar",)] == (("flagbearer",),)
    assert ("turkey",) in aliases.groups


@pytest.mark.parametrize("content", ["groups = 3", "groups = [[1]]", "not toml ["])
def test_a_table_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    own = tmp_path / "names.toml"
    own.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"names\.toml"):
        Aliases.load(own)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing"):
        Aliases.load(tmp_path / "missing.toml")
