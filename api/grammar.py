"""What all commands have in common: the flags that may stand before a command's name or after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from api.session import Session


def common_flags() -> list[click.Parameter]:
    """The flags of every command: they may stand before its name or after it."""
    return [
        click.Option(
            ["--index"], metavar="DIR", type=click.Path(path_type=Path),
            help="The folder that holds the index (PINCITE_INDEX; else .pincite).",
        ),
        click.Option(
            ["--json", "as_json"], is_flag=True, help="Print data as JSON, one document a line."
        ),
    ]  # fmt: skip


def with_flags(session: Session, flags: dict[str, Any]) -> Session:
    """The session with these flags; the flags that every command has are taken out of them."""
    index, as_json = flags.pop("index"), flags.pop("as_json")
    return replace(
        session,
        index=session.index if index is None else index,
        as_json=session.as_json or as_json,
    )


class Share(click.ParamType[float]):
    """A share of all: "10%" or "0.1"."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """A number between 0 and 1; whether it may be is for whoever takes it."""
        try:
            said = str(value).strip()
            return float(said[:-1]) / 100 if said.endswith("%") else float(said)
        except ValueError:
            self.fail(f"{value!r} is no share; write it as 10% or 0.1", param, ctx)


class Command(click.Command):
    """A command with the common flags; its function is given the session that they make."""

    def __init__(
        self, name: str | None, *, params: Sequence[click.Parameter] = (), **named: Any
    ) -> None:
        super().__init__(name, params=[*params, *common_flags()], **named)

    def invoke(self, ctx: click.Context) -> Any:
        ctx.obj = with_flags(ctx.obj, ctx.params)
        return super().invoke(ctx)


class Group(click.Group):
    command_class = Command
