"""An answer as W3C Web Annotations (https://www.w3.org/TR/annotation-model/).

Each citation is an annotation: its body is the answer, its target the quote in the source's
canonical text, found by its words as well as by its place.
"""

from __future__ import annotations

from typing import Any

from qa.rendering import citation_json
from qa.types import Answer, Citation

MEDIA_TYPE = "application/ld+json"
PROFILE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'


def annotation_page(answer: Answer, base: str) -> dict[str, Any]:
    """A page of annotations, one a citation: of the answer first, then of the alternatives.

    base: the service's own address, without a slash at its end.
    """
    given = [(answer.answer, answer.confidence, answer.citations)] if answer.answer else []
    others = [(a.answer, a.confidence, a.citations) for a in answer.alternatives]
    items = [
        _annotation(f"urn:pincite:{answer.id}:{number}:{place}", text, confidence, cited, base)
        for number, (text, confidence, citations) in enumerate([*given, *others])
        for place, cited in enumerate(citations)
    ]
    return {
        "@context": [
            "http://www.w3.org/ns/anno.jsonld",
            {"pincite": "urn:pincite:", "confidence": "pincite:confidence"},
        ],
        "id": f"urn:pincite:{answer.id}",
        "type": "AnnotationPage",
        "label": answer.question,
        "startIndex": 0,
        "items": items,
    }


def _annotation(
    identity: str, text: str | None, confidence: float | None, citation: Citation, base: str
) -> dict[str, Any]:
    source = citation.source
    target: dict[str, Any] = {
        "id": f"{base}/v1/sources/{source.id}/text",
        "type": "Text",
        "format": "text/plain",
        "dcterms:title": source.title,
    }
    if source.author is not None:
        target["creator"] = {"type": "Person", "name": source.author}
    if source.published is not None:
        target["created"] = f"{source.published}T00:00:00Z"
    if source.url is not None:
        # Where the text was taken from; the place is one in the text as it is kept here.
        target["via"] = source.url
    return {
        "id": identity,
        "type": "Annotation",
        "motivation": "linking",
        "confidence": confidence,
        "body": {
            "type": "TextualBody", "value": text, "format": "text/plain", "purpose": "describing",
        },
        "target": {
            "type": "SpecificResource",
            "source": target,
            "selector": citation_json(citation)["selectors"],
        },
    }  # fmt: skip
