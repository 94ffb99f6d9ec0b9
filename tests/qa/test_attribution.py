from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.types import Span
from qa.attribution import attribution, hedges
from qa.clauses import statement, tokens


def marked(sentence: str) -> tuple[str, Span]:
    """A sentence without the brackets around its answer, and where the answer stands."""
    before, _, rest = sentence.partition("[")
    answer, _, after = rest.partition("]")
    return before + answer + after, Span(len(before), len(before) + len(answer))


def found(sentence: str) -> tuple[str, str] | None:
    text, answer = marked(sentence)
    told = attribution(text, answer)
    if told is None:
        return None
    for wording in (told.words, told.who):
        assert text[wording.span.start : wording.span.end] == wording.text
        assert wording.span.end <= answer.start or wording.span.start >= answer.end
    return told.words.text, told.who.text


@pytest.mark.parametrize(
    ("sentence", "words", "who"),
    [
        ("Armenia claims that its neighbour lost [7,630] men.", "Armenia claims", "Armenia"),
        ("Armenia claimed its neighbour lost [7,630] men.", "Armenia claimed", "Armenia"),
        ("Armenia's Defense Ministry said [7,630] men fell.",
         "Armenia's Defense Ministry said", "Armenia's Defense Ministry"),
        ("The Defense Ministry stated that [12] posts were hit.",
         "The Defense Ministry stated", "The Defense Ministry"),
        ("Baku's own ministry admits [2,783].", "Baku's own ministry admits",
         "Baku's own ministry"),
        ("As for the others, Armenia puts their dead at [7,630].", "Armenia puts", "Armenia"),
        ("Yerevan has put the figure at about [7,630].", "Yerevan has put", "Yerevan"),
        ("The spokesman of the ministry said on Friday that [15] were hurt.",
         "The spokesman of the ministry said", "The spokesman of the ministry"),
        ("A senior defence official told reporters that [15] boats had left.",
         "A senior defence official told", "A senior defence official"),
        ("Military sources reported that [15] boats had left.", "Military sources reported",
         "Military sources"),
        ("The ministry reported [2,783] deaths.", "The ministry reported", "The ministry"),
        ("The U.S. State Department said [15] boats had left.",
         "The U.S. State Department said", "The U.S. State Department"),
        ("Anna Berg, once the envoy to Rome, said that [4,750] had fallen.",
         "Anna Berg, once the envoy to Rome, said", "Anna Berg"),
        ("Reuters, citing Armenian officials, reported that [7,630] men had died.",
         "Reuters, citing Armenian officials, reported", "Armenian officials"),
        ("Armenia said Azerbaijan had claimed [2,783] dead.", "Azerbaijan had claimed",
         "Azerbaijan"),
        ("The two scholars argue that [drones] decided the war.", "The two scholars argue",
         "The two scholars"),
        ("Western officials believe that [Iran] sent them.", "Western officials believe",
         "Western officials"),
        ("Prime Minister Nikol Pashinyan said: [2,317] are dead.",
         "Prime Minister Nikol Pashinyan said", "Prime Minister Nikol Pashinyan"),
        ("Marta Lind, once an envoy, says an official report held [4,750] names.",
         "Marta Lind, once an envoy, says", "Marta Lind"),
        ("Armenian reports say that [15] men fell.", "Armenian reports say", "Armenian reports"),
        ("In March, Marta Lind said that [15] lamps burn.", "Marta Lind said", "Marta Lind"),
    ],
)  # fmt: skip
def test_who_says_so_before_the_answer(sentence: str, words: str, who: str) -> None:
    assert found(sentence) == (words, who)


@pytest.mark.parametrize(
    ("sentence", "words", "who"),
    [
        ("About [7,630] men fell, Armenia said.", "Armenia said", "Armenia"),
        ("[7,630] men fell, said Armenia.", "said Armenia", "Armenia"),
        ("“[15] boats have left,” the harbour office said on Monday.", "the harbour office said",
         "the harbour office"),
        ("[15] boats have left, a spokesman for the ministry said.",
         "a spokesman for the ministry said", "a spokesman for the ministry"),
        ("[7,630] were lost, according to Armenia.", "according to Armenia", "Armenia"),
        ("[7,630] were lost according to the Armenian side.", "according to the Armenian side",
         "the Armenian side"),
        ("According to Armenia, [7,630] men fell.", "According to Armenia", "Armenia"),
        ("According to Armenia [7,630] men fell.", "According to Armenia", "Armenia"),
        ("According to data of the ministry, [over 40 percent] was lost.",
         "According to data of the ministry", "data of the ministry"),
        ("The army, according to Armenia, lost [7,630] men.", "according to Armenia", "Armenia"),
        ("According to a study by Marta Lind, [15] men fell.",
         "According to a study by Marta Lind", "a study by Marta Lind"),
        ("[15] boats have left, the agency reported, citing the harbour office.",
         "the agency reported, citing the harbour office", "the harbour office"),
    ],
)  # fmt: skip
def test_who_says_so_after_the_answer_or_beside_it(sentence: str, words: str, who: str) -> None:
    assert found(sentence) == (words, who)


