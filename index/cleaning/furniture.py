"""Page furniture: running heads and feet, and page numbers.

Where pages are known, only the three outermost lines at either end of a page can be furniture.
Such a line is set aside if

- its form (digits aside, case-folded) stands at the edges of three pages or more; on the first
  page such a line may be the title, and stays; or
- it begins or ends with a number that is the page's: as far from the page's rank as numbers at the
  edges of two thirds of the pages are, and of two at least; or
- it lies beyond such a number, between it and the edge; or
- it stands alone at the top of a page and parts a sentence: the page before ends without an end,
  and the line after goes on in small letters.

In the last two cases it must be short, must not end a sentence, and must not begin inside one.

Where they are not known, a page break has to be told from the lines around it. A line can be
furniture if it stands alone between empty lines, does not end a sentence, and looks the part: a
number at either end, capitals, or a form that comes again. It is set aside if

- it and up to four lines like it interrupt a sentence: the full line before them has no end, and
  the line after them goes on in small letters; or
- its form is that of a line with a number or a repeated one that did so elsewhere; or
- it is nothing but a number, one of three or more that rise slowly, ten lines or more apart.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence

from index.cleaning.layout import Layout, goes_on, is_full, is_open, neighbour
from index.cleaning.lines import Line
from index.cleaning.words import HYPHENS

_EDGE = 3
_LONGEST = 200
_LONGEST_HEAD = 100
_NO_DISTANCE = -(10**6)
_SHORTEST_BODY = 25
_LONGEST_CLUSTER = 5
_MOST_WORDS = 12
_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]{1,7}")
_LONE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.)\s*)?(\d{1,4})(?:\s*(?:/|of|von)\s*\d+)?\W*", re.IGNORECASE
)
_FIRST_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.)\s*)?(\d{1,4})(?![\w.,]*\d|[.)]\s)\b", re.IGNORECASE
)
_LAST_NUMBER = re.compile(r"(?<![\w.,$\u20ac\u00a3-])(\d{1,4})\W*$")


def find(
    lines: Sequence[Line], pages: Sequence[int], layout: Layout, aside: Container[int]
) -> set[int]:
    """The numbers of the lines that are furniture; those in `aside` are no part of the text."""
    if len(pages) > 1:
        return _at_edges(lines, aside)
    if layout.wrapped:
        return _between(lines, layout, aside)
    return set()


def _form(text: str) -> str:
    """What a running line has in common on all its pages."""
    folded = _DIGITS.sub("#", " ".join(text.casefold().split()))
    return "#" if _ROMAN.fullmatch(folded) else folded


def _numbers(text: str) -> Iterator[int]:
    """The number that a line begins with and the one it ends with, as far as it does."""
    if len(text) <= _LONGEST and len(text.split()) <= _MOST_WORDS:
        for pattern in (_FIRST_NUMBER, _LAST_NUMBER):
            if match := pattern.search(text) if pattern is _LAST_NUMBER else pattern.match(text):
                yield int(match[1])


def _at_edges(lines: Sequence[Line], aside: Container[int]) -> set[int]:
    by_page: dict[int, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.text and number not in aside:
            by_page[line.page].append(number)
    seen_on: dict[str, set[int]] = defaultdict(set)
    votes: Counter[int] = Counter()
    for page, numbers in by_page.items():
        edges = {*numbers[:_EDGE], *numbers[-_EDGE:]}
        for form in {_form(lines[at].text) for at in edges}:
            seen_on[form].add(page)
        votes.update({number - page for at in edges for number in _numbers(lines[at].text)})
    # The page's number less its rank is the same on all pages, whatever the first is called.
    [(distance, count)] = votes.most_common(1) or [(0, 0)]
    if count < max(2, -(-2 * len(by_page) // 3)):
        distance = _NO_DISTANCE

    found: set[int] = set()
    for page, numbers in by_page.items():
        for edge in (numbers[:_EDGE], numbers[-_EDGE:][::-1]):
            found.update(_on_edge(lines, edge, page + distance, seen_on))
    return found | _before_text(lines, by_page, found)


def _on_edge(
    lines: Sequence[Line], edge: Sequence[int], page_number: int, seen_on: dict[str, set[int]]
) -> set[int]:
    """The furniture among the lines at one edge of a page, the outermost first."""
    found: set[int] = set()
    for rank, at in enumerate(edge):
        text = lines[at].text
        form = _form(text)
        if len(text) > _LONGEST:
            continue
        # A sentence may begin with the page's number by chance, the more so amid the text.
        outer_found = rank == 0 or edge[rank - 1] in found
        running = _may_run(text) and (outer_found or len(seen_on[form]) >= 2)
        if page_number in _numbers(text) and (running or _LONE_NUMBER.fullmatch(text)):
            found.add(at)
            # What lies beyond a page number is no text.
            found.update(outer for outer in edge[:rank] if _may_run(lines[outer].text))
        elif len(seen_on[form]) >= 3 and lines[at].page > 0 and any(map(str.isalpha, form)):
            found.add(at)
    return found


def _before_text(
    lines: Sequence[Line], by_page: dict[int, list[int]], found: Container[int]
) -> set[int]:
    """Lines that stand alone at the top of a page and part a sentence from its end."""
    heads: set[int] = set()
    for page in sorted(by_page):
        above = [at for at in by_page.get(page - 1, ()) if at not in found]
        below = [at for at in by_page[page] if at not in found]
        if not above or len(below) < 2 or not _may_run(lines[below[0]].text):
            continue
        alone = below[1] > below[0] + 1
        if alone and is_open(lines[above[-1]].text) and goes_on(lines[below[1]].text):
            heads.add(below[0])
    return heads


def _may_run(text: str) -> bool:
    """Whether a line may be a running head: short, a phrase without end, and no part of another."""
    return len(text) <= _LONGEST_HEAD and is_open(text) and not goes_on(text)


def _between(lines: Sequence[Line], layout: Layout, aside: Container[int]) -> set[int]:
    alone = [number for number in range(len(lines)) if _stands_alone(lines, number, aside)]
    forms = Counter(_form(lines[number].text) for number in alone)
    candidates = {number for number in alone if _looks_it(lines[number].text, forms)}
    found: set[int] = set()
    known: set[str] = set()
    for cluster in _clusters(lines, candidates, aside):
        if len(cluster) <= _LONGEST_CLUSTER and _interrupts(lines, cluster, layout, aside):
            found.update(cluster)
            for number in cluster:
                form = _form(lines[number].text)
                if any(map(str.isalpha, form)) and ("#" in form or forms[form] > 1):
                    known.add(form)
    found.update(number for number in candidates if _form(lines[number].text) in known)
    found.update(_page_numbers(lines, candidates))
    return found


def _stands_alone(lines: Sequence[Line], number: int, aside: Container[int]) -> bool:
    text = lines[number].text
    if not text or number in aside or len(text) > _LONGEST or not is_open(text):
        return False
    if text.endswith(tuple(HYPHENS)):
        return False
    above = number == 0 or not lines[number - 1].text or number - 1 in aside
    below = number + 1 == len(lines) or not lines[number + 1].text or number + 1 in aside
    return above and below


def _looks_it(text: str, forms: Counter[str]) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(map(str.isupper, letters))
    return (
        any(True for _ in _numbers(text))
        or (len(letters) >= 8 and capitals * 10 >= len(letters) * 7)
        or (len(letters) >= 8 and forms[_form(text)] > 1)
    )


def _clusters(
    lines: Sequence[Line], candidates: Container[int], aside: Container[int]
) -> Iterator[list[int]]:
    """Runs of candidates with nothing but empty lines, and lines set aside, between them."""
    cluster: list[int] = []
    for number, line in enumerate(lines):
        if number in candidates:
            cluster.append(number)
        elif line.text and number not in aside:
            if cluster:
                yield cluster
            cluster = []
    if cluster:
        yield cluster


def _interrupts(
    lines: Sequence[Line], cluster: Sequence[int], layout: Layout, aside: Container[int]
) -> bool:
    before = neighbour(lines, cluster[0], -1, aside)
    after = neighbour(lines, cluster[-1], 1, aside)
    if before is None or after is None:
        return False
    return (
        is_open(lines[before].text)
        and is_full(lines, before, layout)
        and goes_on(lines[after].text)
        and len(lines[after].text) >= _SHORTEST_BODY
    )


def _page_numbers(lines: Sequence[Line], candidates: set[int]) -> set[int]:
    """Lone numbers that rise slowly, with text between them: the longest such series."""
    numbers = [
        (at, int(match[1]))
        for at in sorted(candidates)
        if (match := _LONE_NUMBER.fullmatch(lines[at].text))
    ]
    best: list[int] = []
    run: list[int] = []
    last = 0
    for at, value in numbers:
        if run and not (0 < value - last <= 3 and at - run[-1] >= 10):
            run = []
        run = [*run, at]
        last = value
        best = max(best, run, key=len)
    return set(best) if len(best) >= 3 else set()
