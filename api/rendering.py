"""JSON shapes that the command line and the HTTP service share; `qa.rendering` has the answer's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.types import Hit, Source

# JSON must escape C0 control characters, and nothing else. These can steer a terminal or turn the
# reading order of a line around all the same, or end a line for a reader of JSON lines.
_ESCAPED = {
    code: f"\\u{code:04x}"
    for code in (
        *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A),
    )
}  # fmt: skip


def search_json(
    query: str, hits: Sequence[Hit], *, generation: int, built_at: str, total_ms: float
) -> dict[str, object]:
    """What a search answers."""
    from qa.rendering import hit_json

    return {
        "query": query,
        "passages": [hit_json(hit) for hit in hits],
        "index": {"generation": generation, "built_at": built_at},
        "timing_ms": {"total": round(total_ms, 1)},
    }


def sources_json(sources: Sequence[Source]) -> list[dict[str, object]]:
    """Sources as answers cite them."""
    from qa.rendering import source_json

    return [source_json(source) for source in sources]


def plain(value: object) -> object:
    """A frozen value as JSON knows it: dataclasses and mappings as objects, sequences as arrays."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def one_line_json(value: object, encoding: str = "utf-8") -> str:
    """One line of JSON, readable where `encoding` allows, and harmless to a terminal.

    Raises ValueError on NaN and infinities, which JSON has not.
    """
    line = json.dumps(value, ensure_ascii=False, allow_nan=False).translate(_ESCAPED)
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False)
    return line
