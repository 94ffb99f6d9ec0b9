"""Metadata beside a source: `report.pdf.toml` holds `title = "..."` and so on for `report.pdf`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from index.errors import LoadError
from index.loaders.metadata import explicit, one_line
from index.types import Metadata

_REMEDY = 'write lines such as title = "..."'


def read(data: bytes, name: str) -> Metadata:
    """The metadata in a sidecar's bytes; `name` is its file name, for messages.

    Raises LoadError if it is not TOML in UTF-8, or says something that cannot be.
    """
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LoadError(f"{name} is not UTF-8", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise LoadError(f"{name} is not TOML: {error}", _REMEDY) from error
    except (RecursionError, ValueError) as error:  # nested too deep; numbers too long to convert
        raise LoadError(f"{name} cannot be read", _REMEDY) from error
    return explicit(values, name)


def original_name(data: bytes) -> str | None:
    """What the file was called where it came from, without its suffix, if a sidecar says so in
    `name`: it stands in for a title. None for a sidecar that `read` refuses, too."""
    try:
        name = tomllib.loads(data.decode("utf-8-sig")).get("name")
    except (ValueError, RecursionError):
        return None
    return (Path(one_line(name)).stem or None) if isinstance(name, str) else None
