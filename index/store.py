"""SQLite as the truth of an index: sources, canonical text, passages, and cached embeddings.

The only module that speaks SQL. A `Store` is one generation's database, opened immutable; a
`StoreWriter` makes one; a `VectorCache` lies beside the generations and outlives them.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from index.cleaning import EditMap
from index.durable import sync
from index.errors import BuildError, IndexDamagedError
from index.sketching import NO_SKETCH, Sketch
from index.types import Filter, Passage, Source, Span

FloatArray = NDArray[np.float32]

_SCHEMA = """
CREATE TABLE sources (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    media_type TEXT NOT NULL, sha256 TEXT NOT NULL, author TEXT, publisher TEXT, published TEXT,
    url TEXT, based_on TEXT,
    fingerprint TEXT NOT NULL, text TEXT NOT NULL, pages BLOB NOT NULL, edits BLOB NOT NULL,
    sentences BLOB NOT NULL, shingles INTEGER NOT NULL, sketch BLOB NOT NULL
);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, source_id TEXT NOT NULL REFERENCES sources (id),
    start INTEGER NOT NULL, stop INTEGER NOT NULL,
    clean_start INTEGER NOT NULL, clean_stop INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE INDEX passages_of_source ON passages (source_id);
CREATE TABLE roots (path TEXT PRIMARY KEY);
CREATE TABLE excluded (path TEXT PRIMARY KEY);
"""
_SOURCE_COLUMNS = ", ".join(field.name for field in fields(Source))
_PASSAGE_COLUMNS = "id, number, source_id, start, stop, clean_start, clean_stop, text"


@dataclass(frozen=True, slots=True)
class StoredText:
    """Everything about a source's text that citing it takes.

    pages: start of each page in the canonical text. sentences: spans of the clean text. sketch:
        of the clean text, to find its copies.
    """

    text: str
    pages: tuple[int, ...]
    edits: EditMap
    sentences: tuple[Span, ...]
    sketch: Sketch = NO_SKETCH


@dataclass(frozen=True, slots=True)
class Entry:
    """A source as a build writes it.

    fingerprint: digest of all that its passages depend on: bytes, side file, how it is loaded,
        cleaned and split.
    passages: (span in canonical text, span in clean text, clean text) of each.
    """

    source: Source
    fingerprint: str
    stored: StoredText
    passages: tuple[tuple[Span, Span, str], ...]


def _pack(numbers: Iterable[int]) -> bytes:
    return array("q", numbers).tobytes()


def _unpack(data: bytes) -> list[int]:
    numbers = array("q")
    numbers.frombytes(data)
    return numbers.tolist()


def _unpack_spans(data: bytes) -> tuple[Span, ...]:
    numbers = _unpack(data)
    return tuple(Span(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))


def _source(row: Sequence[object]) -> Source:
    return Source(*row)  # type: ignore[arg-type]


def _passage(row: tuple[str, int, str, int, int, int, int, str]) -> Passage:
    id_, number, source_id, start, stop, clean_start, clean_stop, text = row
    return Passage(id_, number, source_id, Span(start, stop), Span(clean_start, clean_stop), text)


class Store:
    """A generation's database, read only. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Open the database. Raises IndexDamagedError if SQLite cannot read it."""
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._path = path
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        self._sources = {s.id: s for s in self._read_sources()}

    def _damaged(self, error: Exception) -> IndexDamagedError:
        return IndexDamagedError(
            f"{self._path} cannot be read ({error})", "rebuild it with: pincite build --full"
        )

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        try:
            with self._lock:
                return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _read_sources(self) -> Iterator[Source]:
        for row in self._rows(f"SELECT {_SOURCE_COLUMNS} FROM sources ORDER BY position"):
            yield _source(row)

    def close(self) -> None:
        self._connection.close()

    def sources(self) -> list[Source]:
        """All sources, by path."""
        return list(self._sources.values())

    def source(self, source_id: str) -> Source | None:
        return self._sources.get(source_id)

    def matching(self, condition: Filter) -> list[str]:
        """The ids of the sources that meet every condition of a filter, by path."""
        return [s.id for s in self._sources.values() if _meets(s, condition)]

    def text(self, source_id: str) -> StoredText:
        """A source's texts. Raises KeyError if there is no such source."""
        rows = self._rows(
            "SELECT text, pages, edits, sentences, shingles, sketch FROM sources WHERE id = ?",
            [source_id],
        )
        if not rows:
            raise KeyError(source_id)
        text, pages, edits, sentences, shingles, sketch = rows[0]
        assert isinstance(text, str)
        assert isinstance(pages, bytes)
        assert isinstance(edits, bytes)
        assert isinstance(sentences, bytes)
        assert isinstance(shingles, int)
        assert isinstance(sketch, bytes)
        return StoredText(
            text, tuple(_unpack(pages)), EditMap.from_bytes(edits), _unpack_spans(sentences),
            Sketch(shingles, sketch),
        )  # fmt: skip

    def passage_count(self) -> int:
        count = self._rows("SELECT count(*) FROM passages")[0][0]
        assert isinstance(count, int)
        return count

    def passages(self, numbers: Sequence[int]) -> list[Passage]:
        """The passages with these numbers, in the order asked for."""
        marks = ",".join("?" * len(numbers))
        rows = self._rows(
            f"SELECT {_PASSAGE_COLUMNS} FROM passages WHERE number IN ({marks})", list(numbers)
        )
        found = {row[1]: _passage(row) for row in rows}  # type: ignore[arg-type]
        return [found[number] for number in numbers]

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, by number."""
        for row in self._rows(f"SELECT {_PASSAGE_COLUMNS} FROM passages ORDER BY number"):
            yield _passage(row)  # type: ignore[arg-type]

    def passage_texts(self) -> set[str]:
        """The clean text of every passage."""
        return {str(row[0]) for row in self._rows("SELECT text FROM passages")}

    def holding(self, words: str) -> list[str]:
        """The ids of the sources whose canonical text holds these words to the letter, by path."""
        rows = self._rows(
            "SELECT id FROM sources WHERE instr(text, ?) > 0 ORDER BY position", [words]
        )
        return [str(row[0]) for row in rows]

    def passages_of(self, source_id: str) -> list[Passage]:
        """The passages of one source, in its order; none if there is no such source."""
        rows = self._rows(
            f"SELECT {_PASSAGE_COLUMNS} FROM passages WHERE source_id = ? ORDER BY number",
            [source_id],
        )
        return [_passage(row) for row in rows]  # type: ignore[arg-type]

    def passage_numbers(self, source_ids: Sequence[str]) -> NDArray[np.int64]:
        """The numbers of all passages of these sources, ascending."""
        wanted = set(source_ids)
        rows = self._rows("SELECT number, source_id FROM passages ORDER BY number")
        return np.array([number for number, source in rows if source in wanted], dtype=np.int64)

    def entries(self) -> dict[str, tuple[str, str]]:
        """By path: the source's id and fingerprint."""
        rows = self._rows("SELECT path, id, fingerprint FROM sources")
        return {str(path): (str(id_), str(fingerprint)) for path, id_, fingerprint in rows}

    def entry(self, source_id: str) -> Entry:
        """A source as a build wrote it. Raises KeyError if there is no such source."""
        stored = self.text(source_id)
        fingerprint = self._rows("SELECT fingerprint FROM sources WHERE id = ?", [source_id])[0][0]
        return Entry(
            self._sources[source_id], str(fingerprint), stored,
            tuple((p.span, p.clean_span, p.text) for p in self.passages_of(source_id)),
        )  # fmt: skip

    def roots(self) -> list[str]:
        """The files and folders that the index is built from, as a build named them."""
        return [str(row[0]) for row in self._rows("SELECT path FROM roots ORDER BY rowid")]

    def excluded(self) -> set[str]:
        """Paths of sources that were removed and stay out until a build names them."""
        return {str(row[0]) for row in self._rows("SELECT path FROM excluded")}

    def check(self) -> list[str]:
        """Faults that SQLite finds in the whole database; none if it is sound."""
        rows = [str(row[0]) for row in self._rows("PRAGMA integrity_check")]
        return [] if rows == ["ok"] else rows


