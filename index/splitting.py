"""Clean text → sentences and passages, with exact offsets.

Sentences are found by sentencex; langchain-text-splitters packs them into passages of so many
tokens of the embedder. Packing is done without overlap and without trimming, so that the pieces
rejoin to the text and their offsets are sums of lengths, never the result of a search (which
picks the wrong one of two equal pieces). Overlap is added afterwards, in whole sentences.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from index.types import Span

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """How text is split; part of what an index is made with.

    tokens: the most a passage holds, in tokens of the embedder without special ones.
    overlap: of these, the most that repeat the end of the passage before.
    """

    tokens: int = 128
    overlap: int = 32

    def within(self, limit: int) -> SplitSettings:
        """These settings where a model takes at most `limit` tokens."""
        tokens = min(self.tokens, limit)
        return SplitSettings(tokens, min(self.overlap, tokens // 2))


def sentences(text: str, language: str = "en") -> tuple[Span, ...]:
    """The sentences of a text in order, without the white space around them.

    Every character that is not white space lies in exactly one of them. A paragraph break always
    ends a sentence.
    """
    import sentencex

    found = []
    for boundary in sentencex.get_sentence_boundaries(language, text):
        start, end = boundary["start_index"], boundary["end_index"]
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            start += len(piece) - len(piece.lstrip())
            found.append(Span(start, start + len(stripped)))
    return tuple(found)


def sentence_range(bounds: Sequence[Span], span: Span) -> Span:
    """The smallest run of whole sentences that holds a span.

    bounds: what `sentences` returned. Falls back to the span itself where no sentence holds it.
    """
    first = max(0, bisect_right(bounds, span.start, key=lambda s: s.start) - 1)
    last = min(len(bounds) - 1, bisect_left(bounds, span.end, key=lambda s: s.end))
    if not bounds or bounds[first].start > span.start or bounds[last].end < span.end:
        return span
    return Span(bounds[first].start, bounds[last].end)


def split(
    text: str, bounds: Sequence[Span], count_tokens: CountTokens, settings: SplitSettings
) -> tuple[Span, ...]:
    """Passages of a text as spans of it, in order.

    bounds: the text's sentences. Passages begin and end at sentences (a sentence longer than a
    passage is cut at a comma or a space), hold at most `settings.tokens` tokens, and together
    cover every sentence.
    """
    if not bounds:
        return ()
    # Each piece runs to the start of the next sentence, so that the pieces rejoin to the text.
    edges = [0, *(s.start for s in bounds[1:]), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    lengths = dict(zip(pieces, count_tokens(pieces), strict=True))

    def length(piece: str) -> int:
        # A tokenizer may see nothing in a piece (soft hyphens, for one). It counts as one all the
        # same: langchain carries pieces of no length over into the next passage a second time.
        if piece not in lengths:
            lengths[piece] = count_tokens([piece])[0]
        return max(lengths[piece], bool(piece))

    body = max(1, settings.tokens - settings.overlap)
    chunks = _packer(edges, body, length).split_text(text)
    assert "".join(chunks) == text, "passages must rejoin to the text"
    spans = []
    at = 0
    for chunk in chunks:
        spans.append(Span(at, at + len(chunk)))
        at += len(chunk)
    trimmed = [_trim(text, span) for span in spans]
    kept = [span for span in trimmed if span.start < span.end]
    return tuple(_overlapping(text, kept, bounds, length, settings))


def _packer(edges: Sequence[int], size: int, length: Callable[[str], int]) -> Any:
    """A langchain splitter that packs these sentences."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter, TextSplitter

    inside = RecursiveCharacterTextSplitter(
        separators=["; ", ", ", "\n", " ", ""], keep_separator="end", chunk_size=size,
        chunk_overlap=0, length_function=length, strip_whitespace=False,
    )  # fmt: skip

    class SentencePacker(TextSplitter):
        def split_text(self, text: str) -> list[str]:
            pieces = []
            for start, end in pairwise(edges):
                piece = text[start:end]
                pieces += [piece] if length(piece) <= size else inside.split_text(piece)
            return self._merge_splits(pieces, "")

    return SentencePacker(
        chunk_size=size, chunk_overlap=0, length_function=length, strip_whitespace=False
    )


def _trim(text: str, span: Span) -> Span:
    piece = text[span.start : span.end]
    stripped = piece.strip()
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, start + len(stripped))


def _overlapping(
    text: str, spans: Sequence[Span], bounds: Sequence[Span], length: Callable[[str], int],
    settings: SplitSettings,
) -> list[Span]:  # fmt: skip
    """Each passage, begun earlier by as many whole sentences of the one before as fit."""
    starts = [s.start for s in bounds]
    extended: list[Span] = []
    for number, span in enumerate(spans):
        start = span.start
        # Where a passage begins inside an over-long sentence there is no sentence to repeat.
        index = bisect_left(starts, span.start)
        if number and index < len(starts) and starts[index] == span.start:
            floor = extended[-1].start
            while index > 0 and starts[index - 1] > floor:
                longer = text[starts[index - 1] : span.end]
                repeated = text[starts[index - 1] : span.start]
                if length(repeated) > settings.overlap or length(longer) > settings.tokens:
                    break
                index -= 1
                start = starts[index]
        extended.append(Span(start, span.end))
    return extended
