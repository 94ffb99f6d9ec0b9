"""Answers, hits and sources as the contract's JSON: one place, for every way out."""

from __future__ import annotations

from typing import Any

from index.types import Hit, Source, Span
from qa.types import Alternative, Answer, Attribution, Citation, Decision, Reading

Json = dict[str, Any]


def answer_json(answer: Answer, *, explain: bool = False) -> Json:
    """The contract's answer object; with `explain`, also what the decision rests on and what was
    found in each passage read."""
    data: Json = {
        "id": answer.id,
        "question": answer.question,
        "status": answer.status,
        "answer": answer.answer,
        "confidence": _rounded(answer.confidence),
        "support": answer.support,
        "citations": [citation_json(c) for c in answer.citations],
        "items": [_item_json(item) for item in answer.items],
        "alternatives": [_alternative_json(a) for a in answer.alternatives],
        "passages": [hit_json(h) for h in answer.passages],
        "index": {"generation": answer.generation, "built_at": answer.built_at},
        "models": dict(answer.models),
        "timing_ms": dict(answer.timing_ms),
        "tokens_read": answer.tokens_read,
        "offset_unit": "unicode_code_point",
    }
    if explain:
        data["decision"] = _decision_json(answer.decision)
        data["readings"] = [_reading_json(r) for r in answer.readings]
    return data


def citation_json(citation: Citation) -> Json:
    """One citation, with the selectors of the W3C Web Annotation model."""
    hit = citation.hit
    return {
        "source": source_json(citation.source),
        "quote": citation.quote,
        "quote_clean": citation.quote_clean,
        "quote_span": _span(citation.quote_span),
        "answer_span": _span(citation.answer_span),
        "answer_clean_span": _span(citation.answer_clean_span),
        "page": citation.page,
        "line": citation.line,
        "attribution": _attribution_json(citation.attribution),
        "hedged": citation.hedged,
        "copy_of": citation.copy_of,
        "passage_id": hit.passage.id,
        "selectors": [
            {
                "type": "TextQuoteSelector",
                "exact": citation.quote,
                "prefix": citation.prefix,
                "suffix": citation.suffix,
            },
            {"type": "TextPositionSelector", **_span(citation.quote_span)},
        ],
        "deep_link": citation.deep_link,
        "scores": {"reader": _rounded(citation.reader), **_scores(hit)},
    }


def hit_json(hit: Hit) -> Json:
    """One ranked passage."""
    return {
        "id": hit.passage.id,
        "source": source_json(hit.source),
        "span": _span(hit.passage.span),
        "text": hit.passage.text,
        "scores": _scores(hit),
    }


def source_json(source: Source) -> Json:
    """One source, as it is cited."""
    return {
        "id": source.id,
        "title": source.title,
        "author": source.author,
        "publisher": source.publisher,
        "published": source.published,
        "based_on": source.based_on,
        "url": source.url,
        "path": source.path,
        "media_type": source.media_type,
        "sha256": source.sha256,
    }


def _item_json(item: Alternative) -> Json:
    return {
        "answer": item.answer,
        "confidence": _rounded(item.confidence),
        "support": item.support,
        "citations": [citation_json(c) for c in item.citations],
    }


def _decision_json(decision: Decision | None) -> Json | None:
    if decision is None:
        return None
    return {
        "confidence": _rounded(decision.confidence),
        "needed": _rounded(decision.needed),
        "evidence": [
            {"feature": e.feature, "value": _rounded(e.value), "adds": _rounded(e.adds)}
            for e in decision.evidence
        ],
    }


def _alternative_json(alternative: Alternative) -> Json:
    return {
        "answer": alternative.answer,
        "confidence": _rounded(alternative.confidence),
        "support": alternative.support,
        "rival": alternative.rival,
        "citations": [citation_json(c) for c in alternative.citations],
    }


def _attribution_json(attribution: Attribution | None) -> Json | None:
    if attribution is None:
        return None
    words = attribution.words
    return {"text": words.text, "span": _span(words.span), "who": attribution.who.text}


def _reading_json(reading: Reading) -> Json:
    return {
        "rank": reading.rank,
        "passage_id": reading.passage_id,
        "source": reading.source_path,
        "best": reading.best,
        "margin": _rounded(reading.margin),
        "score": _rounded(reading.score),
        "fused": _rounded(reading.fused),
        "dense": _rounded(reading.dense),
        "lexical": _rounded(reading.lexical),
        "verdict": reading.verdict,
    }


def _scores(hit: Hit) -> Json:
    return {
        "dense": _rounded(hit.dense),
        "lexical": _rounded(hit.lexical),
        "fused": _rounded(hit.fused),
    }


def _span(span: Span) -> Json:
    return {"start": span.start, "end": span.end}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
