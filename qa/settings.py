"""Settings: a flag beats the environment, the environment beats `pincite.toml`.

msgspec checks them: pydantic would too, but importing it costs more than a tenth of the second
that a first answer may take.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from index.errors import UsageError

CONFIG_NAME = "pincite.toml"
ENVIRONMENT_PREFIX = "PINCITE_"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set, by `pincite.toml` or by the environment as PINCITE_NAME.

    index: the folder that holds the index. embedder: a sentence-transformers model, reader: a
        Hugging Face question-answering model, each a folder or a name; the bundled one if None.
    models: folder of compiled models; in the index if None. aliases: a TOML file of names that
        mean the same.
    passage_tokens: most tokens a passage holds, passage_overlap: most that neighbours share.
    read_depth: most passages read for one question. min_confidence: answer only if so sure.
    threads: how many a model may use; all if None. keep_generations: how many are kept.
    """

    index: Path = Path(".pincite")
    embedder: str | None = None
    reader: str | None = None
    models: Path | None = None
    aliases: Path | None = None
    passage_tokens: Annotated[int, Meta(ge=32, le=512)] = 128
    passage_overlap: Annotated[int, Meta(ge=0, le=256)] = 32
    read_depth: Annotated[int, Meta(ge=1, le=100)] = 10
    min_confidence: Annotated[float, Meta(ge=0, le=1)] = 0.3
    threads: Annotated[int, Meta(ge=1)] | None = None
    keep_generations: Annotated[int, Meta(ge=1)] = 3


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """Settings from flags (None: not given), the environment, and a TOML file.

    environment: the process's own if None. config: `pincite.toml` in the working directory if
    None; it need not exist. Raises UsageError that names the setting at fault.
    """
    return load_table(Settings, None, flags, environment=environment, config=config)


# Tables of `pincite.toml` that are no settings of an index: those of the ways in.
TABLES = ("serve",)
T = TypeVar("T", bound=msgspec.Struct)


def load_table(
    kind: type[T],
    table: str | None,
    flags: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> T:
    """Settings of some kind, as `load_settings` has them: from a table of the TOML file and from
    PINCITE_TABLE_NAME, or if table is None from the file's top and PINCITE_NAME."""
    environment = os.environ if environment is None else environment
    config = Path(CONFIG_NAME) if config is None else config
    values = _values(_read_config(config), table, config)
    prefix = ENVIRONMENT_PREFIX + (f"{table.upper()}_" if table else "")
    for name in kind.__struct_fields__:
        variable = environment.get(prefix + name.upper())
        # Set to nothing is how a shell script says "not set".
        if variable:
            values[name] = variable
    values |= {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return msgspec.convert(values, kind, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        found = re.search(r"`\$\.([^`]+)`|field `([^`]+)`", str(error))
        name = (found[1] or found[2]) if found else "settings"
        reason = str(error).partition(" - at ")[0].replace("`", "").lower()
        raise UsageError(
            f"the setting {name!r} is not usable: {reason}",
            f"mend it in {config.name}, the environment ({prefix}{name.upper()}) or the flag",
        ) from error


def _values(read: dict[str, Any], table: str | None, config: Path) -> dict[str, Any]:
    if table is None:
        return {name: value for name, value in read.items() if name not in TABLES}
    values = read.get(table, {})
    if not isinstance(values, dict):
        raise UsageError(f"{table} in {config} is no table", f"write it as [{table}]")
    return dict(values)


def _decode(kind: type, value: object) -> object:
    """msgspec's hook for types that it does not know."""
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise ValueError(f"expected {kind.__name__.lower()}, got {type(value).__name__}")


def _read_config(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{config} cannot be read: {error}", "write it as TOML") from error
