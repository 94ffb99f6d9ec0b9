"""An index that follows its files is the same as one that is built anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from index.types import Filter
from qa.assembly import Pincite
from tests.index.helpers import build_index, open_searcher, write_files
from tests.qa.helpers import open_pincite

NAMES = ("a.txt", "b.md", "deep/c.txt", "deep/d.md", "e.txt")
TEXTS = (
    "Marta Lind keeps the lamp. She lit it in 1987, and has kept it since.\n",
    "---\ntitle: The mill\npublished: 2003-01-01\n---\n\nThe mill closed in 2003.\n",
    "The boat Freja sank off the point. Nobody was on board of the boat.\n",
    "Her brother sells lamps in the harbour, and oil, and rope. The lamp is his.\n",
    "Nothing of note.\n",
)
MARGINS = {"Marta Lind": 4.0, "2003": 3.0, "Freja": 2.0, "Her brother": 1.0}
QUESTIONS = ("who keeps the lamp", "when did the mill close", "what boat sank", "who sells lamps")

name = st.sampled_from(NAMES)
step = st.one_of(
    st.tuples(st.just("write"), name, st.sampled_from(TEXTS)),
    st.tuples(st.just("rename"), name, name),
    st.tuples(st.just("delete"), name, st.just("")),
)


def change(folder: Path, kind: str, path: Path, other: str) -> None:
    if kind == "write":
        write_files(folder, {path.relative_to(folder).as_posix(): other})
    elif path.exists():
        if kind == "delete":
            path.unlink()
        else:
            target = folder / other
            target.parent.mkdir(exist_ok=True)
            path.replace(target)


def answers(pincite: Pincite) -> list[object]:
    told = [pincite.ask(question, min_confidence=0.0) for question in QUESTIONS]
    return [(a.answer, a.confidence, a.citations, a.alternatives, a.passages) for a in told]


@given(st.lists(st.lists(step, min_size=1, max_size=4), min_size=1, max_size=4))
@settings(deadline=None, max_examples=25)
def test_following_the_files_is_the_same_as_building_anew(
    rounds: list[list[tuple[str, str, str]]],
) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "sources"
        write_files(folder, {"base.txt": "The harbour of Lund has a lamp.\n"})
        build_index(Path(parent) / "index", folder)
        for changes in rounds:
            for kind, path, other in changes:
                change(folder, kind, folder / path, other)
            build_index(Path(parent) / "index")
        build_index(Path(parent) / "anew", folder)
        (one, search), (other_index, search_anew) = (
            open_searcher(Path(parent) / name) for name in ("index", "anew")
        )
        assert one.store.sources() == other_index.store.sources()
        assert list(one.store.all_passages()) == list(other_index.store.all_passages())
        for source in one.store.sources():
            assert one.store.text(source.id) == other_index.store.text(source.id)
        for question in QUESTIONS:
            assert search.search(question, 9, Filter()) == search_anew.search(question, 9, Filter())
        with (
            open_pincite(Path(parent) / "index", MARGINS) as followed,
            open_pincite(Path(parent) / "anew", MARGINS) as anew,
        ):
            assert answers(followed) == answers(anew)
        one.store.close()
        other_index.store.close()
