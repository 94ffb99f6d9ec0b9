"""The commands of keys: `pincite key new`, `list` and `revoke`."""

from __future__ import annotations

from typing import Any

import click

from api.grammar import Group, common_flags, with_flags
from api.session import Session


@click.group("key", cls=Group, params=common_flags())
@click.pass_context
def key(context: click.Context, /, **flags: Any) -> None:
    """Say who may use the service.

    Without a key anybody on this machine may; beyond it nobody is served.
    """
    context.obj = with_flags(context.obj, flags)


@key.command()
@click.argument("name")
@click.option("--write", is_flag=True, help="It may change the index too, not only read it.")
@click.pass_obj
def new(session: Session, name: str, write: bool) -> int:
    """Make a key, and print it: once, for it is not stored."""
    from api import keyring

    return keyring.new(session, name, write=write)


@key.command("list")
@click.pass_obj
def list_keys(session: Session) -> int:
    """List the keys: names, rights, since when."""
    from api import keyring

    return keyring.show(session)


@key.command()
@click.argument("name")
@click.pass_obj
def revoke(session: Session, name: str) -> int:
    """Revoke a key, by name or id; a running service refuses it at once."""
    from api import keyring

    return keyring.revoke(session, name)
