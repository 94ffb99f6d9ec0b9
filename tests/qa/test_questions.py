from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.errors import UsageError
from index.loaders import is_supported
from index.types import Span
from qa.questions import KnownQuestion, QuestionFile, read_questions, spread, write_articles

ROOT = Path(__file__).parents[2]


def read(folder: Path, text: str | bytes, name: str = "questions.jsonl") -> QuestionFile:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_questions(path)


def squad(*titles: str) -> dict[str, object]:
    """A file of two paragraphs an article; the second's question has no answer."""
    answers = [{"text": "Marta", "answer_start": 0}, {"text": "Marta", "answer_start": 9}]
    paragraphs = [
        {
            "context": "Marta\r\nlit it.",
            "qas": [{"question": " Who  lit it? ", "answers": answers}],
        },
        {
            "context": "The mill closed.",
            "qas": [{"id": 7, "question": "When?", "answers": answers, "is_impossible": True}],
        },
    ]
    return {"data": [{"title": title, "paragraphs": paragraphs} for title in titles]}


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        {"question": "who  lit it", "answers": ["Marta", "Marta Lind", "Marta"], "id": 3},
        {"question": "when", "answers": [], "source": None},
        {"question": "why\u2028so", "answers": ["rain"], "source": "deep/a.md"},
        {"question": "what", "answers": ["oil"], "source": ["a.md", "b.md"]},
    ]
    text = "\ufeff\n" + "\r\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    found = read(tmp_path, text)
    assert found == QuestionFile(
        "questions.jsonl",
        (
            KnownQuestion("who lit it", ("Marta", "Marta Lind"), ()),
            KnownQuestion("when", (), ()),
            KnownQuestion("why so", ("rain",), ("deep/a.md",)),
            KnownQuestion("what", ("oil",), ("a.md", "b.md")),
        ),
    )
    assert read(tmp_path, text, "any.name").questions == found.questions


def test_squad_of_both_versions(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(squad("The lamp")), "dev.json")
    lit, closed = found.questions
    assert lit == KnownQuestion(
        "Who lit it?", ("Marta",), ("The_lamp.txt",), "Marta\r\nlit it.", Span(0, 14)
    )
    assert (closed.answers, closed.gold) == ((), Span(16, 32))
    pretty = read(tmp_path, json.dumps(squad("The lamp"), indent=2), "dev.json")
    assert pretty == found
    assert read(tmp_path, json.dumps(squad("The lamp")), "dev.jsonl").questions == found.questions


def test_paragraphs_stand_where_they_say_once_written(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(squad("A/B", "a b", "", "x" * 300)), "dev.json")
    names = [article.name for article in found.articles]
    assert names == ["A_B.txt", "a_b_2.txt", "article_3.txt", f"{'x' * 60}.txt"]
    write_articles(found.articles, tmp_path / "deep" / "articles")
    for question in found.questions:
        text = (tmp_path / "deep" / "articles" / question.sources[0]).read_bytes().decode()
        assert question.gold is not None
        assert text[question.gold.start : question.gold.end] == question.context


def test_articles_have_names_that_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(squad("License plate", "README", "Licenses")), "dev.json")
    names = [article.name for article in found.articles]
    assert names == ["_License_plate.txt", "_README.txt", "Licenses.txt"]
    assert all(is_supported(Path(name)) for name in names)


def test_lines_may_have_a_field_that_squad_has(tmp_path: Path) -> None:
    line = '{"question": "q", "answers": ["x"], "data": "d"}\n'
    for text, name in ((line, "a.jsonl"), (line * 2, "a.json"), (line * 2, "a.jsonl")):
        assert len(read(tmp_path, text, name).questions) == text.count("\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: give SQuAD JSON, or JSON lines"),
        (" \n\n", "is empty"),
        (b"\xff\xfe{", "is not UTF-8: convert it"),
        ('{"question": "a", "answers": []}\n{"question": ', ", line 2, is not JSON"),
        ("nonsense", ", line 1, is not JSON"),
        ('{"answers": []}', ", line 1: object missing required field `question`"),
        ('{"question": "a"}', ", line 1: object missing required field `answers`"),
        ('{"question": "a", "answers": "b"}', "line 1: expected `array`, got `str` at `answers`"),
        ('{"question": "a", "answers": null}', "expected `array`, got `null` at `answers`"),
        ('{"question": "a", "answers": [1]}', "expected `str`, got `int` at `answers[0]`"),
        ('{"question": "a", "answers": [" "]}', "line 1: an answer is empty: write []"),
        ('{"question": 1, "answers": []}', "expected `str`, got `int` at `question`"),
        ('{"question": " ", "answers": []}', "line 1: the question is empty"),
        ('{"question": "a", "answers": [], "source": 1}', "got `int` at `source`"),
        ('{"question": "a", "answers": [], "source": ""}', "line 1: a source is empty"),
        ('\n{"question": "a", "answers": []}\n[1]', ", line 3: expected `object`, got `array`"),
        ('{"question": "a", "answers": ["\\ud800"]}', "is not JSON"),
        ('{"data": []}', "holds no question"),
        ('{"data": 3}', "expected `array`, got `int` at `data`"),
        ('{"data": [{"paragraphs": [{"qas": []}]}]}', "`context` at `data[0].paragraphs[0]`"),
        ("[" * 100_000, ", line 1: expected `object`, got `array`"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'questions.jsonl'}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"data": [\n{"title": "a",\n', "line 3, is not JSON"),
        ("[{}]", "something else than questions"),
        ("3", "something else than questions"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": ' + "1" * 5000 + ', "data": []}', "is not JSON that can be read"),
        ('[1]\n{"question": "q", "answers": []}', "line 1: expected `object`, got `array`"),
    ],
)
def test_a_file_that_may_be_either_form(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text, "dev.json")
    assert said in str(caught.value)


def test_a_bad_question_in_squad_is_named_by_its_place(tmp_path: Path) -> None:
    data = json.loads(json.dumps(squad("a", "b")))
    data["data"][1]["paragraphs"][1]["qas"][0]["question"] = ""
    with pytest.raises(UsageError, match=r"data\[1\]\.paragraphs\[1\]\.qas\[0\]: the question is"):
        read(tmp_path, json.dumps(data), "dev.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_questions(tmp_path)


def test_questions_are_taken_evenly() -> None:
    assert spread(range(10), 3) == [0, 3, 6]
    assert spread(range(3), 10) == [0, 1, 2]
    found = QuestionFile("x", tuple(KnownQuestion(str(i), (), ()) for i in range(4)))
    assert [q.question for q in found.spread(2).questions] == ["0", "2"]


def test_the_corpus_questions_are_read() -> None:
    found = read_questions(ROOT / "corpus" / "questions.jsonl")
    assert len(found.questions) == 163
    assert all(question.sources for question in found.questions if question.answers)
