"""Answers and passages for a person at a terminal: values in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.terminal import Layout, Line, bold, dim, neutral, wrapped, wrapped_marking
from index.types import Hit, Source
from qa.types import Alternative, Answer, Attribution, Citation, Reading

# Words of estimative probability, after Kent (1964), each with the least probability it stands for.
_LIKELIHOOD = (
    (0.93, "almost certainly right"),
    (0.75, "probably right"),
    (0.55, "more likely right than wrong"),
    (0.45, "as likely wrong as right"),
    (0.25, "more likely wrong than right"),
    (0.0, "probably wrong"),
)
_EXCERPT = 240


def likelihood(confidence: float) -> str:
    """A probability, 0 to 1, in words."""
    return next((words for least, words in _LIKELIHOOD if confidence >= least), _LIKELIHOOD[-1][1])


def answer_lines(answer: Answer, layout: Layout) -> Iterator[Line]:
    """The answer on a line of its own, how sure it is, its citations, its rivals, and the rest."""
    if answer.answer is None or answer.confidence is None:
        yield from _no_answer(answer, layout)
    else:
        yield (bold(answer.answer),)
        yield (_confidence(answer.confidence, len(answer.citations), answer.support),)
        for number, citation in enumerate(answer.citations, start=1):
            yield ("",)
            yield from _citation(number, citation, answer.citations, layout)
    if len(answer.items) > 1:
        yield ("",)
        yield (bold(f"All that was found ({len(answer.items)})"),)
        for item in answer.items:
            yield from _item(item, layout)
    rivals = [a for a in answer.alternatives if a.rival]
    # A list holds what they name.
    others = [a for a in answer.alternatives if not a.rival and len(answer.items) < 2]
    if rivals:
        yield ("",)
        yield (bold("Rivals: the sources contradict one another"),)
        against = _against(answer, rivals)
        for rival in rivals:
            yield from _alternative(rival, layout)
            yield from _age(rival, against, layout)
    if others:
        yield ("",)
        yield (bold("Other answers"),)
        for other in others:
            yield from _alternative(other, layout)


def _no_answer(answer: Answer, layout: Layout) -> Iterator[Line]:
    if not answer.passages:
        yield from wrapped("No answer: no passage matches this question and its filters.", layout)
        return
    yield from wrapped("No answer was found in these sources. The nearest passages:", layout)
    for number, hit in enumerate(answer.passages, start=1):
        yield ("",)
        yield from _source(f"[{number}] ", hit.source, layout)
        yield (dim(f"    {hit.source.path}"),)
        yield from wrapped(_excerpt(hit.passage.text), layout, "    > ")


def _confidence(confidence: float, sources: int, voices: int) -> str:
    said = f"Confidence {confidence:.2f}: {likelihood(confidence)}"
    if sources < 2:
        return said
    copies = ", copies of one text" if voices == 1 else f", {voices} of them independent"
    return f"{said}, {sources} sources agree{copies if voices < sources else ''}"


def _citation(
    number: int, citation: Citation, all_: Sequence[Citation], layout: Layout
) -> Iterator[Line]:
    yield from _source(f"[{number}] ", citation.source, layout)
    yield (dim(f"    {place(citation)}"),)
    copied = [n for n, c in enumerate(all_, start=1) if c.source.id == citation.copy_of]
    told = ", ".join([*(f"a copy of [{n}]" for n in copied), *_told(citation)])
    if told:
        yield from wrapped(told, layout, "    ")
    yield from _quote(citation, layout, "    > ")


def speaker(attribution: Attribution) -> str:
    """Who says so, as it reads within a sentence."""
    who = attribution.who.text
    # A sentence may begin with it.
    return who[0].lower() + who[1:] if who.startswith(("The ", "A ", "An ")) else who


def _told(citation: Citation) -> Iterator[str]:
    """Who says so and how surely, in a few words each."""
    if citation.attribution is not None:
        yield f"attributed to {speaker(citation.attribution)}"
    if citation.hedges:
        yield f"hedged: “{', '.join(hedge.text for hedge in citation.hedges)}”"


def _alternative(alternative: Alternative, layout: Layout) -> Iterator[Line]:
    """Shorter than the answer itself: where and when each source says so, and who in it; and the
    best one's quote."""
    sure = f" ({alternative.confidence:.2f}, {likelihood(alternative.confidence)})"
    yield ("  ", bold(alternative.answer), sure)
    for citation in alternative.citations:
        source = citation.source
        dated = f", {source.published}" if source.published else ""
        told = "".join(f", {words}" for words in _told(citation))
        copied = ", a copy" if citation.copy_of else ""
        yield (f"    {source.title}{dated}, ", dim(place(citation)), f"{told}{copied}")
    for citation in alternative.citations[:1]:
        yield from _quote(citation, layout, "      > ")


