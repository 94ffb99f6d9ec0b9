from __future__ import annotations

from dataclasses import replace

import pytest

from api.pages.listing import PAGE_SIZE, listed, wanted
from index.errors import UsageError
from tests.api.fakes import source

SOURCES = [
    replace(source("a.md", "Zürich lamps"), published="2021-05-01"),
    replace(source("b.pdf", "The mill"), published=None, media_type="application/pdf"),
    replace(source("c.md", "an old lamp"), published="1999-01-01", author="Åse"),
]


def titles(**address: str) -> list[str]:
    return [found.title for found in listed(SOURCES, wanted(address)).sources]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({}, ["Zürich lamps", "The mill", "an old lamp"]),
        ({"words": "zurich LAMP"}, ["Zürich lamps"]),
        ({"words": "ase"}, ["an old lamp"]),
        ({"words": "b.pdf"}, ["The mill"]),
        ({"since": "2000-01-01"}, ["Zürich lamps"]),
        ({"until": "2000-01-01"}, ["an old lamp"]),
        ({"format": "application/pdf"}, ["The mill"]),
        ({"order": "title"}, ["an old lamp", "The mill", "Zürich lamps"]),
        ({"order": "newest"}, ["Zürich lamps", "an old lamp", "The mill"]),
        ({"order": "oldest"}, ["an old lamp", "Zürich lamps", "The mill"]),
        ({"unknown": "x"}, ["Zürich lamps", "The mill", "an old lamp"]),
    ],
)
def test_filters_and_orders(address: dict[str, str], expected: list[str]) -> None:
    assert titles(**address) == expected


@pytest.mark.parametrize(
    "address",
    [{"since": "May"}, {"format": "x"}, {"order": "x"}, {"page": "0"}, {"page": "²"}],
)
def test_what_cannot_be_is_told(address: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        wanted(address)


def test_pages_hold_every_source_once() -> None:
    many = [source(f"{number:04}.md") for number in range(2 * PAGE_SIZE + 1)]
    shown = [listed(many, wanted({"page": str(page)})) for page in (1, 2, 3)]
    assert [found for page in shown for found in page.sources] == many
    assert listed(many, wanted({"page": "99"})).page == 3
