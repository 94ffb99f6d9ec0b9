"""The texts of the sources that an answer is looked for in."""

from __future__ import annotations

from functools import lru_cache

from index.store import Store, StoredText


class Texts:
    """A source's stored text with its clean text; the last few are kept.

    They are cut from the database again and again otherwise, and a source may be large.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.of = lru_cache(maxsize=64)(self._read)

    def _read(self, source_id: str) -> tuple[StoredText, str]:
        stored = self._store.text(source_id)
        return stored, stored.edits.apply(stored.text)
