"""Letters folded so that one word has one form, and the names that mean the same.

Türkiye, Turkiye and TÜRKİYE fold to one word; an `Aliases` table says that Turkey is another
name for it. Done here, before any engine, so that every engine agrees.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from index.errors import UsageError

# Letters that compatibility decomposition leaves alone, though readers type them plain.
_PLAIN = str.maketrans(
    {
        "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
        "ħ": "h", "ŧ": "t", "ə": "e", "ŋ": "n", "ĸ": "k", "ʻ": "'", "ʼ": "'", "’": "'",
        "‘": "'", "‐": "-", "‑": "-",
    }
)  # fmt: skip
_WORD = re.compile(r"\w+(?:'\w+)*")
_POSSESSIVE = re.compile(r"'s?$")


def fold(text: str) -> str:
    """Casefold, decompose, drop combining marks, and write special letters plainly."""
    if text.isascii():
        return text.lower()  # The same, many times as fast: most text of most builds.
    # Decomposed before and after: signs such as the service mark hold capitals, and casefolding
    # makes characters that decompose again (Unicode Standard, section 3.13, D146).
    decomposed = unicodedata.normalize("NFKD", text)
    folded = unicodedata.normalize("NFKD", decomposed.translate(_PLAIN).casefold())
    plain = folded.translate(_PLAIN)
    if plain.isascii():
        return plain
    return "".join(c for c in plain if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """The folded words of a text, without possessive endings; numbers keep their points.

    >>> words("Türkiye’s 7,630 men")
    ['turkiye', '7630', 'men']
    """
    folded = re.sub(r"(?<=\d),(?=\d{3}\b)", "", fold(text))
    # Few words have an apostrophe, and every build folds every word.
    return [_POSSESSIVE.sub("", word) if "'" in word else word for word in _WORD.findall(folded)]


@dataclass(frozen=True, slots=True)
class Aliases:
    """Names that mean the same, as groups of folded word sequences.

    groups: by every name's words, the other names of its group.
    """

    groups: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> Aliases:
        """Build a table; groups that share a name become one."""
        merged: list[set[tuple[str, ...]]] = []
        for group in groups:
            names = {tuple(words(name)) for name in group} - {()}
            for other in [g for g in merged if g & names]:
                names |= other
                merged.remove(other)
            merged.append(names)
        table = {
            name: tuple(sorted(group - {name})) for group in merged for name in group
            if len(group) > 1
        }  # fmt: skip
        return cls(MappingProxyType(table))

    @classmethod
    def load(cls, extra: Path | None = None) -> Aliases:
        """The table that comes with Pincite, and a user's own on top.

        A user's file holds the same form: `groups = [["Turkey", "Türkiye"], …]`.
        Raises UsageError if it is missing or has another form.
        """
        bundled = resources.files("index").joinpath("aliases.toml").read_text(encoding="utf-8")
        groups = list(_groups(bundled, "aliases.toml"))
        if extra is not None:
            try:
                text = extra.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(
                    f"the alias table {extra} cannot be read: {error}",
                    'name a TOML file with: groups = [["one name", "another"]]',
                ) from error
            groups += _groups(text, str(extra))
        return cls.of(groups)

    def alternatives(self, tokens: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """For each name that stands in `tokens`: where (half-open), and another name for it."""
        longest = max((len(name) for name in self.groups), default=0)
        for start in range(len(tokens)):
            for length in range(1, min(longest, len(tokens) - start) + 1):
                name = tuple(tokens[start : start + length])
                for other in self.groups.get(name, ()):
                    yield start, start + length, other


def _groups(text: str, name: str) -> list[list[str]]:
    remedy = 'write it as: groups = [["one name", "another"]]'
    try:
        groups = tomllib.loads(text).get("groups", [])
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the alias table {name} is not TOML: {error}", remedy) from error
    if not isinstance(groups, list) or not all(
        isinstance(group, list) and all(isinstance(item, str) for item in group) for group in groups
    ):
        raise UsageError(f"the alias table {name} has no list of lists of names", remedy)
    return groups