def _item(item: Alternative, layout: Layout) -> Iterator[Line]:
    """A member of a list, with every place that names it."""
    yield ("  ", bold(item.answer), f" ({item.confidence:.2f})")
    for citation in item.citations:
        yield from wrapped(f"{citation.source.title}, {place(citation)}", layout, "    ")


def _against(answer: Answer, rivals: Sequence[Alternative]) -> Alternative:
    """What the rivals are compared with: the answer, or the surest of them if none was given."""
    if answer.answer is None or answer.confidence is None:
        return rivals[0]
    return Alternative(answer.answer, answer.confidence, answer.citations)


def _age(rival: Alternative, against: Alternative, layout: Layout) -> list[Line]:
    """Which is newer, where both have a date and these differ. Said only: no order follows it."""
    ours, theirs = rival.latest, against.latest
    if ours is None or theirs is None or ours == theirs:
        return []
    age = "newer" if ours > theirs else "older"
    text = f"{age}: its latest source is of {ours}, that of {against.answer} of {theirs}"
    return wrapped(text, layout, "    ")


def _quote(citation: Citation, layout: Layout, indent: str) -> list[Line]:
    return wrapped_marking(citation.quote_clean, citation.answer_clean_span, layout, indent)


def _source(label: str, source: Source, layout: Layout) -> list[Line]:
    known = (source.author, source.publisher, source.published)
    text = ", ".join((source.title, *(part for part in known if part)))
    return wrapped(label + text, layout)


def place(citation: Citation) -> str:
    """Where an answer stands: path, page if there are pages, line."""
    page = "" if citation.page is None else f", page {citation.page}"
    return f"{citation.source.path}{page}, line {citation.line}"


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + " …"


def timing(answer: Answer) -> str:
    """One line on what the answer cost."""
    stages = ", ".join(f"{name} {taken:.0f} ms" for name, taken in answer.timing_ms.items())
    return f"{stages}; {counted(answer.tokens_read, 'token')} read"


def hit_lines(hits: Sequence[Hit], layout: Layout) -> Iterator[Line]:
    """Ranked passages with their scores."""
    for number, hit in enumerate(hits, start=1):
        if number > 1:
            yield ("",)
        yield from _source(f"{number}. ", hit.source, layout)
        scores = (
            f"fused {hit.fused:.3f}",
            *((f"dense {hit.dense:.3f}",) if hit.dense is not None else ()),
            *((f"lexical {hit.lexical:.2f}",) if hit.lexical is not None else ()),
        )
        yield (dim(f"    {hit.source.path}: {', '.join(scores)}"),)
        yield from wrapped(hit.passage.text, layout, "    ")


# What the features of `confidence.FEATURES` are, to a person.
_FEATURES = {
    "margin": "the reader's margin over no answer", "gap": "its lead over the next answer",
    "similar": "how near the sentence is to the question", "misfit": "of another kind than asked",
}  # fmt: skip


def decision_lines(answer: Answer) -> Iterator[Line]:
    """How sure the best answer is, how sure it had to be, and what that is made of."""
    decision = answer.decision
    if decision is None or decision.confidence is None:
        return
    yield ("",)
    yield (bold("Decision"),)
    relation = "at least" if answer.status == "answered" else "less than"
    needed = f"{relation} the {decision.needed:.2f} that is needed"
    yield (f"the best answer is {decision.confidence:.2f} sure, {needed}",)
    yield from table(
        ("evidence", "value", "adds"),
        [
            (_FEATURES.get(e.feature, e.feature), f"{e.value:+.2f}", f"{e.adds:+.2f}")
            for e in decision.evidence
        ],
    )


def reading_lines(readings: Sequence[Reading]) -> Iterator[Line]:
    """A table of what was found in each passage that was read."""
    yield ("",)
    yield (bold("Passages read"),)
    yield from table(
        ("rank", "source", "best span", "margin", "score", "fused", "verdict"),
        [
            (
                str(reading.rank),
                reading.source_path,
                "-" if reading.best is None else _shortened(reading.best, 40),
                "-" if reading.margin is None else f"{reading.margin:+.2f}",
                "-" if reading.score is None else f"{reading.score:+.2f}",
                f"{reading.fused:.3f}",
                reading.verdict,
            )
            for reading in readings
        ],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Line]:
    """Columns as wide as their widest cell."""
    shown = [[neutral(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for number, row in enumerate(shown):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        text = "  ".join(cells).rstrip()
        yield (text if number else dim(text),)


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where that is due."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
