"""Is an opened generation what a build makes? What digests cannot tell."""

from __future__ import annotations

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
