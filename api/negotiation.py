"""Which of two forms a client would rather have (RFC 9110, section 12.5.1)."""

from __future__ import annotations


def quality(accept: str, media_type: str) -> float:
    """How much an Accept header wants a media type, 0 to 1; 1 where there is none."""
    if not accept.strip():
        return 1.0
    best, at = 0.0, -1
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        rank = _rank(name.lower(), media_type)
        if rank > at:
            best, at = _weight(parameters), rank
    return best


def prefers(accept: str, media_type: str, other: str) -> bool:
    """Whether one media type is wanted more than another; not if both are wanted alike."""
    return quality(accept, media_type) > quality(accept, other)


def _rank(name: str, media_type: str) -> int:
    """How exactly a range names a media type; -1 if it does not."""
    if name == media_type:
        return 2
    if name == f"{media_type.partition('/')[0]}/*":
        return 1
    return 0 if name == "*/*" else -1


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
