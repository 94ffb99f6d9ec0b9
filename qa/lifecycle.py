"""What is done with the generations of an index, beside building one: compare, erase, watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.comparing import compare
from index.errors import UsageError
from index.generations import TRUTH, Generations
from index.progress import Progress, Silent
from index.store import Store
from qa.differences import Difference, changed_answers
from qa.questions import KnownQuestion
from qa.settings import Settings

if TYPE_CHECKING:
    from index.purging import Receipt
    from index.types import BuildReport


def diff(
    before: int, after: int, settings: Settings, *,
    questions: Sequence[KnownQuestion] | None = None, progress: Progress | None = None,
) -> Difference:  # fmt: skip
    """What changed from one generation to another; with questions, also which answers did.

    Raises UsageError if one is not there, IndexDamagedError if its truth, or with questions any
    of it, is damaged, and ModelError if questions are asked and a model is gone.
    """
    from qa.assembly import Pincite

    generations = Generations(settings.index)
    generations.live()
    for number in (before, after):
        generations.require(number)
    with _truth(generations, before) as one, _truth(generations, after) as other:
        sources, passages = compare(one, other)
    found = Difference(before, after, tuple(sources), tuple(passages))
    if questions is None:
        return found
    with (
        Pincite.open(settings=settings, generation=before) as earlier,
        Pincite.open(settings=settings, generation=after) as later,
    ):
        answers = changed_answers(earlier, later, questions, progress or Silent())
    return Difference(before, after, found.sources, found.passages, len(questions), tuple(answers))


@contextmanager
def _truth(generations: Generations, number: int) -> Iterator[Store]:
    store = Store(generations.open_file(number, TRUTH)[1])
    try:
        yield store
    finally:
        store.close()


def purge(
    sources: Sequence[str], settings: Settings, *, progress: Progress | None = None
) -> tuple[BuildReport, Receipt]:
    """Erase these sources, named by id or path, from every generation and from the cache.

    Raises as `index.purging.purge` does, and ModelError.
    """
    from index.purging import purge as purge_index
    from index.uploads import discard, is_kept
    from qa.parts import builders

    progress = progress or Silent()
    Generations(settings.index).live()
    embedder, wanted = builders(settings, progress)
    report, receipt = purge_index(settings.index, sources, embedder, wanted, progress)
    for erased in receipt.sources:
        # A file of one's own is one's own; a copy that the index keeps is a trace of it.
        if is_kept(settings.index, erased.path):
            discard(settings.index, Path(erased.path).name)
    return report, receipt


def watch(paths: Sequence[Path], settings: Settings) -> Iterator[int]:
    """After each quiet second that follows a change in these files and folders, and those that the
    index remembers: how many things changed. The first value comes at once, when the watch stands.

    Raises UsageError if a named path does not exist, or there is nothing to watch.
    """
    from index.listing import check_named, shown_path
    from index.watching import changes
    from qa.assembly import named_or_default

    named = named_or_default(paths, settings)
    check_named(named)
    generations = Generations(settings.index)
    roots: list[str] = []
    if (settings.index / "CURRENT").exists():
        with _truth(generations, generations.live()) as store:
            roots = store.roots()
    roots += [shown_path(settings.index, path) for path in named]
    if not roots:
        raise UsageError("no file or folder was named", "name one: pincite build PATH --watch")
    return changes(settings.index, list(dict.fromkeys(roots)))