@pytest.mark.parametrize(
    ("sentence", "words", "who"),
    [
        ("Armenia's figure is [7,630].", "Armenia's figure", "Armenia"),
        ("Azerbaijan's official count of [2,783] leaves out civilians.",
         "Azerbaijan's official count", "Azerbaijan"),
        ("The figure given by Armenia is [7,630].", "given by Armenia", "Armenia"),
        ("The official answer comes from the Ministry of Defence in Baku: [2,783].",
         "comes from the Ministry of Defence in Baku", "the Ministry of Defence in Baku"),
        ("At least [2,783], a number published by the ministry, are dead.",
         "published by the ministry", "the ministry"),
    ],
)  # fmt: skip
def test_whose_figure_it_is(sentence: str, words: str, who: str) -> None:
    assert found(sentence) == (words, who)


def test_two_parties_in_one_sentence_are_kept_apart() -> None:
    both = "Armenia claims that {} died, while Azerbaijan's Defence Ministry says {}."
    assert found(both.format("[7,630]", "2,783")) == ("Armenia claims", "Armenia")
    assert found(both.format("7,630", "[2,783]")) == (
        "Azerbaijan's Defence Ministry says", "Azerbaijan's Defence Ministry",
    )  # fmt: skip
    both = "While Armenia claims that {} died, Azerbaijan's ministry says {}."
    assert found(both.format("[7,630]", "2,783")) == ("Armenia claims", "Armenia")
    assert found(both.format("7,630", "[2,783]")) == (
        "Azerbaijan's ministry says", "Azerbaijan's ministry",
    )  # fmt: skip
    both = "According to Baku, {} soldiers fell; according to Yerevan, {}."
    assert found(both.format("[2,783]", "7,630")) == ("According to Baku", "Baku")
    assert found(both.format("2,783", "[7,630]")) == ("according to Yerevan", "Yerevan")
    both = "{} died according to Baku and {} according to Yerevan."
    assert found(both.format("[15]", "20")) == ("according to Baku", "Baku")
    assert found(both.format("15", "[20]")) == ("according to Yerevan", "Yerevan")
    both = "Armenian officials said {} had died (Baku claimed {} were dead)."
    assert found(both.format("[15]", "20")) == ("Armenian officials said", "Armenian officials")
    assert found(both.format("15", "[20]")) == ("Baku claimed", "Baku")
    both = "Armenian officials said {} had died ({} of them boys)."
    assert found(both.format("15", "[3]")) == ("Armenian officials said", "Armenian officials")
    text = "Armenia's toll was [2,783], said Azerbaijan's Defence Ministry."
    assert (found(text) or ("", ""))[1] == "Azerbaijan's Defence Ministry"
    both = "Baku admits {}. Yerevan speaks of {}, a far higher number."
    assert found(both.format("[2,783]", "7,630")) == ("Baku admits", "Baku")
    assert found(both.format("2,783", "[7,630]")) is None


