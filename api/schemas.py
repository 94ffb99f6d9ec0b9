"""What the HTTP service answers, as OpenAPI tells of it.

Responses are rendered by `qa.rendering`, the same as the command line's; these models document
them, and a test holds the two together. What it takes stands in `api/requests.py`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class SpanModel(BaseModel):
    """A half-open run of code points, of a source's canonical text unless it says otherwise."""

    start: int
    end: int


class SourceModel(BaseModel):
    """One indexed file."""

    id: str
    title: str
    author: str | None
    publisher: str | None
    published: str | None = Field(description="YYYY-MM-DD")
    based_on: str | None
    url: str | None
    path: str
    media_type: str
    sha256: str = Field(description="of the file's bytes, hexadecimal")


class PassageScores(BaseModel):
    """How a passage was found."""

    dense: float | None = Field(description="cosine similarity; null if that leg missed it")
    lexical: float | None = Field(description="BM25; null if that leg missed it")
    fused: float = Field(description="cosine and BM25 in one score, -1 to 2: what ranks passages")


class CitationScores(PassageScores):
    """The same, with the reader's."""

    reader: float = Field(description="the span against no answer, as a probability")


class QuoteSelector(BaseModel):
    """W3C Web Annotation: the quote with what stands around it."""

    type: Literal["TextQuoteSelector"]
    exact: str
    prefix: str
    suffix: str


class PositionSelector(BaseModel):
    """W3C Web Annotation: where the quote stands."""

    type: Literal["TextPositionSelector"]
    start: int
    end: int


class AttributionModel(BaseModel):
    """Who says so in the quote."""

    text: str = Field(
        description="the words that say it: quote_clean[start:end] of span",
        examples=["Armenia claims", "according to the Defence Ministry"],
    )
    span: SpanModel = Field(description="in quote_clean")
    who: str = Field(description="the speaker alone, a part of text", examples=["Armenia"])


class CitationModel(BaseModel):
    """Where one source gives an answer: `canonical_text[start:end]` of `quote_span` is `quote`."""

    source: SourceModel
    quote: str = Field(description="the proof, to the letter")
    quote_clean: str = Field(description="the same as a person reads it")
    quote_span: SpanModel
    answer_span: SpanModel = Field(description="the answer, inside the quote")
    answer_clean_span: SpanModel = Field(description="the answer in quote_clean")
    page: int | None
    line: int
    attribution: AttributionModel | None = Field(
        description="who is said to say so; null where the quote does not tell plainly"
    )
    hedged: bool = Field(
        description="whether the quote leaves it uncertain: 'reportedly', 'is expected to'"
    )
    copy_of: str | None = Field(
        description="the id of the cited source whose text this one repeats; null if it is none"
    )
    passage_id: str
    selectors: list[QuoteSelector | PositionSelector]
    deep_link: str | None
    scores: CitationScores


class AlternativeModel(BaseModel):
    """Another answer, with its own citations."""

    answer: str
    confidence: float
    support: int = Field(description="how many independent voices say so: copies count once")
    rival: bool = Field(
        description="whether it stands near the best answer and contradicts one that does; "
        "no date counts"
    )
    citations: list[CitationModel]


class PassageModel(BaseModel):
    """A passage that was found."""

    id: str
    source: SourceModel
    span: SpanModel
    text: str = Field(description="as it is read, which is the clean text of the span")
    scores: PassageScores


class ItemModel(BaseModel):
    """One of several things that a question asks for."""

    answer: str
    confidence: float = Field(description="the probability that it is one of them")
    support: int = Field(description="how many independent voices name it")
    citations: list[CitationModel]


class IndexModel(BaseModel):
    """Which state of the index this comes from."""

    generation: int
    built_at: str


class ModelsModel(BaseModel):
    """Which models this comes from, each as name@digest."""

    embedder: str
    reader: str


class AskTiming(BaseModel):
    """Milliseconds."""

    retrieve: float
    read: float
    total: float


class SearchTiming(BaseModel):
    """Milliseconds."""

    total: float


class AnswerModel(BaseModel):
    """An answer, or the admission that there is none: then `answer` is null."""

    id: str
    question: str
    status: Literal["answered", "no_answer"]
    answer: str | None
    confidence: float | None = Field(description="the probability that the answer is right")
    support: int = Field(
        description="how many independent voices give the answer: copies count once; 0 if none"
    )
    citations: list[CitationModel] = Field(description="one a source that says so, best first")
    items: list[ItemModel] = Field(
        description="where the question asks for several things, each that was found, surest first"
    )
    alternatives: list[AlternativeModel]
    passages: list[PassageModel] = Field(description="the nearest, answer or not")
    index: IndexModel
    models: ModelsModel
    timing_ms: AskTiming
    tokens_read: int
    offset_unit: Literal["unicode_code_point"]


class SearchModel(BaseModel):
    """Ranked passages, best first."""

    query: str
    passages: list[PassageModel]
    index: IndexModel
    timing_ms: SearchTiming


class SourcesModel(BaseModel):
    """A page of the sources, by path."""

    sources: list[SourceModel]
    next: str | None = Field(description="the cursor of the next page; null on the last")


class TextModel(BaseModel):
    """A run of a source's canonical text, with the ends it came to."""

    id: str
    start: int
    end: int
    text: str


class AliveModel(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ReadyModel(BaseModel):
    """Models and index are loaded."""

    status: Literal["ready"]
    generation: int


class ProgressModel(BaseModel):
    """How far a job is: `total` is null where nobody knows."""

    done: int
    total: int | None
    stage: str | None = Field(examples=["embedding"])


class JobModel(BaseModel):
    """Work on the index."""

    id: str
    kind: Literal["rebuild", "add", "delete"]
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: ProgressModel
    error: str | None = Field(description="what went wrong and what to do, in one line")
    interrupted: bool = Field(
        description="whether it failed because the service ended; it can be started again"
    )
    generation: int | None = Field(description="the one that was live when it was done")
    source: str | None = Field(description="the id of the source that it adds or deletes")
    title: str | None = Field(description="what a person calls that")
    notes: list[str] = Field(description="files that were skipped, and why")
    created: str
    started: str | None
    ended: str | None


class JobsModel(BaseModel):
    """The jobs that are remembered, the newest first."""

    jobs: list[JobModel]
