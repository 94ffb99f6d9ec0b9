from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from qa.answering import check_question
from qa.rendering import answer_json
from qa.risk import Promise
from qa.types import Answer, CitationCheck
from qa.verification import verify_answers
from tests.index.helpers import build_index, open_searcher, write_files
from tests.qa.helpers import open_answerer

FILES = {
    "a.md": "---\ntitle: Lamps\npublished: 2021-05-01\n---\n\nMarta Lind keeps the lamp. It was "
    "lit in 1987, they say.\n\nThe keeper of the mill is Jon.\n",
    "b.txt": "The lamp was lit in 1991, says the harbour mas-\nter of the town, who keeps a diary "
    "of every lamp on the coast.\nHe has kept it for years now, and so did his father before "
    "him.\n",
    "c.txt": "In 1987 the lamp was lit.\n",
}
MARGINS = {"1987": 4.0, "1991": 3.0, "Jon": 2.0, "harbour master": 1.5}


def check(answer: Answer, folder: Path) -> None:
    """Every citation must hold to the letter, as `verify` sees it from the JSON."""
    opened, _ = open_searcher(folder / "index")
    checks = verify_answers([json.loads(json.dumps(answer_json(answer)))], opened.store)
    assert [c.fault for c in checks if c.fault] == []
    for alternative in answer.alternatives:
        for citation in alternative.citations:
            text = opened.store.text(citation.source.id).text
            assert text[citation.quote_span.start : citation.quote_span.end] == citation.quote


def test_equal_answers_joined_and_rivals_apart(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, MARGINS)
    answer = answerer.ask(check_question("when was the lamp lit"))
    assert (answer.status, answer.answer) == ("answered", "1987")
    assert {c.source.path for c in answer.citations} == {"sources/a.md", "sources/c.txt"}
    assert "1991" in [a.answer for a in answer.alternatives]
    assert answer.confidence == pytest.approx(0.982, abs=1e-3)
    check(answer, tmp_path)


COUNTS = {
    "baku.md": "---\ntitle: Baku\npublished: 2020-12-03\n---\n\nThe Defence Ministry in Baku says "
    "that 2,783 of its soldiers died in the war.\n",
    "yerevan.md": "---\ntitle: Yerevan\npublished: 2021-03-01\n---\n\nHow many soldiers died? "
    "Armenia claims that its enemy reportedly lost 7,630 soldiers.\n",
}


def test_both_figures_are_shown_each_with_whose_it_is(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, COUNTS, {"2,783": 4.0, "7,630": 1.5})
    answer = answerer.ask(check_question("How many Azerbaijani soldiers died"))
    (citation,), (rival,) = answer.citations, answer.alternatives
    assert (answer.answer, rival.answer, rival.rival) == ("2,783", "7,630", True)
    assert (answer.support, rival.support) == (1, 1)
    assert citation.attribution is not None
    assert citation.attribution.words.text == "The Defence Ministry in Baku says"
    assert not citation.hedged
    (other,) = rival.citations
    assert other.attribution is not None
    assert other.attribution.who.text == "Armenia"
    assert [hedge.text for hedge in other.hedges] == ["reportedly"]
    dates = (citation.source.published, other.source.published)
    assert dates == ("2020-12-03", "2021-03-01")
    shown = answer_json(answer)
    assert shown["support"] == 1
    assert shown["alternatives"][0]["rival"] is True
    cited = shown["alternatives"][0]["citations"][0]
    assert (cited["hedged"], cited["copy_of"]) == (True, None)
    span = cited["attribution"]["span"]
    assert cited["quote_clean"][span["start"] : span["end"]] == cited["attribution"]["text"]
    assert cited["attribution"]["who"] == "Armenia"
    check(answer, tmp_path)


