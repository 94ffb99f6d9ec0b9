"""Questions said in another way, with the same answer: as people type them, and in other words.

A reader that saw every changed word make a question unanswerable (`training.misleading`) comes to
doubt plain statements that are worded otherwise than the question. Here a word is changed for one
of about the same meaning, or the small words are left out, and the answer stays.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from training.data import Example

# Words that can stand for one another in most questions, form by form.
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("buy", "purchase", "acquire"), ("bought", "purchased", "acquired"),
    ("buys", "purchases", "acquires"), ("make", "produce", "manufacture", "build"),
    ("made", "produced", "manufactured", "built"),
    ("makes", "produces", "manufactures", "builds"), ("maker", "manufacturer", "producer"),
    ("supply", "provide", "deliver"), ("supplied", "provided", "delivered"),
    ("supplies", "provides", "delivers"), ("kill", "slay"), ("killed", "slain"),
    ("die", "perish"), ("died", "perished", "lost their lives"), ("begin", "start", "commence"),
    ("began", "started", "commenced"), ("begins", "starts", "commences"),
    ("ended", "finished", "concluded"), ("say", "state", "claim"), ("said", "stated", "claimed"),
    ("says", "states", "claims"), ("named", "called", "known as"), ("show", "demonstrate"),
    ("showed", "demonstrated", "revealed"), ("use", "employ", "utilize"),
    ("used", "employed", "utilized"), ("uses", "employs", "utilizes"), ("help", "assist", "aid"),
    ("helped", "assisted", "aided"), ("get", "obtain", "receive"),
    ("got", "obtained", "received"), ("give", "grant"), ("gave", "granted"), ("given", "granted"),
    ("find", "discover"), ("create", "set up", "make"), ("created", "set up", "made"),
    ("founded", "established", "set up", "created"), ("establish", "found", "set up"),
    ("live", "reside", "dwell"), ("lived", "resided", "dwelt"), ("work", "labor"),
    ("job", "occupation", "work"), ("jobs", "occupations"), ("country", "nation", "state"),
    ("countries", "nations", "states"), ("city", "town"), ("cities", "towns"),
    ("area", "region", "zone"), ("areas", "regions", "zones"), ("war", "conflict"),
    ("wars", "conflicts"), ("battle", "fight", "clash"), ("battles", "fights", "clashes"),
    ("soldiers", "troops", "servicemen"), ("army", "military", "armed forces"),
    ("leader", "head", "chief"), ("leaders", "heads", "chiefs"), ("boss", "head", "chief"),
    ("company", "firm", "business"), ("companies", "firms", "businesses"),
    ("money", "funds", "cash"), ("cost", "price"), ("costs", "prices"),
    ("part", "portion", "share"), ("parts", "portions", "pieces"), ("kind", "type", "sort"),
    ("kinds", "types", "sorts"), ("type", "kind", "sort"), ("types", "kinds", "sorts"),
    ("big", "large"), ("bigger", "larger"), ("biggest", "largest"), ("large", "big"),
    ("small", "little"), ("fast", "quick"), ("main", "chief", "primary", "principal"),
    ("primary", "main", "chief"), ("important", "significant"),
    ("famous", "well-known", "renowned"), ("child", "kid"), ("children", "kids"),
    ("film", "movie"), ("films", "movies"), ("author", "writer"), ("authors", "writers"),
    ("wrote", "authored", "penned"), ("written", "authored", "penned"), ("doctor", "physician"),
    ("car", "automobile"), ("illness", "disease", "sickness"), ("disease", "illness"),
    ("home", "house"), ("purpose", "aim", "goal"), ("goal", "aim", "objective"),
    ("aim", "goal", "purpose"), ("reason", "cause"), ("result", "outcome", "consequence"),
    ("results", "outcomes"), ("issue", "problem"), ("issues", "problems"),
    ("idea", "notion", "concept"), ("choose", "select", "pick"), ("chose", "selected", "picked"),
    ("chosen", "selected", "picked"), ("allow", "permit", "let"), ("allowed", "permitted"),
    ("allows", "permits", "lets"), ("need", "require"), ("needed", "required"),
    ("needs", "requires"), ("want", "wish", "desire"), ("wanted", "wished", "desired"),
    ("change", "alter", "modify"), ("changed", "altered", "modified"),
    ("happen", "occur", "take place"), ("happened", "occurred", "took place"),
    ("happens", "occurs", "takes place"), ("leave", "depart"), ("arrive", "come"),
    ("arrived", "came"), ("return", "go back", "come back"),
    ("returned", "went back", "came back"), ("grow", "increase", "rise"),
    ("grew", "increased", "rose"), ("increase", "growth", "rise"), ("decrease", "fall", "drop"),
    ("attack", "assault", "strike"), ("attacked", "assaulted", "struck"), ("destroy", "wreck"),
    ("destroyed", "wrecked", "wiped out"), ("marry", "wed"), ("married", "wed"),
    ("elected", "voted in", "chosen"), ("appointed", "named", "made"), ("teach", "instruct"),
    ("taught", "instructed"), ("speak", "talk"), ("spoke", "talked"), ("near", "close to", "by"),
    ("about", "around", "roughly", "approximately"), ("approximately", "about", "roughly"),
    ("currently", "now", "at present"), ("often", "frequently"),
    ("usually", "normally", "commonly"), ("mainly", "mostly", "chiefly"),
    ("during", "in", "throughout"), ("located", "situated", "found"), ("situated", "located"),
    ("contain", "hold", "include"), ("contains", "holds", "includes"), ("consist", "be made up"),
    ("describe", "depict"), ("described", "depicted", "characterized"),
    ("believe", "think", "hold"), ("believed", "thought", "held"),
    ("believes", "thinks", "holds"), ("suggest", "propose"), ("suggested", "proposed"),
    ("gather", "collect"), ("gathered", "collected"), ("announce", "declare", "proclaim"),
    ("announced", "declared", "proclaimed"), ("sign", "conclude"),
    ("agreement", "deal", "accord", "pact"), ("deal", "agreement"), ("treaty", "pact", "accord"),
    ("weapons", "arms"), ("weapon", "arm"), ("plane", "aircraft", "airplane"),
    ("planes", "aircraft", "airplanes"), ("ship", "vessel"), ("ships", "vessels"),
    ("law", "statute"), ("laws", "statutes"), ("pupils", "students"), ("college", "university"),
    ("movie", "film"), ("song", "track"), ("songs", "tracks"), ("information", "data"),
    ("data", "information"), ("share", "disclose", "pass on"),
    ("shared", "disclosed", "passed on"), ("protect", "guard", "safeguard"),
    ("protected", "guarded", "safeguarded"), ("people", "persons", "individuals"),
    ("person", "individual"), ("persons", "people"), ("total", "overall"),
    ("amount", "quantity", "sum"), ("number", "count"),
    ("percentage", "percent", "share", "proportion"), ("percent", "percentage"),
    ("proportion", "share", "percentage"), ("opponent", "rival", "adversary"),
    ("enemy", "foe", "adversary"), ("former", "previous", "ex-"), ("early", "initial"),
    ("new", "recent"), ("old", "ancient"), ("try", "attempt", "seek"),
    ("tried", "attempted", "sought"), ("receive", "get", "obtain"),
    ("received", "got", "obtained"), ("send", "dispatch"), ("sent", "dispatched"),
    ("spend", "lay out"), ("own", "possess", "have"), ("owned", "possessed", "had"),
    ("oppose", "resist", "be against"), ("opposed", "resisted", "was against"),
    ("fix", "repair", "mend"), ("fixed", "repaired", "mended"), ("look", "appear", "seem"),
    ("looks", "appears", "seems"), ("seem", "appear"), ("buyer", "purchaser", "customer"),
    ("seller", "vendor"), ("item", "product", "thing"), ("items", "products", "things"),
    ("device", "gadget"), ("problem", "issue", "trouble"),
)  # fmt: skip
_OTHERS: dict[str, tuple[str, ...]] = {}
for _group in _GROUPS:
    # The first use of a word decides; later groups list it as somebody else's other word.
    _OTHERS.setdefault(_group[0], _group[1:])
_SMALL = frozenset(
    {"the", "a", "an", "did", "does", "do", "was", "were", "is", "are", "has", "had"}
)
_WORD = re.compile(r"[A-Za-z-]+")


def reworded(question: str, rng: random.Random) -> str:
    """One or two of its words changed for others of about the same meaning, where any can be."""
    places = [m for m in _WORD.finditer(question) if m[0] in _OTHERS]
    for match in sorted(rng.sample(places, min(len(places), rng.choice((1, 1, 2)))),
                        key=lambda m: -m.start()):  # fmt: skip
        other = rng.choice(_OTHERS[match[0]])
        question = question[: match.start()] + other + question[match.end() :]
    return question


def telegraphic(question: str, rng: random.Random) -> str:
    """Without most articles and auxiliaries, as a search box gets it; never only one word."""
    words = question.rstrip("? ").split()
    kept = [
        word
        for place, word in enumerate(words)
        if word.lower() not in _SMALL or (place == 0 and rng.random() < 0.5) or rng.random() < 0.2
    ]
    return " ".join(kept) if len(kept) > 1 else question


def restate(examples: Sequence[Example], share: float, rng: random.Random) -> list[Example]:
    """`share` of the questions in other words, and a third as many again as a search box gets them.

    Answerable or not: how a question is worded must say nothing of whether it has an answer.
    """
    made = []
    for example in examples:
        drawn = rng.random()
        question = example.question
        if drawn < share:
            question = reworded(question, rng)
        elif drawn < share * 4 / 3:
            question = telegraphic(question, rng)
        made.append(replace(example, question=question))
    return made
