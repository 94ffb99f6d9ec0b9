"""Is an opened generation what a build makes? What digests cannot tell."""

from __future__ import annotations

from pathlib import Path

from index.errors import IndexUnusableError
from index.generations import Generations
from index.search import OpenIndex


def index_faults(index: OpenIndex) -> list[str]:
    """Faults of an opened generation; none if it is sound. Its digests were checked on opening."""
    store = index.store
    faults = store.check()
    passages = store.passage_count()
    counts = {
        "the manifest": index.manifest.counts["passages"],
        "the dense index": len(index.vectors),
        "the lexical index": len(index.lexical),
    }
    faults += [
        f"{name} has {count} passages, the store {passages}"
        for name, count in counts.items() if count != passages
    ]  # fmt: skip
    for source in store.sources():
        stored = store.text(source.id)
        clean_text = stored.edits.apply(stored.text)
        for passage in store.passages_of(source.id):
            if clean_text[passage.clean_span.start : passage.clean_span.end] != passage.text:
                faults.append(f"a passage of {source.path} at {passage.span.start} is not its text")
    return faults


def kept_faults(folder: Path, opened: int) -> list[str]:
    """Files of the other generations, those that a rollback can make live, that are damaged."""
    generations = Generations(folder)
    faults = []
    for number in generations.numbers():
        if number == opened:
            continue
        try:
            found = generations.inspect(number)[1]
        except IndexUnusableError as error:
            faults.append(error.message)
        else:
            faults += [fault.message for fault in found.values()]
    return faults