def test_a_rival_is_shown_even_where_it_is_unlikely(tmp_path: Path) -> None:
    margins = {"2,783": 0.5, "7,630": -2.0}
    answerer, _, _ = open_answerer(tmp_path, COUNTS, margins)
    asked = check_question("How many Azerbaijani soldiers died")
    assert [a.answer for a in answerer.ask(asked).alternatives] == ["7,630"]
    sure = answerer.ask(check_question(asked.text, min_confidence=0.9))
    assert [(a.answer, a.rival) for a in sure.alternatives] == [("2,783", True), ("7,630", True)]
    assert sure.support == 0
    weak, _, _ = open_answerer(tmp_path / "weak", COUNTS, {"2,783": -2.0, "7,630": -2.5})
    assert weak.ask(asked).alternatives == ()


def test_copies_count_once_and_stay_cited(tmp_path: Path) -> None:
    story = COUNTS["baku.md"] + " ".join(f"Line {n} tells of lamp {n * 7}." for n in range(30))
    files = {
        "a.md": story,
        "b.md": story.replace("2020-12-03", "2020-12-02").replace("\n\nThe", "\n\nDesk. The"),
        "c.txt": "By another count 2783 soldiers died in that war, all of them young.\n",
    }
    answerer, _, _ = open_answerer(tmp_path, files, {"2,783": 4.0, "2783": 3.0})
    answer = answerer.ask(check_question("How many soldiers died in the war"))
    by_path = {c.source.path: c for c in answer.citations}
    assert set(by_path) == {"sources/a.md", "sources/b.md", "sources/c.txt"}
    assert answer.support == 2
    first = by_path["sources/b.md"].source.id
    assert [by_path[f"sources/{n}"].copy_of for n in ("a.md", "b.md", "c.txt")] == [
        first, None, None,
    ]  # fmt: skip
    check(answer, tmp_path)


def test_a_broken_word_is_cited_as_it_stands_and_shown_as_it_reads(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, {"harbour master": 3.0})
    answer = answerer.ask(check_question("who of the town keeps a diary of every lamp"))
    assert answer.answer == "harbour master"
    citation = answer.citations[0]
    assert "harbour mas-\nter" in citation.quote
    assert "harbour master of the town" in citation.quote_clean
    assert "\n" not in citation.quote_clean
    start, end = citation.answer_span
    text = (tmp_path / "sources/b.txt").read_text()
    assert text[start:end] == "harbour mas-\nter"
    assert (citation.line, citation.page) == (1, None)
    check(answer, tmp_path)


def test_no_answer_is_an_answer(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, {"1987": -3.0})
    answer = answerer.ask(check_question("when was the lamp sold"))
    assert answer.status == "no_answer"
    assert answer.answer is None
    assert answer.confidence is None
    assert answer.citations == ()
    assert answer.passages


def test_min_confidence_of_zero_is_a_value(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, {"1987": -3.0})
    assert answerer.ask(check_question("lamp lit", min_confidence=0.0)).answer == "1987"
    sure = answerer.ask(check_question("lamp lit", min_confidence=0.9))
    assert sure.status == "no_answer"


def test_filters_reach_the_answer(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, MARGINS)
    only_b = answerer.ask(check_question("when was the lamp lit", source="b.txt"))
    assert only_b.answer == "1991"
    dated = answerer.ask(check_question("when was the lamp lit", since="2021-01-01"))
    assert {c.source.path for c in dated.citations} == {"sources/a.md"}
    none = answerer.ask(check_question("when was the lamp lit", until="2020-12-31"))
    assert (none.status, none.passages) == ("no_answer", ())


def test_the_decision_does_not_move_with_top_k(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, MARGINS)
    answers = [answerer.ask(check_question("when was the lamp lit", top_k=k)) for k in (1, 5, 50)]
    assert len({(a.answer, a.confidence) for a in answers}) == 1
    assert len(answers[0].passages) == 1