@pytest.mark.parametrize(
    "sentence",
    [
        # Nothing is said by anybody.
        "The lamp was lit in [1987].", "", "[]", "[1987]",
        # Who says so is the answer, or inside it.
        "[Armenia] claims that 7,630 men fell.", "According to [Armenia], 7,630 men fell.",
        # What is said is another statement.
        "Aliyev said that he was proud, and [15] men died the next day.",
        "Aliyev said that he was proud, but [15] men died the next day.",
        "Aliyev said nothing. The next day [15] men died.",
        "[15] men died when Aliyev said that the war was over.",
        "The losses were [7,630], far more than twice the total that Baku admits.",
        "[7,630] is the number that Armenia claims for others.",
        # Said when, where or to whom is not what is said.
        "Armenia said on [10 November] that its troops had left.",
        "Armenia said in [Moscow] that its troops had left.",
        "Armenia announced a truce with its neighbour on [10 November 2020].",
        "The ministry told [Reuters] that its troops had left.",
        # Denied.
        "Armenia has never said that [7,630] men fell.",
        "Armenia did not claim that [7,630] men fell.",
        "Armenia denied that [7,630] men fell.",
        # Pronouns and things are nobody.
        "No official said that [15] died.", "Neither Armenia nor Azerbaijan said that [15] died.",
        "Few analysts believe that [15] died.",
        # What is said is in a clause of its own.
        "After Russia announced its withdrawal, Armenia lost [15] soldiers.",
        "When Aliyev said that the war was over, Russia sent [1,960] peacekeepers.",
        "Because Armenia claimed the village, [15] houses were burned.",
        "The attacks that Armenia said killed 20 took place on [5 May].",
        "Armenia claims 7,630 died but the true number was [2,783].",
        # Verbs of saying that say nothing here.
        "Azerbaijan added [15] drones to its fleet.", "Tolstoy wrote [War and Peace].",
        "The United States maintains [15] bases in the region.",
        "Armenia conceded [five] villages to Azerbaijan.",
        "Hurricane Katrina claimed [1,833] lives.",
        "He said that [15] men died.", "It claimed [15] lives.", "The flood claimed [15] lives.",
        "Who said that [15] men died?", "This put the price at [15].",
        # The words in other uses.
        "The United States has [15] bases.", "Armenia's claims are old, its army [15] brigades.",
        "He is said to have had [15] men.",
        "On 19 July the five Central Asian states met the [six] members.",
        "He lost more than [five] times the number that came from the ministry (15).",
        "Armenian reports of 2020 name [15] men.", "Canada reports to the council [in May].",
        "The company is reported to have sold [15].", "Harvard admitted [2,000] students.",
        "Armenian officials said 15 died (Reuters counted [20]).",
    ],
)  # fmt: skip
def test_sooner_nobody_than_the_wrong_one(sentence: str) -> None:
    assert found(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("[15] men reportedly died.", ["reportedly"]),
        ("According to unconfirmed reports, [15] men died.", ["unconfirmed"]),
        ("[15] men died, according to unconfirmed reports.", ["unconfirmed"]),
        ("The truce, reportedly brokered by Russia, began on [10 November].", []),
        ("The convoy, which allegedly carried arms, was hit on [5 May].", []),
        ("The truce, reportedly, began on [10 November].", ["reportedly"]),
        ("Iran reportedly built a small but growing fleet of [15] drones.", ["reportedly"]),
        ("The plant is expected to make [15] drones a year.", ["is expected to"]),
        ("The first flight may have been in [May 2015].", ["may"]),
        ("The total could not be confirmed, but Armenia says [15].", []),
        ("The total of [15] could not be verified.", ["not be verified"]),
        ("It was lit in [1987], and may burn still.", []),
        ("It was lit in [May 1987].", []), ("The [May] flight went well.", []),
        ("In May, [15] men died.", []), ("[Even]", []), ("Even [though]", []),
        ("Although it is unclear whether they bought drones, they turned to [Iran].", []),
        ("Even though it may have failed, [15] were sold.", []),
        ("Although it is unclear whether [Iran] sold them, they fly.", ["it is unclear"]),
        ("It was lit on what is [likely 15 May].", []),
        ("They gave [drones], reportedly advisers, and money.", []),
        ("They gave [drones], reportedly.", ["reportedly"]),
        ("It has [two] engines: a drone may have a foreign heart.", []),
        ("In [2020] it could rely on nobody.", []),
        ("Iran is widely believed to have sent [15].", ["is widely believed to"]),
        ("It is alleged that the defendant took [$5 million].", ["It is alleged"]),
        ("It was not clear whether [15] died.", ["It was not clear"]),
        ("Maybe [15] died.", ["Maybe"]),
        ("The total of [15] has not yet been confirmed.", ["not yet been confirmed"]),
        ("Iran is believed to have sent [15]; it denies that.", ["is believed to"]),
        ("Allegedly [15] men died.", ["Allegedly"]), ("[15] men died.", []), ("", []),
    ],
)  # fmt: skip
def test_hedges(sentence: str, words: list[str]) -> None:
    text, answer = marked(sentence)
    told = hedges(text, answer)
    assert [wording.text for wording in told] == words
    assert all(text[w.span.start : w.span.end] == w.text for w in told)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It rained. [15] men died. It was cold.", "15 men died ."),
        ("Mr. Lind saw [15] men.", "Mr. Lind saw 15 men ."),
        ("The U.S. Navy saw [15].", "The U.S. Navy saw 15 ."),
        ("It cost 2.5 or [15].", "It cost 2.5 or 15 ."),
        ("He left, while [15] stayed, and 3 slept.", "while 15 stayed ,"),
        ("“It rained.” [Marta] came.", "Marta came ."),
    ],
)
def test_the_statement_an_answer_stands_in(sentence: str, expected: str) -> None:
    text, answer = marked(sentence)
    assert " ".join(t.text for t in statement(text, answer)) == expected


PIECES = st.lists(
    st.sampled_from(
        ["Armenia", "claims", "that", "7,630", "according", "to", "said", ",", ".", ";", "“", "”",
         "the", "ministry", "'s", "of", "citing", "while", "and", "reportedly", "may", "was", "put",
         "at", "figure", "given", "by", "comes", "from", "🙂", "Türkiye", "U.S.", "\u00a0", "_",
         "—"]
    ),
    max_size=25,
).map(" ".join)  # fmt: skip


@given(st.one_of(PIECES, st.text(max_size=60)), st.data())
@settings(deadline=None)
def test_what_is_returned_stands_there(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    answer = Span(start, data.draw(st.integers(start, len(text))))
    told = attribution(text, answer)
    words = list(hedges(text, answer))
    if told is not None:
        words += [told.words, told.who]
        assert told.words.span.start <= told.who.span.start
        assert told.who.span.end <= told.words.span.end
    for wording in words:
        assert text[wording.span.start : wording.span.end] == wording.text != ""
        assert wording.span.end <= answer.start or wording.span.start >= answer.end
    for token in tokens(text):
        assert text[token.span.start : token.span.end] == token.text
