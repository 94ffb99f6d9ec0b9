"""What the commands of keys do."""

from __future__ import annotations

from typing import Any

from api.keys import Key, KeyFile
from api.session import Session
from api.terminal import dim


def new(session: Session, name: str, *, write: bool) -> int:
    """Make a key and print its secret."""
    key, secret = _keys(session).new(name, ("read", "write") if write else ("read",))
    if session.as_json:
        session.terminal.json({**_shown(key), "key": secret})
    else:
        session.terminal.print([(secret,)])
        session.terminal.note(
            f"The key {name} may {' and '.join(key.rights)}. Keep it: it is shown only now."
        )
    return 0


def show(session: Session) -> int:
    """List the keys."""
    keys = _keys(session).all()
    if session.as_json:
        session.terminal.json({"keys": [_shown(key) for key in keys]})
        return 0
    for key in keys:
        told = f"  {' and '.join(key.rights)}, since {key.created}"
        session.terminal.print([(f"{key.id}  {key.name}", dim(told))])
    if not keys:
        session.terminal.note("There are no keys; make one with: pincite key new NAME")
    return 0


def revoke(session: Session, name: str) -> int:
    """Revoke a key."""
    key = _keys(session).revoke(name)
    if session.as_json:
        session.terminal.json({"revoked": _shown(key)})
    else:
        session.terminal.note(f"The key {key.name} is revoked.")
    return 0


def _keys(session: Session) -> KeyFile:
    return KeyFile(session.settings().index)


def _shown(key: Key) -> dict[str, Any]:
    return {
        "id": key.id, "name": key.name, "rights": list(key.rights), "created": key.created,
    }  # fmt: skip