def test_reading_stops_when_settled(tmp_path: Path) -> None:
    files = {f"{i}.txt": f"The lamp number {i} was lit in 1987." for i in range(30)}
    answerer, _, reader = open_answerer(
        tmp_path / "one", files, {"1987": 6.0}, depth=20, settled_margin=5.0
    )
    answerer.ask(check_question("when was the lamp lit"))
    assert reader.passages_read == 5
    answerer, _, reader = open_answerer(
        tmp_path / "two", files, {"1987": 4.0}, depth=20, settled_margin=5.0
    )
    answer = answerer.ask(check_question("when was the lamp lit"))
    assert reader.passages_read == 20
    assert len(answer.readings) == 20


def test_a_round_without_any_span_settles_nothing(tmp_path: Path) -> None:
    files = {f"{i}.txt": f"The lamp number {i} was lit." for i in range(12)}
    answerer, _, reader = open_answerer(tmp_path, files, {}, depth=12, settled_margin=-4.0)
    assert answerer.ask(check_question("when was the lamp lit")).status == "no_answer"
    assert reader.passages_read == 12


@pytest.mark.parametrize(
    ("text", "options", "match"),
    [
        ("", {}, "empty"), (" \n\t ", {}, "empty"), ("x" * 100_000, {}, "100000 characters"),
        ("lamp \ud800", {}, "Unicode"), ("lamp", {"top_k": 0}, "top_k"),
        ("lamp", {"top_k": 101}, "top_k"), ("lamp", {"since": "yesterday"}, "YYYY-MM-DD"),
        ("lamp", {"until": "2021-02-30"}, "YYYY-MM-DD"),
        ("lamp", {"min_confidence": 1.5}, "confidence"),
        ("lamp", {"min_confidence": float("nan")}, "confidence"),
    ],
)  # fmt: skip
def test_bad_questions(text: str, options: dict[str, object], match: str) -> None:
    with pytest.raises(UsageError, match=match) as raised:
        check_question(text, **options)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


pieces = st.sampled_from(
    ["The lamp", "lit", "in 1987", "Türkiye", "🙂", "كان", "e\u0301", "mas-\nter", ".", "\n\n",
     "\r\n", "\u00a0", "\u00ad", "- ", "# ", "**", "Dr. Lind said", "1987.",
     "reportedly", "according to Lind,"]
)  # fmt: skip


