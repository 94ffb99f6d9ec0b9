"""All of cleaning in order: find what to drop, see the lines, set some aside, join the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.cleaning import furniture, markdown, navigation, notes, pullquotes, words
from index.cleaning.editmap import Edit
from index.cleaning.layout import PARAGRAPH, Gap, Layout, goes_on, measure, separator
from index.cleaning.lines import Kind, Line, merge, page_starts, see, split, trimmed
from index.types import Document

_MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True)
class _Joint:
    """What joins a kept line to the one before: `text` for everything from `start` to its start."""

    start: int
    text: str


def edits_for(document: Document) -> list[Edit]:
    """The edits that make the clean text of a document, sorted and apart."""
    text = document.text
    pages = page_starts(text, document.pages)
    lines = _see(document, pages)
    if document.media_type == _MARKDOWN:
        # Line ends in Markdown are soft by definition, and there are no pages.
        layout, aside = Layout(wrapped=True, width=0, marked=True), set[int]()
    else:
        layout = measure(lines)
        aside = pullquotes.find(lines, layout)
        aside |= furniture.find(lines, pages, layout, aside)
    kept = [number for number, line in enumerate(lines) if line.text and number not in aside]
    joints = _joints(lines, kept, layout)
    kept, joints = _without_navigation(lines, kept, joints)
    return list(_edits(text, [lines[number] for number in kept], joints))


def _see(document: Document, pages: Sequence[int]) -> list[Line]:
    text = document.text
    spans = split(text)
    drops = [Edit(*span, "") for span in document.set_aside if span.start < span.end]
    kinds = [Kind.PROSE] * len(spans)
    if document.media_type == _MARKDOWN:
        marks, kinds = markdown.scan(text, spans, document.set_aside)
        drops += marks
    drops += [Edit(start, end, "") for start, end in notes.find(text)]
    return see(text, spans, kinds, merge(drops), pages)


def _joints(lines: Sequence[Line], kept: Sequence[int], layout: Layout) -> list[_Joint]:
    """What joins each kept line to the kept line before; nothing joins the first."""
    joints = [_Joint(0, "")]
    left = set(kept)
    body = [line if n in left else replace(line, text="") for n, line in enumerate(lines)]
    evidence: words.Evidence | None = None
    for above, below in pairwise(kept):
        upper, lower = lines[above], lines[below]
        between = range(above + 1, below)
        gap = Gap(
            blank=any(not lines[number].text for number in between),
            page=upper.page != lower.page,
            aside=any(lines[number].text for number in between),
        )
        if lower.kind is Kind.PROSE and upper.kind in (Kind.PROSE, Kind.ITEM):
            if upper.soft_hyphen:
                joints.append(_Joint(upper.end, ""))
                continue
            if _is_broken(upper.text, lower.text, gap):
                if evidence is None:
                    evidence = words.gather(lines[number].text for number in kept)
                mend = words.mend(upper.text.split()[-1][:-1], lower.text.split()[0], evidence)
                # A hyphen that stays is copied, and only what follows it put in.
                joints.append(_Joint(upper.end - (not mend), mend[1:]))
                continue
        joints.append(_Joint(upper.end, separator(body, above, below, gap, layout)))
    return joints


def _is_broken(upper: str, lower: str, gap: Gap) -> bool:
    """Whether a line ends in a hyphen that binds its last word to the next line's first."""
    if len(upper) < 2 or upper[-1] not in words.HYPHENS or not upper[-2].isalnum():
        return False
    return goes_on(lower) or (gap == Gap() and lower[0].isalnum())


def _without_navigation(
    lines: Sequence[Line], kept: Sequence[int], joints: Sequence[_Joint]
) -> tuple[list[int], list[_Joint]]:
    """The lines and joints that are left when navigation is set aside, paragraph by paragraph."""
    paragraphs: list[list[int]] = []
    for index, joint in enumerate(joints[: len(kept)]):
        if index == 0 or joint.text == PARAGRAPH:
            paragraphs.append([])
        paragraphs[-1].append(index)
    texts = [" ".join(lines[kept[index]].text for index in indices) for indices in paragraphs]
    aside = navigation.find(texts)
    left: list[int] = []
    for number, indices in enumerate(paragraphs):
        if number not in aside:
            left += indices
    # Where little else is left, it was the text after all.
    if sum(len(lines[kept[index]].text) for index in left) * 2 < sum(map(len, texts)):
        left = list(range(len(kept)))
    new_joints: list[_Joint] = []
    for rank, index in enumerate(left):
        joint = joints[index]
        if rank and left[rank - 1] != index - 1:
            joint = _Joint(lines[kept[left[rank - 1]]].end, PARAGRAPH)
        new_joints.append(joint if rank else _Joint(0, ""))
    return [kept[index] for index in left], new_joints


def _edits(text: str, lines: Sequence[Line], joints: Sequence[_Joint]) -> Iterator[Edit]:
    for line, joint in zip(lines, joints, strict=False):
        yield from trimmed(text, joint.start, line.start, joint.text)
        yield from line.edits
    yield from trimmed(text, lines[-1].end if lines else 0, len(text), "")
