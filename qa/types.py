"""The values of answering: what a reader found, and an answer with its citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from index.generations import GenerationState
from index.types import Filter, Hit, Source, Span

Status = Literal["answered", "no_answer"]


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A possible answer in one passage.

    span: code points of the passage's clean text.
    margin: its score less the passage's no-answer score, in logits; above 0 the reader would
        rather answer than not. Comparable across passages.
    """

    span: Span
    margin: float


@dataclass(frozen=True, slots=True)
class Question:
    """A checked question and its options; `qa.answering.check_question` makes it.

    top_k: how many passages, and at most how many alternatives, an answer shows. It has no
        bearing on what is read or decided.
    min_confidence: answer only if at least so sure, 0 to 1; None takes the setting.
    max_error: answer only where at most this share of the answers given is promised to be wrong;
        it takes the setting's place.
    """

    text: str
    top_k: int = 5
    condition: Filter = field(default_factory=Filter)
    min_confidence: float | None = None
    max_error: float | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """Words of a quote: `quote_clean[span.start:span.end]` is `text`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who says so in a quote. words: all that says it ("Armenia claims"). who: the speaker alone
    ("Armenia")."""

    words: Wording
    who: Wording


@dataclass(frozen=True, slots=True)
class Citation:
    """Where one source gives an answer.

    quote: the sentence or sentences that hold the answer: exactly the canonical text of
        `quote_span`. quote_clean: the same as a person reads it.
    answer_span: the answer in the canonical text, inside `quote_span`.
    answer_clean_span: the answer in `quote_clean`.
    prefix, suffix: up to 32 code points of canonical text around the quote.
    page, line: 1-based, of the answer's start; page is None where the source has none.
    reader: the span's margin over no-answer as a probability, 0 to 1.
    attribution: who is said to say so; None if the quote does not tell plainly.
    hedges: the words by which the quote leaves the answer uncertain.
    copy_of: the id of the cited source that this one repeats; None if it speaks for itself.
    """

    hit: Hit
    quote: str
    quote_clean: str
    quote_span: Span
    answer_span: Span
    answer_clean_span: Span
    prefix: str
    suffix: str
    line: int
    page: int | None
    reader: float
    deep_link: str | None = None
    attribution: Attribution | None = None
    hedges: tuple[Wording, ...] = ()
    copy_of: str | None = None

    @property
    def source(self) -> Source:
        return self.hit.source

    @property
    def hedged(self) -> bool:
        return bool(self.hedges)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One distinct answer, with one citation a source that gives it, best first.

    confidence: the probability that it is right, 0 to 1.
    rival: whether it stands near the best answer and contradicts one that does, see
        `selection.rivals`.
    """

    answer: str
    confidence: float
    citations: tuple[Citation, ...]
    rival: bool = False

    @property
    def support(self) -> int:
        """How many independent voices say so: copies of one text count once."""
        return support(self.citations)

    @property
    def latest(self) -> str | None:
        """The date of the newest source that says so; None if none has one."""
        dates = (c.source.published for c in self.citations)
        return max((date for date in dates if date is not None), default=None)


# answer: it was answered. too unsure: it would have been, had it been surer. same place: the
# answer's own words, cut otherwise. same answer: it says the same, elsewhere in a source that is
# cited already. wrong kind: a number or a time was asked for, and it holds none. outranked: the
# reader takes it for an answer, and another stands above it. not here: the reader would rather
# say that the passage does not answer. nothing found: not even that.
Verdict = Literal[
    "answer",
    "too unsure",
    "same place",
    "same answer",
    "wrong kind",
    "outranked",
    "not here",
    "nothing found",
]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in one passage that was read: for `--explain`.

    best: the passage's best span as text, None if it has none. score: what candidates are ranked
    by. rank: of the passage in the retrieval, from 1. verdict: what became of the best span.
    """

    rank: int
    passage_id: str
    source_path: str
    best: str | None
    margin: float | None
    score: float | None
    fused: float
    dense: float | None
    lexical: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """One feature of the best answer (`confidence.FEATURES`), and what it adds to the logit of the
    confidence."""

    feature: str
    value: float
    adds: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Why it was answered or not: how sure the best answer is, and how sure it had to be.

    confidence: None where nothing was found. evidence: what it is made of, beside the constant
        that every answer begins with.
    """

    confidence: float | None
    needed: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the contract has it; `qa.rendering.answer_json` gives its JSON.

    answer and confidence are None, and citations empty, when status is "no_answer".
    alternatives: other answers, surest first; never the answer itself.
    passages: the nearest passages, best first, whether or not they were read.
    timing_ms: wall-clock milliseconds by stage: retrieve, read, total.
    readings: every passage that was read, in retrieval order.
    items: where the question asks for several things, each that was found, surest first.
    """

    id: str
    question: str
    status: Status
    answer: str | None
    confidence: float | None
    citations: tuple[Citation, ...]
    alternatives: tuple[Alternative, ...]
    passages: tuple[Hit, ...]
    generation: int
    built_at: str
    models: Mapping[str, str]
    timing_ms: Mapping[str, float]
    tokens_read: int = 0
    readings: Sequence[Reading] = ()
    items: tuple[Alternative, ...] = ()
    decision: Decision | None = None

    @property
    def support(self) -> int:
        """How many independent voices give the answer; 0 when there is none."""
        return support(self.citations)


def support(citations: Sequence[Citation]) -> int:
    """How many of these citations repeat no other one."""
    return sum(citation.copy_of is None for citation in citations)


# holds: the quote stands where it did, to the letter. moved: it stands at another place. changed:
# something like it stands there now. gone: it stands nowhere. invalid: it never was a citation of
# this index, for it contradicts itself or the very bytes that it cites.
CitationState = Literal["holds", "moved", "changed", "gone", "invalid"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the words of a citation stand now. span, answer_span: in the source's canonical text;
    answer_span is None where the words are others. line: 1-based, of the span's start."""

    source_id: str
    path: str
    span: Span
    answer_span: Span | None
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class CitationCheck:
    """What `verify` found of one citation: `fault` is None if it holds, else a line that says
    what became of it. found: where it stands now, if it moved or changed."""

    answer_id: str
    source: str
    fault: str | None = None
    state: CitationState = "holds"
    found: Standing | None = None


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What `status` tells of an index. bytes: of each part, on disk. generations: all that are
    there, oldest first."""

    generation: int
    built_at: str
    sources: int
    passages: int
    models: Mapping[str, str]
    splitter: Mapping[str, int]
    bytes: Mapping[str, int]
    changed: tuple[str, ...]
    roots: tuple[str, ...]
    generations: tuple[GenerationState, ...] = ()