@given(st.lists(pieces, min_size=1, max_size=40).map(" ".join))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_citation_holds_whatever_the_text(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    write_files(folder / "probe", {"x.md": "The lamp was lit in 1987.\n\n" + text})
    files = {"x.md": "The lamp was lit in 1987.\n\n" + text, "y.txt": "Lamp. " + text}
    answerer, _, _ = open_answerer(
        folder, files, {"1987": 2.0, "lamp": 1.0, "Türkiye": 3.0, "master": 2.5, "🙂": 0.5}
    )
    answer = answerer.ask(check_question("when was the lamp of Türkiye lit by the master"))
    check(answer, folder)
    for citation in answer.citations:
        start, end = citation.answer_span
        assert citation.quote_span.start <= start < end <= citation.quote_span.end
        first, last = citation.answer_clean_span
        assert citation.quote_clean[first:last] == answer.answer
        told = citation.attribution
        words = [*citation.hedges, *([told.words, told.who] if told else [])]
        for wording in words:
            assert citation.quote_clean[wording.span.start : wording.span.end] == wording.text


def test_verification_finds_what_does_not_hold(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, MARGINS)
    good = json.loads(
        json.dumps(answer_json(answerer.ask(check_question("when was it lit, the lamp"))))
    )
    opened, _ = open_searcher(tmp_path / "index")

    def fault(**changes: object) -> str | None:
        bad = json.loads(json.dumps(good))
        bad["citations"][0].update(changes)
        return verify_answers([bad], opened.store)[0].fault

    assert fault() is None
    assert fault(quote="something else") is not None
    assert fault(quote_span={"start": 0, "end": 5}) is not None
    assert fault(quote_span={"start": -5, "end": 5}) is not None
    assert fault(quote_span={"start": "0", "end": 5}) is not None
    assert fault(answer_span={"start": 0, "end": 0}) is not None
    assert fault(source={**good["citations"][0]["source"], "id": "src_gone"}) is not None
    # The file changed, and what is quoted still stands where it did.
    assert fault(source={**good["citations"][0]["source"], "sha256": "0"}) is None
    with pytest.raises(UsageError, match="not an answer"):
        verify_answers([{"id": "x"}], opened.store)


def cited(folder: Path) -> dict[str, Any]:
    answerer, _, _ = open_answerer(folder, FILES, MARGINS)
    told: dict[str, Any] = json.loads(
        json.dumps(answer_json(answerer.ask(check_question("when was the lamp lit"))))
    )
    return told


def rebuilt(folder: Path, data: dict[str, Any]) -> list[CitationCheck]:
    build_index(folder / "index")
    return verify_answers([data], open_searcher(folder / "index")[0].store)


def test_a_quote_that_moved_is_found(tmp_path: Path) -> None:
    data = cited(tmp_path)
    for path in (tmp_path / "sources").iterdir():
        if path.suffix == ".txt":
            path.write_text("Now: " + path.read_text())
    checks = rebuilt(tmp_path, data)
    moved = [check for check in checks if check.state == "moved"]
    assert moved
    quotes = {c["quote"] for c in data["citations"]}
    quotes |= {c["quote"] for a in data["alternatives"] for c in a["citations"]}
    store = open_searcher(tmp_path / "index")[0].store
    for check in moved:
        assert check.found is not None
        assert check.found.text in quotes
        assert check.fault is not None
        assert check.fault.startswith("moved: it stands at ")
        start, end = check.found.span
        assert store.text(check.found.source_id).text[start:end] == check.found.text
        assert check.found.answer_span is not None
        assert start <= check.found.answer_span.start < check.found.answer_span.end <= end


def test_what_became_of_a_citation(tmp_path: Path) -> None:
    quote = "Marta Lind has kept the harbour lamp of Lund since the spring of 1987."
    text = f"The harbour.\n\n{quote}\n\nNothing else is known of it.\n"
    answerer, _, _ = open_answerer(tmp_path, {"lamp.txt": text}, {"Marta Lind": 5.0})
    data = json.loads(json.dumps(answer_json(answerer.ask(check_question("who kept the lamp")))))
    assert data["citations"][0]["quote"] == quote
    file = tmp_path / "sources" / "lamp.txt"

    def state() -> tuple[str, str | None]:
        (check,) = rebuilt(tmp_path, data)
        return check.state, check.found.text if check.found is not None else None

    assert state() == ("holds", None)
    file.write_text(text.replace("Nothing else", "Little else"))
    assert state() == ("holds", None)
    file.write_text("At the very beginning.\n\n" + text)
    assert state() == ("moved", quote)
    renamed = file.with_name("light.txt")
    file.rename(renamed)
    assert state() == ("moved", quote)
    renamed.rename(file)
    later = quote.replace("1987", "1988")
    file.write_text(text.replace(quote, later))
    assert state() == ("changed", later)
    file.write_text("The boat Freja sank off the point. Nobody was on board.\n")
    assert state() == ("gone", None)
    write_files(tmp_path / "sources", {"other.txt": "A bridge was opened.\n"})
    file.unlink()
    assert state() == ("gone", None)


BUYERS = {
    "a.md": "---\ntitle: Deals\npublished: 2021-05-01\n---\n\nThe countries that bought the lamp "
    "were Kyrgyzstan, Turkmenistan and Niger.\n",
    "b.txt": "Among countries that bought the lamp was Poland too, says the keeper.\n",
    "c.txt": "Turkmenistan is one of the countries that bought a lamp early on.\n",
}
BOUGHT = {"Kyrgyzstan, Turkmenistan and Niger": 4.0, "Poland": 3.0, "Turkmenistan": 2.0}


def test_a_list_has_every_member_with_its_places(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, BUYERS, BOUGHT)
    answer = answerer.ask(check_question("Which countries bought the lamp?"))
    assert answer.answer == "Kyrgyzstan, Turkmenistan and Niger"
    named = {item.answer: [c.source.path for c in item.citations] for item in answer.items}
    assert named == {
        "Kyrgyzstan": ["sources/a.md"], "Turkmenistan": ["sources/a.md", "sources/c.txt"],
        "Niger": ["sources/a.md"], "Poland": ["sources/b.txt"],
    }  # fmt: skip
    assert answerer.ask(check_question("Which countries bought the lamp?", top_k=1)).items == (
        answer.items
    )
    sure = [item.confidence for item in answer.items]
    assert sure == sorted(sure, reverse=True)
    assert not any(a.rival for a in answer.alternatives)
    for item in answer.items:
        for citation in item.citations:
            span = citation.answer_clean_span
            assert citation.quote_clean[span.start : span.end] == item.answer
    check(answer, tmp_path)


def test_a_list_is_only_given_for_several_and_only_if_sure(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, BUYERS, BOUGHT)
    assert answerer.ask(check_question("Which country bought the lamp?")).items == ()
    several = "Which countries bought the lamp?"
    assert answerer.ask(check_question(several, min_confidence=0.99)).items == ()
    fewer = answerer.ask(check_question(several, min_confidence=0.96)).items
    assert [item.answer for item in fewer] == ["Kyrgyzstan", "Turkmenistan", "Niger"]


def test_why_it_was_declined_is_told(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, FILES, {**MARGINS, "lamp": -3.0})
    answer = answerer.ask(check_question("when was the lamp lit", min_confidence=0.99))
    assert answer.status == "no_answer"
    assert answer.decision is not None
    assert answer.decision.confidence == pytest.approx(0.982, abs=1e-3)
    assert answer.decision.needed == 0.99
    assert [e.adds for e in answer.decision.evidence] == [4.0, 0.0, 0.0, 0.0]
    verdicts = {reading.best: reading.verdict for reading in answer.readings}
    assert verdicts["1987"] == "too unsure"
    assert verdicts["1991"] == "outranked"
    answered = answerer.ask(check_question("when was the lamp lit"))
    assert {r.best: r.verdict for r in answered.readings}["1987"] == "answer"


def test_max_error_takes_the_place_of_the_setting(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(
        tmp_path, FILES, MARGINS,
        promises=(Promise(0.985, 100, 1, 0.05), Promise(0.3, 200, 20, 0.2)),
    )  # fmt: skip
    asked = "when was the lamp lit"
    assert answerer.ask(check_question(asked, max_error=0.05)).status == "no_answer"
    assert answerer.ask(check_question(asked, max_error=0.2)).status == "answered"
    both = check_question(asked, max_error=0.2, min_confidence=0.99)
    assert answerer.ask(both).status == "no_answer"
    with pytest.raises(UsageError, match="ask for 5% or more"):
        answerer.ask(check_question(asked, max_error=0.01))


def test_numbers_stay_rivals_where_several_are_asked_for(tmp_path: Path) -> None:
    answerer, _, _ = open_answerer(tmp_path, COUNTS, {"2,783": 4.0, "7,630": 1.5})
    answer = answerer.ask(check_question("What were the losses of soldiers?"))
    assert answer.items == ()
    assert [(a.answer, a.rival) for a in answer.alternatives] == [("7,630", True)]


def test_a_question_in_a_source_answers_nothing(tmp_path: Path) -> None:
    files = {"a.md": "Who kept the lamp in 1987? The lamp was kept by Jon until 1991.\n"}
    answerer, _, _ = open_answerer(tmp_path, files, {"1987": 9.0, "1991": 3.0})
    answer = answerer.ask(check_question("when was the lamp kept"))
    assert answer.answer == "1991"
    assert answer.alternatives == ()
