"""How many independent voices: which of the sources that give an answer repeat another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index.folding import words
from index.sketching import Sketch, is_copy
from qa.types import Citation

# A sentence this long does not come out the same twice by chance.
LEAST_SAME_WORDS = 8


def mark_copies(
    citations: Sequence[Citation], sketches: Sequence[Sketch]
) -> tuple[Citation, ...]:  # fmt: skip
    """The citations of one answer, in the same order, with `copy_of` where one repeats another.

    sketches: of the citations' sources. Two sources are one voice if one's text is the other's
    (`sketching.is_copy`), or if the sentence quoted is the same; and so are those that are linked
    by a third. The source with the earliest date speaks for all, of those without a date the
    first, and is the only one without `copy_of`.
    """
    voice = list(range(len(citations)))
    for at in range(len(citations)):
        for earlier in range(at):
            if voice[at] != voice[earlier] and (
                is_copy(sketches[at], sketches[earlier])
                or same_quote(citations[at], citations[earlier])
            ):
                joined = voice[at]
                voice = [voice[earlier] if v == joined else v for v in voice]
    marked = []
    for at, citation in enumerate(citations):
        alike = [i for i in range(len(citations)) if voice[i] == voice[at]]
        speaks = min(alike, key=lambda i: (citations[i].source.published or "9999", i))
        copied = None if speaks == at else citations[speaks].source.id
        marked.append(replace(citation, copy_of=copied))
    return tuple(marked)


def same_quote(one: Citation, other: Citation) -> bool:
    """Whether two quotes are the same sentence, or one holds the other, by their folded words."""
    shorter, longer = sorted((words(one.quote_clean), words(other.quote_clean)), key=len)
    if len(shorter) < LEAST_SAME_WORDS:
        return False
    return f" {' '.join(shorter)} " in f" {' '.join(longer)} "
