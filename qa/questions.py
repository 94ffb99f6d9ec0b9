"""Files of questions whose answers are known: SQuAD 1.1 and 2.0 JSON, and JSON lines.

The one reader of both, for evaluation, the gate of a build, and the benchmarks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from index.errors import UsageError
from index.loaders import is_supported
from index.types import Span
from qa.answering import check_question

_LINES_SUFFIXES = (".jsonl", ".ndjson")
_FORMS = "give SQuAD JSON, or JSON lines with `question`, `answers` and, if you like, `source`"
# File systems take 255 bytes; a character of a title may take four.
_NAME_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question with its answers.

    answers: accepted ones, each instead of the others; none where there is no answer.
    sources: names or paths of the files that answer it; none where the file does not say.
    context: the paragraph that it was asked of, None in JSON lines.
    gold: where that paragraph stands in the text of its article.
    """

    question: str
    answers: tuple[str, ...]
    sources: tuple[str, ...]
    context: str | None = None
    gold: Span | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """The paragraphs of one SQuAD article as the text file `name`, a blank line between them."""

    title: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """What a file of questions holds. articles: empty for JSON lines, which carry no contexts."""

    name: str
    questions: tuple[KnownQuestion, ...]
    articles: tuple[Article, ...] = ()

    def spread(self, count: int) -> QuestionFile:
        """The same with at most `count` of its questions, evenly from the whole file."""
        return replace(self, questions=tuple(spread(self.questions, count)))


_T = TypeVar("_T")


def spread(items: Sequence[_T], count: int) -> list[_T]:
    """At most `count` of the items, evenly from the whole list."""
    step = max(1.0, len(items) / count)
    return [items[int(i * step)] for i in range(min(count, len(items)))]


class _Row(msgspec.Struct):
    """A line of JSON lines."""

    question: str
    answers: list[str]
    source: str | list[str] | None = None


class _SquadAnswer(msgspec.Struct):
    text: str


class _SquadQuestion(msgspec.Struct):
    question: str
    answers: list[_SquadAnswer]
    is_impossible: bool = False


class _SquadParagraph(msgspec.Struct):
    context: str
    qas: list[_SquadQuestion]


class _SquadArticle(msgspec.Struct):
    paragraphs: list[_SquadParagraph]
    title: str = ""


class _Squad(msgspec.Struct):
    data: list[_SquadArticle]


def read_questions(path: Path) -> QuestionFile:
    """Read a file of questions, of either form.

    Raises UsageError, which names the file and the line (or the place in SQuAD's tree) that is
    not as it should be, also if there is no question at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8", "convert it") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    if not text.strip():
        raise UsageError(f"{path} is empty", _FORMS)
    read = _from_squad(path, text) if _is_squad(path, text) else _from_lines(path, text)
    if not read.questions:
        raise UsageError(f"{path} holds no question", _FORMS)
    return read


def _is_squad(path: Path, text: str) -> bool:
    """Whether a text is one object with `data`; raises UsageError if it is neither form."""
    first = text.lstrip().split("\n", 1)[0]
    head = _decoded(first)
    of_lines = path.suffix.lower() in _LINES_SUFFIXES
    if _is_row(head) or (of_lines and not isinstance(_decoded(text), dict)):
        return False
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if head is not None and not isinstance(head, dict):
            # A line by itself: reading lines names it.
            return False
        raise UsageError(f"{path}, line {error.lineno}, is not JSON ({error.msg})", _FORMS) from (
            error
        )
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply", _FORMS) from error
    except ValueError as error:
        # A number of thousands of digits.
        raise UsageError(f"{path} is not JSON that can be read ({error})", _FORMS) from error
    if not isinstance(whole, dict) or "data" not in whole:
        raise UsageError(f"{path} holds something else than questions", _FORMS)
    return True


def _is_row(value: object) -> bool:
    """Whether what a line holds is an object by itself, and no SQuAD file in one line."""
    return isinstance(value, dict) and ("question" in value or "data" not in value)


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _from_lines(path: Path, text: str) -> QuestionFile:
    questions = []
    # Lines end at "\n" alone: JSON strings may hold other line separators.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            questions.append(_from_line(line, f"{path}, line {number}"))
    return QuestionFile(path.name, tuple(questions))


def _from_line(line: str, where: str) -> KnownQuestion:
    row = _converted(line, _Row, where)
    sources = (row.source,) if isinstance(row.source, str) else tuple(row.source or ())
    if not all(source.strip() for source in sources):
        raise UsageError(f"{where}: a source is empty", "leave `source` out if there is none")
    return KnownQuestion(_question(row.question, where), _answers(row.answers, where), sources)


def _converted(text: str, kind: type[_T], where: str) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        # "Object missing required field `answers`", "Expected `array`, got `str` - at `$.answers`"
        said = str(error).replace("`$.", "`").replace(" - at ", " at ")
        raise UsageError(f"{where}: {said[:1].lower()}{said[1:]}", _FORMS) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{where}, is not JSON ({str(error).lower()})", _FORMS) from error


def _question(text: str, where: str) -> str:
    """As it will be asked."""
    try:
        return check_question(text).text
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", error.remedy) from error


def _answers(answers: Sequence[str], where: str) -> tuple[str, ...]:
    if not all(answer.strip() for answer in answers):
        raise UsageError(f"{where}: an answer is empty", "write [] if there is no answer")
    return tuple(dict.fromkeys(answers))


def _from_squad(path: Path, text: str) -> QuestionFile:
    data = _converted(text, _Squad, str(path)).data
    articles: list[Article] = []
    questions: list[KnownQuestion] = []
    taken: set[str] = set()
    for number, article in enumerate(data):
        name = _file_name(article.title or f"article {number + 1}", taken)
        asked = _of_article(article, name, f"{path}: data[{number}]")
        questions += asked
        body = "".join(f"{paragraph.context}\n\n" for paragraph in article.paragraphs)
        articles.append(Article(article.title, name, body))
    return QuestionFile(path.name, tuple(questions), tuple(articles))


def _of_article(article: _SquadArticle, name: str, where: str) -> Iterator[KnownQuestion]:
    start = 0
    for p, paragraph in enumerate(article.paragraphs):
        gold = Span(start, start + len(paragraph.context))
        start = gold.end + 2
        for q, asked in enumerate(paragraph.qas):
            at = f"{where}.paragraphs[{p}].qas[{q}]"
            given = [] if asked.is_impossible else [answer.text for answer in asked.answers]
            yield KnownQuestion(
                _question(asked.question, at), _answers(given, at), (name,), paragraph.context, gold
            )


def _file_name(title: str, taken: set[str]) -> str:
    """A file name for an article that no other has, whatever the file system thinks of case."""
    stem = re.sub(r"\W+", "_", title)[:_NAME_CHARACTERS]
    if not is_supported(Path(f"{stem}.txt")):
        # "License plate" would be taken for the papers of a project.
        stem = f"_{stem}"
    name, number = f"{stem}.txt", 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}_{number}.txt"
    taken.add(name.casefold())
    return name


def write_articles(articles: Sequence[Article], folder: Path) -> None:
    """Write each article as a text file into a folder, made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for article in articles:
        # As bytes: line ends must stay as they are, for `gold` counts them.
        (folder / article.name).write_bytes(article.text.encode())
