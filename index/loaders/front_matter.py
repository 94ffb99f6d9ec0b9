"""Front matter: YAML between two lines of `---` at the very start of a text."""

from __future__ import annotations

import re

import yaml

from index.errors import LoadError
from index.loaders.metadata import KEYS, explicit
from index.types import Metadata, Span

# A blank line after the dashes means a thematic break, and so does a pair that never closes.
_OPEN = re.compile(r"---[ \t]*(?:\r\n|\n|\r)(?![ \t]*[\r\n])")
_CLOSE = re.compile(r"(?:^|(?<=[\r\n]))(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)")
# PyYAML takes time with the square of the nesting.
_MAX = 1 << 14
_MAX_NESTED = 200
_REMEDY = "write lines such as title: ..., or remove the dashes"


def find(text: str, strict: bool = True) -> tuple[Metadata, Span | None]:
    """The metadata in the front matter of `text`, and where it stands; None if it has none.

    Where not `strict`, only a mapping with a key we know is front matter: anything else between
    dashes is text. Raises LoadError for front matter that is not a YAML mapping (if `strict`), or
    that says something that cannot be.
    """
    opening = _OPEN.match(text)
    closing = _CLOSE.search(text, opening.end(), opening.end() + _MAX) if opening else None
    if opening is None or closing is None:
        return Metadata(), None
    try:
        values = _mapping(text[opening.end() : closing.start()])
    except LoadError:
        if strict:
            raise
        return Metadata(), None
    if not strict and KEYS.isdisjoint(values):
        return Metadata(), None
    return explicit(values, "the front matter"), Span(0, closing.end())


def _mapping(source: str) -> dict[str, object]:
    if sum(map(source.count, "[{&*?")) > _MAX_NESTED or source.count("- -") > _MAX_NESTED:
        raise LoadError("the front matter is no simple mapping", _REMEDY)
    try:
        values = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise LoadError(f"the front matter is not YAML: {_reason(error)}", _REMEDY) from error
    # The constructors raise errors of many kinds (a date such as 2021-02-30, a mapping as a key),
    # and deep nesting ends in RecursionError.
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as e:
        raise LoadError(f"the front matter cannot be read: {e}", _REMEDY) from e
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise LoadError("the front matter is not a mapping", _REMEDY)
    return {str(key): value for key, value in values.items()}


def _reason(error: yaml.YAMLError) -> str:
    """What is wrong and where; YAML's own message runs over many lines."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        # Marks count from 0, and the dashes are line 1.
        return f"{error.problem}, line {error.problem_mark.line + 2}"
    return str(error)
