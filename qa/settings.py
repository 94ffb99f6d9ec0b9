"""Settings: a flag beats the environment, the environment beats `pincite.toml`.

pydantic checks them; pydantic-settings would read them too, but importing it costs more than a
tenth of the second that a first answer may take.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import UsageError

CONFIG_NAME = "pincite.toml"
ENVIRONMENT_PREFIX = "PINCITE_"


class Settings(BaseModel):
    """What can be set, by `pincite.toml` or by the environment as PINCITE_NAME."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: Path = Field(default=Path(".pincite"), description="the folder that holds the index")
    embedder: str | None = Field(
        default=None, description="a sentence-transformers model: folder or name"
    )
    reader: str | None = Field(
        default=None, description="a Hugging Face question-answering model: folder or name"
    )
    models: Path | None = Field(
        default=None, description="folder of compiled models; in the index if unset"
    )
    aliases: Path | None = Field(
        default=None, description="a TOML file of names that mean the same"
    )
    passage_tokens: int = Field(
        default=128, ge=32, le=512, description="most tokens a passage holds"
    )
    passage_overlap: int = Field(default=32, ge=0, le=256, description="most tokens passages share")
    read_depth: int = Field(
        default=10, ge=1, le=100, description="most passages read for one question"
    )
    min_confidence: float = Field(
        default=0.5, ge=0, le=1, description="answer only if at least so sure"
    )
    threads: int | None = Field(
        default=None, ge=1, description="threads a model may use; all if unset"
    )
    keep_generations: int = Field(default=3, ge=1, description="how many generations are kept")


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
    environment = os.environ if environment is None else environment
    config = Path(CONFIG_NAME) if config is None else config
    values = _read_config(config)
    for name in Settings.model_fields:
        variable = environment.get(ENVIRONMENT_PREFIX + name.upper())
        # Set to nothing is how a shell script says "not set".
        if variable:
            values[name] = variable
    values |= {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        raise UsageError(
            f"the setting {name!r} is not usable: {first['msg'].lower()}",
            f"mend it in {config.name}, the environment (PINCITE_{name.upper()}) or the flag",
        ) from error


def _read_config(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{config} cannot be read: {error}", "write it as TOML") from error