def _meets(source: Source, condition: Filter) -> bool:
    if condition.source is not None:
        name = source.path.rsplit("/", 1)[-1]
        names = (source.path, name, source.id)
        if not any(fnmatchcase(n, condition.source) for n in names):
            return False
    if condition.since is None and condition.until is None:
        return True
    # ISO dates order as text.
    return source.published is not None and (
        (condition.since is None or source.published >= condition.since)
        and (condition.until is None or source.published <= condition.until)
    )


class StoreWriter:
    """Makes a generation's database; use as a context manager.

    Passages are numbered from 0 in the order they are added.
    """

    def __init__(self, path: Path) -> None:
        """Begin the database. Raises BuildError, as all of this does, if it cannot be written."""
        self._path = path
        with self._writing(path.name):
            self._connection = sqlite3.connect(path)
            # The file is made aside and thrown away if the build fails, so a journal is no use.
            self._connection.executescript(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA
            )
        self._next_number = 0
        self._position = 0

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            if kind is None:
                with self._writing(self._path.name):
                    self._connection.commit()
        finally:
            self._connection.close()

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BuildError(f"{what} cannot be stored ({error})", "check the disk") from error

    def add(self, entry: Entry) -> list[Passage]:
        """Write a source with its passages; returns them, numbered."""
        stored = entry.stored
        spans = [number for span in stored.sentences for number in span]
        row = (
            self._position, *astuple(entry.source), entry.fingerprint, stored.text,
            _pack(stored.pages), stored.edits.to_bytes(), _pack(spans),
            stored.sketch.shingles, stored.sketch.values,
        )  # fmt: skip
        marks = ", ".join("?" * len(row))
        passages = [
            Passage(
                passage_id(entry.source.id, span, text), self._next_number + index,
                entry.source.id, span, clean_span, text,
            )
            for index, (span, clean_span, text) in enumerate(entry.passages)
        ]  # fmt: skip
        with self._writing(entry.source.path):
            self._connection.execute(f"INSERT INTO sources VALUES ({marks})", row)
            self._connection.executemany(
                f"INSERT INTO passages ({_PASSAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(p.id, p.number, p.source_id, *p.span, *p.clean_span, p.text) for p in passages],
            )
        self._position += 1
        self._next_number += len(passages)
        return passages

    def set_roots(self, roots: Sequence[str], excluded: Iterable[str]) -> None:
        with self._writing(self._path.name):
            self._connection.executemany("INSERT INTO roots VALUES (?)", [(r,) for r in roots])
            self._connection.executemany(
                "INSERT INTO excluded VALUES (?)", [(path,) for path in sorted(excluded)]
            )


