"""The build that is killed: an index with a past, and changes of every kind to bring in."""

from __future__ import annotations

import contextlib
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from os import _exit, fork, waitpid, waitstatus_to_exitcode
from pathlib import Path

from index.build import build
from index.errors import PinciteError
from index.folding import Aliases
from index.generations import MANIFEST, Generations
from index.search import Searcher, open_generation
from index.types import BuildReport, Filter
from tests.fakes import FakeEmbedder
from tests.index.helpers import build_settings, write_files

KEEP = 2
FILES = {
    "lamp.txt": "Marta Lind keeps the lamp. She lit it in 1987, and has kept it since.\n",
    "mill.txt": "The mill closed in 2003. Its wheel was sold to a museum in Lund.\n",
    "boat.txt": "The boat Freja sank off the point. Nobody was on board of the boat.\n",
    "rope.txt": "Her brother sells lamps in the harbour, and oil, and rope.\n",
    "toll.txt": "The toll on the bridge was lifted in 1954.\n",
}
QUESTIONS = ("who keeps the lamp", "when did the mill close", "what boat sank", "who sells rope")
FAILED, UNEXPECTED = 1, 70


@dataclass(frozen=True, slots=True)
class State:
    """What an index shows to who opens it. hits: of every question, with scores and places."""

    sources: tuple[object, ...]
    hits: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """before: an index at generation 2, whose files have changed since. old, new: what it shows
    before and after the build. manifest: the old generation's, to the byte."""

    folder: Path
    old: State
    new: State
    manifest: bytes

    @property
    def before(self) -> Path:
        return self.folder / "before"

    def index(self) -> Path:
        """A fresh copy of `before`, at the same place each time."""
        index = self.folder / "index"
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(self.before, index)
        return index


def follow(index: Path, *named: Path) -> BuildReport:
    return build(index, named, FakeEmbedder(), build_settings(keep=KEEP))


def shown(index: Path) -> tuple[int, State]:
    """The live generation and what it shows. Raises what opening raises."""
    opened = open_generation(index, Aliases.of([]))
    searcher = Searcher(opened, FakeEmbedder())
    try:
        counts = opened.store.passage_count(), len(opened.vectors), len(opened.lexical)
        assert len(set(counts)) == 1, f"truth, vectors and words count {counts}"
        hits = tuple(tuple(searcher.search(q, 9, Filter())) for q in QUESTIONS)
        return opened.manifest.generation, State(tuple(opened.store.sources()), hits)
    finally:
        opened.store.close()


def set_scene(folder: Path) -> Scene:
    """Two generations, so that the third one drops the first, and files that changed since."""
    sources, before = write_files(folder / "sources", FILES), folder / "before"
    follow(before, sources)
    write_files(sources, {"toll.txt": "The toll on the bridge was lifted in 1955.\n"})
    follow(before)
    _, old = shown(before)
    write_files(
        sources, {
            "mill.txt": "The mill closed in 2004. Its wheel was sold to a museum in Lund.\n",
            "news.txt": "A new bridge was opened in the spring of 2019.\n",
        },
    )  # fmt: skip
    (sources / "boat.txt").unlink()
    (sources / "rope.txt").rename(sources / "oil.txt")
    after = folder / "after"
    shutil.copytree(before, after)
    follow(after)
    generation, new = shown(after)
    assert generation == 3
    return Scene(folder, old, new, (Generations(before).path(2) / MANIFEST).read_bytes())


def in_child(work: Callable[[], object]) -> int:
    """Do it in a process of its own; its exit status, minus the signal that killed it.

    0: done, FAILED: an error that a user is told in a line, UNEXPECTED: any other.
    """
    child = fork()
    if child == 0:
        status = UNEXPECTED
        try:
            work()
            status = 0
        except (PinciteError, OSError):
            status = FAILED
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stderr.flush()
            _exit(status)
    return waitstatus_to_exitcode(waitpid(child, 0)[1])


def check(scene: Scene, index: Path) -> None:
    """After a build that was stopped: the index is the old or the new one, wholly, and the next
    build makes it the new one and leaves nothing lying about. Raises AssertionError if not."""
    number, state = shown(index)
    if number == 2:
        manifest = (Generations(index).path(2) / MANIFEST).read_bytes()
        assert manifest == scene.manifest, "the old generation has another manifest"
        assert state == scene.old, "the old generation shows something else"
    else:
        assert number == 3, f"generation {number} is live"
        assert state == scene.new, "the new generation shows something else"
    follow(index)
    number, state = shown(index)
    assert state == scene.new, "the next build shows something else"
    follow(index)
    assert shown(index)[0] == number, "a build with nothing to do published something"
    write_files(scene.folder / "sources", {"late.txt": "A late word on the harbour.\n"})
    follow(index)
    (scene.folder / "sources" / "late.txt").unlink()
    left = [p.name for p in (index / "generations").iterdir() if p.name.startswith(".")]
    assert not left, f"{left} is left over"
    assert len(Generations(index).numbers()) <= KEEP, "old generations are left over"


def checked(scene: Scene, index: Path) -> None:
    """The same for a child: whatever is wrong must not pass for an error that a user is told."""
    try:
        check(scene, index)
    except Exception as error:
        raise AssertionError(str(error)) from error
