"""The lexical leg: BM25 over folded words. The only module that imports tantivy.

No user text ever reaches a query parser: queries are built term by term.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import tantivy

from index.errors import IndexDamagedError
from index.folding import Aliases, words
from index.types import Passage

_ANALYZER = "folded_english"
# Words that carry a question but never an answer's place; they cost time and add noise.
_QUESTION_WORDS = frozenset(
    [
        "a", "an", "and", "are", "as", "at", "be", "been", "being", "by", "did", "do", "does",
        "for", "from", "had", "has", "have", "how", "in", "into", "is", "it", "its", "of", "on",
        "or", "that", "the", "their", "there", "these", "they", "this", "those", "to", "was",
        "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with",
        "would", "many", "much", "s",
    ]
)  # fmt: skip
_WRITER_BYTES = 50_000_000


def _analyzer() -> tantivy.TextAnalyzer:
    """Whitespace, then English stems. Folding comes before it, in `words`."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer("english")).build()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=False, indexed=True, fast=True)
    builder.add_text_field("source", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", stored=False, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


class LexicalIndex:
    """An opened lexical index. Immutable, and safe to share between threads."""

    def __init__(self, folder: Path, aliases: Aliases) -> None:
        """Open the index in `folder`. Raises IndexDamagedError if tantivy cannot."""
        try:
            index = tantivy.Index.open(str(folder))
        # tantivy raises ValueError or OSError for whatever it dislikes.
        except (ValueError, OSError) as error:
            raise IndexDamagedError(
                f"the lexical index in {folder} cannot be opened: {error}",
                "run: pincite build --full",
            ) from error
        self._analyze = _analyzer()
        index.register_tokenizer(_ANALYZER, self._analyze)
        self._schema = index.schema
        self._searcher = index.searcher()
        self._aliases = aliases

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(
        self, text: str, count: int, sources: Sequence[str] | None = None
    ) -> list[tuple[int, float]]:
        """The `count` best passages as (number, BM25 score), best first.

        sources: ids of the only sources to look in; None looks in all. The condition is part of
        the query, so it never starves the result. Passages that share no word with `text` are
        not returned.
        """
        if count <= 0 or (sources is not None and not sources):
            return []
        scoring = self._scoring_query(text)
        if scoring is None:
            return []
        query = scoring
        if sources is not None:
            allowed = tantivy.Query.term_set_query(self._schema, "source", list(sources))
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, scoring),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(allowed, 0.0)),
                ]
            )
        found = self._searcher.search(query, limit=min(count, max(1, len(self)))).hits
        addresses = [address for _, address in found]
        numbers = self._searcher.fast_field_values("number", addresses)
        ranked = [(int(n or 0), float(s)) for n, (s, _) in zip(numbers, found, strict=True)]
        # Equal scores come in an order of their own in each segment.
        return sorted(ranked, key=lambda pair: (-pair[1], pair[0]))

    def _scoring_query(self, text: str) -> tantivy.Query | None:
        """One clause a word, each the best of the word and what its aliases say instead."""
        tokens = words(text)
        kept = [i for i, t in enumerate(tokens) if t not in _QUESTION_WORDS]
        # A question of nothing but such words still asks for something.
        positions = kept or list(range(len(tokens)))
        choices: dict[int, list[tantivy.Query]] = {
            i: [self._term(stem) for stem in self._analyze.analyze(tokens[i])] for i in positions
        }
        for start, _end, other in self._aliases.alternatives(tokens):
            if start in choices:
                stems = self._analyze.analyze(" ".join(other))
                choices[start].append(
                    self._term(stems[0]) if len(stems) == 1 else self._all_of(stems)
                )
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.disjunction_max_query(queries))
            for queries in choices.values() if queries
        ]  # fmt: skip
        return tantivy.Query.boolean_query(clauses) if clauses else None

    def _term(self, stem: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "text", stem, "freq")

    def _all_of(self, stems: Iterable[str]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term(s)) for s in stems])


def write_lexical(folder: Path, passages: Iterable[Passage]) -> int:
    """Write a new lexical index of these passages into an empty folder; returns how many."""
    folder.mkdir(parents=True)
    index = tantivy.Index(_schema(), str(folder))
    index.register_tokenizer(_ANALYZER, _analyzer())
    # One thread makes one segment, and the same one each time.
    writer = index.writer(_WRITER_BYTES, 1)
    count = 0
    for passage in passages:
        document = tantivy.Document()
        document.add_unsigned("number", passage.number)
        document.add_text("source", passage.source_id)
        document.add_text("text", " ".join(words(passage.text)))
        writer.add_document(document)
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count
