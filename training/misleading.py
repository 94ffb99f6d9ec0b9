"""Misleading questions: answerable ones changed so that their passage no longer answers them.

This is what unanswerable questions look like in SQuAD 2.0 (Rajpurkar et al. 2018, table 1):
an entity or a number swapped for another, an antonym, a negation, two roles reversed. They are
made by rule, without a parser, so a few of them still have their answer; a reader trained on
enough of them learns to look at every word of a question all the same.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.types import Span
from training.data import Example

_NAME = re.compile(
    r"\b[A-Z][\w’'-]+(?:(?: (?:of|the|de|von|van|al|and) | )[A-Z][\w’'-]+)*|\b[A-Z]{2,}\b"
)
_YEAR = re.compile(r"\b1[0-9]{3}\b|\b20[0-2][0-9]\b")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*\b")
# Words that begin with a capital only because a question begins with them.
_NOT_NAMES = frozenset(
    [
        "A", "After", "Along", "Although", "An", "As", "At", "Before", "Besides", "By", "During",
        "For", "From", "How", "I", "If", "In", "Is", "It", "Of", "On", "Since", "The", "To",
        "Under", "Until", "What", "When", "Where", "Which", "While", "Who", "Whom", "Whose", "Why",
        "With", "Does", "Did", "Do", "Was", "Were", "Are", "Can", "Name",
    ]
)  # fmt: skip
_ANTONYMS = {
    "first": "last", "before": "after", "most": "least", "largest": "smallest",
    "biggest": "smallest", "highest": "lowest", "higher": "lower", "larger": "smaller",
    "greater": "lesser", "more": "fewer", "longest": "shortest", "oldest": "newest",
    "older": "younger", "increase": "decrease", "increased": "decreased", "increases": "decreases",
    "won": "lost", "win": "lose", "defeated": "lost to", "north": "south", "northern": "southern",
    "east": "west", "eastern": "western", "early": "late", "earlier": "later", "earliest": "latest",
    "above": "below", "begin": "end", "began": "ended", "start": "end", "started": "ended",
    "open": "close", "opened": "closed", "best": "worst", "better": "worse", "good": "bad",
    "positive": "negative", "maximum": "minimum", "strong": "weak", "stronger": "weaker",
    "strongest": "weakest", "major": "minor", "majority": "minority", "male": "female",
    "public": "private", "rich": "poor", "allow": "forbid", "allowed": "forbidden",
    "allows": "forbids", "accept": "reject", "accepted": "rejected", "support": "oppose",
    "supported": "opposed", "supports": "opposes", "enter": "leave", "entered": "left",
    "arrive": "depart", "arrived": "departed", "bought": "sold", "buy": "sell", "sold": "bought",
    "sell": "buy", "import": "export", "imports": "exports", "gain": "lose", "gained": "lost",
    "common": "rare", "popular": "unpopular", "like": "dislike", "liked": "disliked",
    "love": "hate", "loved": "hated", "easy": "hard", "easier": "harder", "cheap": "expensive",
    "new": "old", "inside": "outside", "near": "far from", "include": "exclude",
    "included": "excluded", "with": "without", "same": "different", "success": "failure",
    "successful": "unsuccessful", "born": "buried", "founded": "dissolved", "built": "destroyed",
    "created": "abolished", "rise": "fall", "rose": "fell", "long": "short", "large": "small",
    "high": "low", "fast": "slow", "hot": "cold", "wet": "dry", "left": "right", "upper": "lower",
    "internal": "external", "legal": "illegal", "necessary": "unnecessary", "known": "unknown",
    "often": "rarely", "always": "never", "last": "first", "after": "before", "least": "most",
    "lost": "won", "smallest": "largest", "lowest": "highest", "late": "early",
}  # fmt: skip
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|did|does|do|can|could|will|would|has|have|had|should)\b", re.IGNORECASE
)

Change = Callable[[Example, "Article", random.Random], str | None]


class Article:
    """The names and numbers that the contexts of one article hold."""

    def __init__(self, contexts: Sequence[str]) -> None:
        text = "\n".join(contexts)
        plain = set(re.findall(r"\b[a-z][\w-]*", text))
        # A word that the article also writes small began a sentence; it is no name.
        self.names = sorted(
            {m[0] for m in _NAME.finditer(text) if m[0] not in _NOT_NAMES}
            - {word.capitalize() for word in plain}
        )
        self.years = sorted(set(_YEAR.findall(text)))
        self.numbers = sorted(set(_NUMBER.findall(text)))


def _question_names(question: str) -> list[Span]:
    """Where names stand, without the words that begin a question."""
    found = []
    for match in _NAME.finditer(question):
        start = match.start()
        while question[start : match.end()].partition(" ")[0] in _NOT_NAMES:
            space = question.find(" ", start, match.end())
            start = match.end() if space < 0 else space + 1
        if start < match.end():
            found.append(Span(start, match.end()))
    return found


def _replace(question: str, where: Span, other: str) -> str:
    return question[: where.start] + other + question[where.end :]


def swap_name(example: Example, article: Article, rng: random.Random) -> str | None:
    """Another name of the article in a name's place, of about as many words."""
    names = _question_names(example.question)
    if not names:
        return None
    where = rng.choice(names)
    name = example.question[where.start : where.end]
    taken = f"{example.question} {' '.join(example.answer_texts)}".casefold()
    length = len(name.split())
    others = [
        other
        for other in article.names
        if other.casefold() not in taken
        and name.casefold() not in other.casefold()
        and abs(len(other.split()) - length) <= 1
    ]
    return _replace(example.question, where, rng.choice(others)) if others else None


