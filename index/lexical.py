"""The lexical leg: BM25 over folded words. The only module that imports tantivy.

No user text ever reaches a query parser: queries are built term by term.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy

from index.errors import BuildError, IndexDamagedError
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


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of a question that say what it is about.

    choices: for each word, the ways to say it (itself and its aliases), each a run of stems.
    weights: how much each word tells, its inverse document frequency as BM25 has it (Robertson
        and Zaragoza 2009, equation 3.5, plus one inside the logarithm so that none is negative).
    stems: a text's own.
    """

    choices: tuple[tuple[tuple[str, ...], ...], ...]
    weights: tuple[float, ...]
    stems: Callable[[str], frozenset[str]]

    def covered(self, text: str) -> float:
        """How much of the question's weight a text has words for, 0 to 1."""
        total = sum(self.weights)
        if not total:
            return 0.0
        held = self.stems(text)
        said = sum(
            weight
            for choice, weight in zip(self.choices, self.weights, strict=True)
            if any(held.issuperset(stems) for stems in choice)
        )
        return said / total


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

    def terms(self, text: str) -> Terms:
        """What a question asks about, word by word, with how rare each word is here."""
        choices = self._choices(text, every_word=True)
        count = len(self)
        weights = []
        for choice in choices:
            # A word is as rare as the commonest way to say it.
            found = max(
                min(self._searcher.doc_freq("text", stem) for stem in stems) for stems in choice
            )
            weights.append(math.log(1 + (count - found + 0.5) / (found + 0.5)))
        return Terms(tuple(choices), tuple(weights), self._stems)

    def _stems(self, text: str) -> frozenset[str]:
        return frozenset(self._analyze.analyze(" ".join(words(text))))

    def _choices(self, text: str, *, every_word: bool = False) -> list[tuple[tuple[str, ...], ...]]:
        """For each word of a question, the stems of the word and of each alias of it.

        every_word: the alias of a name of several words stands for each of them, not for the
        first alone.
        """
        tokens = words(text)
        kept = [i for i, t in enumerate(tokens) if t not in _QUESTION_WORDS]
        # A question of nothing but such words still asks for something.
        choices = {i: [tuple(self._analyze.analyze(tokens[i]))] for i in kept or range(len(tokens))}
        for start, end, other in self._aliases.alternatives(tokens):
            for position in range(start, end if every_word else start + 1):
                if position in choices:
                    choices[position].append(tuple(self._analyze.analyze(" ".join(other))))
        made = (tuple(stems for stems in choice if stems) for choice in choices.values())
        return [choice for choice in made if choice]

    def _scoring_query(self, text: str) -> tantivy.Query | None:
        """One clause a word, each the best of the word and what its aliases say instead."""
        clauses = [
            (
                tantivy.Occur.Should,
                tantivy.Query.disjunction_max_query(
                    [self._term(s[0]) if len(s) == 1 else self._all_of(s) for s in choice]
                ),
            )
            for choice in self._choices(text)
        ]
        return tantivy.Query.boolean_query(clauses) if clauses else None

    def _term(self, stem: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "text", stem, "freq")

    def _all_of(self, stems: Iterable[str]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term(s)) for s in stems])


def write_lexical(folder: Path, passages: Iterable[Passage]) -> int:
    """Write a new lexical index of these passages into an empty folder; returns how many.

    Raises BuildError if it cannot be written.
    """
    folder.mkdir(parents=True)
    try:
        return _write(folder, passages)
    # tantivy raises ValueError or OSError for whatever it dislikes.
    except (ValueError, OSError) as error:
        raise BuildError(f"the lexical index cannot be written: {error}", "check the disk") from (
            error
        )


def _write(folder: Path, passages: Iterable[Passage]) -> int:
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