def passage_id(source_id: str, span: Span, text: str) -> str:
    """The id of a passage: the same for the same text at the same place of the same source."""
    digest = hashlib.sha256(f"{source_id}:{span.start}:{span.end}:{text}".encode()).hexdigest()
    return f"psg_{digest[:16]}"


_CHECK_BYTES = 8
# What SQLite says where the file is not to blame. A file that may be written, and that SQLite takes
# for read-only, is damaged: its header says so.
_NO_DAMAGE = frozenset(
    [
        sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    ]
)  # fmt: skip
_CACHE_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;"
)


def _check(data: bytes) -> bytes:
    """What a cached vector is known to be whole by: SQLite does not notice a changed value."""
    return hashlib.blake2b(data, digest_size=_CHECK_BYTES).digest()


def _whole(value: object) -> bytes | None:
    """A cached vector without its check, None if it is not what was written."""
    if not isinstance(value, bytes) or value[-_CHECK_BYTES:] != _check(value[:-_CHECK_BYTES]):
        return None
    return value[:-_CHECK_BYTES]


def cache_key(model: str, text: str) -> bytes:
    """What a cached vector is found by; it cannot be read back into the text."""
    return hashlib.sha256(f"{model}\n{text}".encode()).digest()


class VectorCache:
    """Embeddings by model and text, so that a build embeds only what it has not seen.

    A cache: if its file is damaged it is begun anew.
    """

    def __init__(self, path: Path, model: str) -> None:
        """Open or begin the cache. Raises BuildError if the file system does not let it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._model = model
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        try:
            connection.executescript(
                "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
                "PRAGMA temp_store = MEMORY;" + _CACHE_SCHEMA
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        """Throw a damaged cache away; what is not damage (a full disk, a lock) is no reason to."""
        # The primary code is the low byte: https://sqlite.org/rescode.html
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_DAMAGE or not os.access(
            self._path, os.W_OK
        ):
            raise BuildError(f"{self._path} cannot be used ({error})", "build again") from error
        if hasattr(self, "_connection"):
            self._connection.close()
        for suffix in ("", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._connection = self._open()

    def close(self) -> None:
        self._connection.close()

    def _key(self, text: str) -> bytes:
        return cache_key(self._model, text)

    def get(self, texts: Sequence[str], dimension: int) -> dict[str, FloatArray]:
        """The vectors that are known, by text."""
        try:
            return dict(self._known(texts, dimension))
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
            return {}

    def _known(self, texts: Sequence[str], dimension: int) -> Iterator[tuple[str, FloatArray]]:
        for text in texts:
            row = self._connection.execute(
                "SELECT vector FROM vectors WHERE key = ?", [self._key(text)]
            ).fetchone()
            data = _whole(row[0]) if row is not None else None
            if data is not None and len(data) == 4 * dimension:
                yield text, np.frombuffer(data, dtype="<f4")

    def put(self, texts: Sequence[str], vectors: FloatArray) -> None:
        """Keep these vectors, shape (texts, dimension)."""
        rows = []
        for text, vector in zip(texts, vectors, strict=True):
            data = vector.astype("<f4").tobytes()
            rows.append((self._key(text), data + _check(data)))
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)

    def prune(self, used: Iterable[bytes]) -> int:
        """Drop what is not among these keys, of any model; returns how many that were.

        Deleted rows are overwritten with zeros; a file that is mostly empty is made smaller.
        """
        try:
            with self._connection:
                gone = _drop_unused(self._connection, used)
            pages, free = (
                int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count")
            )
            if 2 * free > pages:
                self._connection.execute("VACUUM")
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
            return 0
        return gone

    def faults(self) -> int:
        """How many cached vectors are not what was written; each would be embedded again."""
        rows = self._connection.execute("SELECT vector FROM vectors")
        return sum(_whole(row[0]) is None for row in rows)


def _drop_unused(connection: sqlite3.Connection, used: Iterable[bytes]) -> int:
    connection.execute("DROP TABLE IF EXISTS temp.used")
    connection.execute("CREATE TEMP TABLE used (key BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in used))
    gone = connection.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM used)")
    connection.execute("DROP TABLE temp.used")
    return gone.rowcount


def rewrite_cache(path: Path, used: Iterable[bytes]) -> int:
    """Replace a cache by a new file that holds these keys alone; returns how many are gone.

    Nothing else was ever in the new file, so no page of it can hold what was dropped. A cache
    that cannot be read is deleted. Raises BuildError if the new file cannot be written.
    """
    if not path.exists():
        return 0
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    try:
        gone = _copy_used(path, aside, used)
    except sqlite3.OperationalError as error:
        aside.unlink(missing_ok=True)
        raise BuildError(f"{path} cannot be rewritten ({error})", "do it again") from error
    except sqlite3.DatabaseError:
        aside.unlink(missing_ok=True)
        path.unlink()
        gone = 0
    else:
        sync(aside)
        aside.replace(path)
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    sync(path.parent)
    return gone


def _copy_used(path: Path, aside: Path, used: Iterable[bytes]) -> int:
    # Opened first, so that what a killed build left in a journal is undone before it is read.
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA temp_store = MEMORY;")
        total = int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0])
        connection.execute("CREATE TEMP TABLE used (key BLOB PRIMARY KEY) WITHOUT ROWID")
        connection.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in used))
        connection.commit()
        connection.execute("ATTACH ? AS fresh", [str(aside)])
        connection.execute(_CACHE_SCHEMA.replace("vectors", "fresh.vectors", 1))
        kept = connection.execute(
            "INSERT INTO fresh.vectors SELECT key, vector FROM main.vectors "
            "WHERE key IN (SELECT key FROM used) ORDER BY key"
        ).rowcount
        connection.commit()
        return total - kept
    finally:
        connection.close()
