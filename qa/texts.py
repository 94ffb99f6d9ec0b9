"""The texts of the sources that an answer is looked for in."""

from __future__ import annotations

from functools import lru_cache, partial

from index.store import Store, StoredText


class Texts:
    """A source's stored text with its clean text; the last few are kept.

    They are cut from the database again and again otherwise, and a source may be large. The
    cache holds the store and not this object: a service drops one after the other, and what
    refers to itself would wait for the garbage collector, with all that it holds.
    """

    def __init__(self, store: Store) -> None:
        self.of = lru_cache(maxsize=64)(partial(_read, store))


def _read(store: Store, source_id: str) -> tuple[StoredText, str]:
    stored = store.text(source_id)
    return stored, stored.edits.apply(stored.text)