def swap_number(example: Example, article: Article, rng: random.Random) -> str | None:
    """Another year in a year's place, or another number in a number's."""
    match = _YEAR.search(example.question)
    others = article.years
    if match is None:
        match = _NUMBER.search(example.question)
        others = article.numbers
    if match is None:
        return None
    kept = [n for n in others if n != match[0] and n not in example.answer_texts]
    if not kept or rng.random() < 0.3:
        if not match[0].isdigit():
            return None
        kept = [str(int(match[0]) + rng.choice([-30, -10, -2, -1, 1, 2, 10, 20]))]
    return _replace(example.question, Span(*match.span()), rng.choice(kept))


def antonym(example: Example, article: Article, rng: random.Random) -> str | None:  # noqa: ARG001
    """A word's opposite in its place."""
    matches = [
        m for m in re.finditer(r"\b[a-z]+\b", example.question) if m[0] in _ANTONYMS
    ]  # fmt: skip
    if not matches:
        return None
    match = rng.choice(matches)
    return _replace(example.question, Span(*match.span()), _ANTONYMS[match[0]])


def negate(example: Example, article: Article, rng: random.Random) -> str | None:  # noqa: ARG001
    """The first auxiliary denied: "did" becomes "didn't", or "not" follows it."""
    match = _AUXILIARY.search(example.question)
    if match is None:
        return None
    word = match[0]
    short = {"can": "can't", "will": "won't"}.get(word.lower(), f"{word}n't")
    if word[0].isupper():
        short = short[0].upper() + short[1:]
    return _replace(example.question, Span(*match.span()), rng.choice([short, f"{word} not"]))


def reverse_roles(example: Example, article: Article, rng: random.Random) -> str | None:  # noqa: ARG001
    """Two names of the question in each other's place."""
    names = _question_names(example.question)
    if len(names) < 2:
        return None
    first, second = sorted(rng.sample(names, 2))
    question = example.question
    return (
        question[: first.start]
        + question[second.start : second.end]
        + question[first.end : second.start]
        + question[first.start : first.end]
        + question[second.end :]
    )


# How often each change is tried first; the others follow where it cannot be made.
CHANGES: tuple[tuple[Change, float], ...] = (
    (swap_name, 0.42), (swap_number, 0.2), (antonym, 0.2), (negate, 0.1), (reverse_roles, 0.08),
)  # fmt: skip


def make(examples: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """About `count` unanswerable examples, at most one made from each answerable one."""
    contexts: dict[str, dict[str, None]] = defaultdict(dict)
    for example in examples:
        # Sets without articles: a context is its own article.
        contexts[_article(example)].setdefault(example.context)
    articles = {title: Article(list(texts)) for title, texts in contexts.items()}
    made: list[Example] = []
    for example in rng.sample(list(examples), len(examples)):
        if len(made) >= count:
            break
        if not example.answers:
            continue
        question = _changed(example, articles[_article(example)], rng)
        if question is not None and question != example.question:
            made.append(
                replace(example, id=f"{example.id}-misleading", question=question, answers=())
            )
    return made


def _article(example: Example) -> str:
    return example.title if len(example.title) > 3 else example.context


def _changed(example: Example, article: Article, rng: random.Random) -> str | None:
    changes, weights = zip(*CHANGES, strict=True)
    # Negation can be made of nearly every question; only where it was drawn, or all would be it.
    drawn: Change = rng.choices(changes, weights)[0]
    for change in (drawn, swap_name, swap_number, antonym):
        question = change(example, article, rng)
        if question is not None:
            return question
    return None
