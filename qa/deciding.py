"""The decision: of what was found for a question, what is answered and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from index.folding import Aliases
from index.types import Span
from qa.citations import cite, one_line
from qa.confidence import FEATURES, MAX_GAP, Calibration, features, sigmoid
from qa.equality import Words, meaning
from qa.selection import Candidate, Group, group, rivals
from qa.several import asks_for_several, members
from qa.texts import Texts
from qa.types import Alternative, Decision, Evidence, Question
from qa.voices import mark_copies

# An alternative less likely than this, and no rival, is only what a reader of everything must
# produce; and so are the rivals of a best that is less likely.
LEAST_SHOWN = 0.2
# How many answers a list is gathered from.
LIST_DEPTH = 10


class Likeness(Protocol):
    """Compares texts in meaning: `index.search.Searcher`, or what stands in for it."""

    def similarities(self, query: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to the query: a cosine, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Decided:
    """given: the first answers, best first. items: the members of the list, if the question asks
    for one."""

    given: tuple[Alternative, ...]
    items: tuple[Alternative, ...]
    decision: Decision

    @property
    def answered(self) -> bool:
        return bool(self.given) and self.given[0].confidence >= self.decision.needed

    def shown(self, count: int) -> tuple[Alternative, ...]:
        """The alternatives that are worth showing, at most `count`: rivals, and what is likely
        enough; surest first."""
        disputed = bool(self.given) and self.given[0].confidence >= LEAST_SHOWN
        others = [
            a for a in self.given[1 if self.answered else 0 :]
            if a.confidence >= LEAST_SHOWN or (a.rival and disputed)
        ]  # fmt: skip
        return tuple(sorted(others, key=lambda a: -a.confidence)[:count])


class Decider:
    """Decides by a calibration. Safe to share between threads."""

    def __init__(
        self, texts: Texts, likeness: Likeness, calibration: Calibration, aliases: Aliases,
        min_confidence: float,
    ) -> None:  # fmt: skip
        """min_confidence: what a question without its own takes, 0 to 1."""
        self._texts = texts
        self._likeness = likeness
        self._calibration = calibration
        self._aliases = aliases
        self._min_confidence = min_confidence

    def needed(self, question: Question) -> float:
        """The confidence that an answer to this question needs. Raises UsageError where what it
        asks for cannot be promised."""
        if question.max_error is None:
            asked = question.min_confidence
            return self._min_confidence if asked is None else asked
        promised = self._calibration.promised(question.max_error)
        return max(promised, question.min_confidence or 0.0)

    def decide(self, question: Question, groups: Sequence[Group], needed: float) -> Decided:
        """groups: what was found, best first. Those too far below the best are left out."""
        several = asks_for_several(question.text)
        # How much of a list is found must not depend on how many alternatives are shown.
        most = max(question.top_k, LIST_DEPTH) if several else question.top_k
        shown = [
            group
            for group in groups[: most + 1]
            if group.best.score > groups[0].best.score - MAX_GAP
        ]
        similar = self._likeness.similarities(question.text, [g.best.sentence for g in shown])
        found = [features(groups, index, similar[index]) for index in range(len(shown))]
        near = rivals(groups, self._aliases)[: len(shown)]
        if several:
            # Members of a list do not contradict one another; numbers and dates do all the same.
            near = [
                rival and not isinstance(meaning(g.best.text, self._aliases), Words)
                for rival, g in zip(near, shown, strict=True)
            ]
        given = tuple(
            self._alternative(group, self._calibration.confidence(f), near[index])
            for index, (group, f) in enumerate(zip(shown, found, strict=True))
        )
        decision = self._decision(given, found, needed)
        items = self._items(shown, found, needed) if several and not any(near) else ()
        return Decided(given, items, decision)

    def _decision(
        self, given: Sequence[Alternative], found: Sequence[tuple[float, ...]], needed: float
    ) -> Decision:
        if not given:
            return Decision(None, needed, ())
        evidence = (
            Evidence(name, value, weight * value)
            for name, value, weight in zip(
                FEATURES, found[0], self._calibration.weights[:-1], strict=True
            )
        )
        return Decision(given[0].confidence, needed, tuple(evidence))

    def _items(
        self, groups: Sequence[Group], found: Sequence[tuple[float, ...]], needed: float
    ) -> tuple[Alternative, ...]:
        """The members that the groups name, each with its citations, surest first; those less sure
        than `needed` are left out, and there are none unless the best is that sure.

        A member's confidence is that of the surest group that names it, where the gap to the best
        answer does not count against it: the best is another member.
        """
        sure: dict[tuple[str, Span], float] = {}
        named: list[Candidate] = []
        gap = FEATURES.index("gap")
        for index, (group_, values) in enumerate(zip(groups, found, strict=True)):
            alone = (*values[:gap], max(values[gap], 0.0), *values[gap + 1 :])
            confidence = self._calibration.confidence(alone if index else values)
            if confidence < needed:
                if not index:
                    return ()
                continue
            for candidate in group_.candidates:
                for member in self._members(candidate):
                    place = (member.hit.source.id, member.canonical)
                    sure[place] = max(sure.get(place, 0.0), confidence)
                    named.append(member)
        items = [
            (g, max(sure[c.hit.source.id, c.canonical] for c in g.candidates))
            for g in group(named, self._aliases)
        ]
        items.sort(key=lambda item: -item[1])
        return tuple(self._alternative(g, confidence) for g, confidence in items)

    def _members(self, candidate: Candidate) -> list[Candidate]:
        """What a candidate names, each as a candidate of its own."""
        stored, _ = self._texts.of(candidate.hit.source.id)
        passage = candidate.hit.passage
        start = candidate.read.span.start
        text = passage.text[start : candidate.read.span.end]
        made = []
        for first, last in members(text):
            span = Span(start + first, start + last)
            canonical = stored.edits.to_canonical(passage.in_clean(span))
            made.append(
                replace(
                    candidate, read=replace(candidate.read, span=span), canonical=canonical,
                    text=one_line(passage.text[span.start : span.end]),
                )
            )  # fmt: skip
        return made

    def _alternative(self, group: Group, confidence: float, rival: bool = False) -> Alternative:
        citations, sketches = [], []
        for candidate in group.candidates:
            stored, clean_text = self._texts.of(candidate.hit.source.id)
            probability = sigmoid(candidate.read.margin)
            citations.append(
                cite(candidate.hit, candidate.read.span, stored, clean_text, probability)
            )
            sketches.append(stored.sketch)
        return Alternative(group.best.text, confidence, mark_copies(citations, sketches), rival)
