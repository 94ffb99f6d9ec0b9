"""Keys: who may ask, and who may change the index. `keys.json` in the index's folder holds them.

A key is 256 random bits, so that its SHA-256 says nothing of it: what slow hashes are for, guessing
a word that a person chose, cannot be done here. The file holds digests alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Literal

from index.durable import replace_with
from index.errors import PinciteError, UsageError

Right = Literal["read", "write"]
_NAME = re.compile(r"[\w.@-]{1,64}")
_PREFIX = "pincite_"


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored. digest: SHA-256 of the secret, hexadecimal. created: ISO 8601, UTC."""

    id: str
    name: str
    rights: tuple[Right, ...]
    digest: str
    created: str


class KeyFile:
    """The keys of an index. Read anew whenever the file is another, so that a key that is revoked
    is refused at once. Safe between threads."""

    def __init__(self, folder: Path) -> None:
        """folder: of the index."""
        self._path = folder / "keys.json"
        self._lock = Lock()
        self._mark: tuple[int, int] | None = None
        self._keys: tuple[Key, ...] = ()

    def all(self) -> tuple[Key, ...]:
        """Every key, oldest first. Raises PinciteError if the file cannot be read: that it holds
        none must not be guessed."""
        with self._lock:
            try:
                state = self._path.stat()
                mark = (state.st_ino, state.st_mtime_ns)
                if mark != self._mark:
                    self._keys, self._mark = _parse(self._path.read_bytes()), mark
            except FileNotFoundError:
                self._keys, self._mark = (), None
            except (OSError, ValueError, TypeError, KeyError) as error:
                raise PinciteError(
                    f"{self._path} cannot be read", "mend it, or delete it and make new keys"
                ) from error
            return self._keys

    def new(self, name: str, rights: Sequence[Right]) -> tuple[Key, str]:
        """Make a key; it and its secret, which nobody can tell again.

        Raises UsageError for a name that is none or taken.
        """
        if _NAME.fullmatch(name) is None:
            raise UsageError(
                f"{name!r} is no name for a key", "use 1 to 64 letters, digits and . _ @ -"
            )
        keys = self.all()
        if any(key.name == name for key in keys):
            raise UsageError(f"there is a key {name} already", "revoke it or take another name")
        secret = _PREFIX + secrets.token_urlsafe(32)
        created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        key = Key(f"key_{secrets.token_hex(4)}", name, tuple(rights), _digest(secret), created)
        self._write((*keys, key))
        return key, secret

    def revoke(self, name: str) -> Key:
        """Forget a key, named by name or id. Raises UsageError if there is none."""
        keys = self.all()
        for key in keys:
            if name in (key.name, key.id):
                self._write(tuple(other for other in keys if other is not key))
                return key
        raise UsageError(f"there is no key {name}", "see them with: pincite key list")

    def find(self, secret: str) -> Key | None:
        """The key of a secret. How long it takes tells nothing of any key."""
        given = _digest(secret)
        found = None
        for key in self.all():
            if hmac.compare_digest(key.digest, given):
                found = key
        return found

    def _write(self, keys: Sequence[Key]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        body = json.dumps([asdict(key) for key in keys], indent=1)
        replace_with(self._path, f"{body}\n".encode())
        self._path.chmod(0o600)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _parse(body: bytes) -> tuple[Key, ...]:
    keys = []
    for values in json.loads(body):
        key = Key(**{**values, "rights": tuple(values["rights"])})
        if not (isinstance(key.digest, str) and set(key.rights) <= {"read", "write"}):
            raise ValueError("no key")
        keys.append(key)
    return tuple(keys)
