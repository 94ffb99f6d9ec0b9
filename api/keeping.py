"""The commands that keep an index: `build`, `remove`, `rollback`, `diff`, `sources`, `status`,
`verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.history import difference_lines, receipt_lines
from api.printing import counted
from api.rendering import plain, sources_json
from api.reporting import check_lines, report_lines, source_lines, status_lines
from api.session import Session
from index.errors import IndexDamagedError, PinciteError, UsageError
from index.progress import Silent

if TYPE_CHECKING:
    from index.purging import Receipt
    from index.types import BuildReport
    from qa.gate import Gate

FAILED = 1
# By how many points a gated score may fall.
GATE_TOLERANCE = 2.0


def build(
    session: Session, paths: Sequence[Path], *, full: bool, gate: Path | None = None,
    gate_tolerance: float | None = None, watch: bool = False,
) -> int:  # fmt: skip
    """Bring the index up to date; 1 if a file was skipped, though the rest is published.

    gate: a file of questions that the new generation must answer as well as the live one does,
    to gate_tolerance points; if it does not, nothing is published.
    watch: do so again after every change, until interrupted.
    """
    gated = _gate(gate, gate_tolerance)
    if watch:
        return _follow(session, paths, full, gated)
    return _report(session, _build(session, paths, full, gated))


def _build(session: Session, paths: Sequence[Path], full: bool, gate: Gate | None) -> BuildReport:
    with session.watched() as progress:
        return session.engine.build(
            paths, session.settings(), full=full, progress=progress, gate=gate
        )


def _follow(session: Session, paths: Sequence[Path], full: bool, gate: Gate | None) -> int:
    """Build when the watch stands, and after each change; only the first failure ends it."""
    status: int | None = None
    for _ in session.engine.watch(paths, session.settings()):
        if status is None:
            status = _report(session, _build(session, paths, full, gate))
            session.terminal.note("Watching for changes; Ctrl-C stops it.")
            continue
        try:
            report = session.engine.build(
                [], session.settings(), full=False, progress=Silent(), gate=gate
            )
        except (PinciteError, OSError) as error:
            # Tomorrow's change may mend it.
            session.terminal.note(f"pincite: {error}")
            continue
        if report.published:
            status = _report(session, report)
    return status or 0


def _gate(file: Path | None, tolerance: float | None) -> Gate | None:
    """Read now, so that what is wrong with it is told before anything is built."""
    if file is None:
        if tolerance is not None:
            raise UsageError("--gate-tolerance without --gate", "name a file of questions")
        return None
    from qa.gate import Gate
    from qa.questions import read_questions

    points = GATE_TOLERANCE if tolerance is None else tolerance
    if not 0 <= points <= 100:
        raise UsageError(f"the gate's tolerance is {points:g}", "give 0 to 100 points")
    return Gate(read_questions(file), points)


def remove(session: Session, sources: Sequence[str], *, purge: bool) -> int:
    """Drop sources, named by id or path, and keep them out.

    purge: erase all trace of them, in older generations and in the cache too, with a receipt.
    """
    receipt = None
    with session.watched() as progress:
        if purge:
            report, receipt = session.engine.purge(sources, session.settings(), progress=progress)
        else:
            report = session.engine.remove(sources, session.settings(), progress=progress)
    return _report(session, report, receipt)


def _report(session: Session, report: BuildReport, receipt: Receipt | None = None) -> int:
    for name in report.repaired:
        session.terminal.note(f"pincite: {name} was damaged and has been made again")
    for skipped in report.skipped:
        session.terminal.note(f"pincite: skipped {skipped.path}: {skipped.reason}")
    if session.as_json:
        told = plain(report)
        assert isinstance(told, dict)
        session.terminal.json(told if receipt is None else {**told, "receipt": plain(receipt)})
    else:
        session.terminal.print(report_lines(report))
        if receipt is not None:
            session.terminal.print(receipt_lines(receipt))
    return FAILED if report.skipped else 0


def rollback(session: Session, generation: int | None) -> int:
    """Make an earlier generation the live one: the one before if none is named."""
    live = session.engine.rollback(generation, session.settings())
    if session.as_json:
        session.terminal.json({"generation": live})
    else:
        session.terminal.print([(f"Generation {live} is live.",)])
    return 0


def diff(session: Session, before: int, after: int, questions: Path | None) -> int:
    """Tell what changed from one generation to another, and of a file's questions, which answers
    did."""
    file = None
    if questions is not None:
        from qa.questions import read_questions

        file = read_questions(questions)
    with session.watched() as progress:
        found = session.engine.diff(
            before, after, session.settings(), questions=file, progress=progress
        )
    if session.as_json:
        session.terminal.json(plain(found))
    else:
        session.terminal.print(difference_lines(found, session.terminal.layout))
    return 0


def sources(session: Session) -> int:
    """List what is indexed."""
    with session.opened() as service:
        listed = service.sources()
    if session.as_json:
        session.terminal.json({"sources": sources_json(listed)})
    else:
        session.terminal.print(source_lines(listed))
    return 0


def status(session: Session) -> int:
    """Tell the state of the index."""
    with session.opened() as service:
        state = service.status()
    if session.as_json:
        session.terminal.json(plain(state))
    else:
        session.terminal.print(status_lines(state))
    return 0


def verify(session: Session, file: str | None) -> int:
    """Check the index itself, 4 if it is damaged; or a file of answers, 1 if a citation fails."""
    return _verify_index(session) if file is None else _verify_answers(session, file)


def _verify_index(session: Session) -> int:
    with session.opened() as service:
        faults = service.verify_index()
        generation = service.generation
    if session.as_json:
        session.terminal.json({"generation": generation, "sound": not faults, "faults": faults})
    elif faults:
        session.terminal.print((fault,) for fault in faults)
    else:
        session.terminal.print([(f"Generation {generation} is sound.",)])
    if not faults:
        return 0
    raise IndexDamagedError(
        f"generation {generation} has {counted(len(faults), 'fault')}",
        "go back with `pincite rollback`, or start over with `pincite build --full`",
    )


def _verify_answers(session: Session, file: str) -> int:
    with session.opened() as service:
        checks = service.verify(_answers(session, file))
    failed = [check for check in checks if check.fault is not None]
    if session.as_json:
        citations = [plain(check) for check in checks]
        session.terminal.json(
            {"checked": len(checks), "failed": len(failed), "citations": citations}
        )
    else:
        session.terminal.print(check_lines(checks))
    return FAILED if failed else 0


def _answers(session: Session, file: str) -> Iterator[dict[str, object]]:
    """The answers in a file of JSON documents, one after the other, or in one array."""
    try:
        text = session.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8", "name a file of --json answers") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "check the path") from error
    decoder = json.JSONDecoder()
    at = _skip_space(text, 0)
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, at) + 1
            raise UsageError(
                f"line {line} of {file} is not JSON", "name a file of --json answers"
            ) from error
        for answer in value if isinstance(value, list) else [value]:
            if not isinstance(answer, dict):
                raise UsageError(
                    f"{file} holds something else than answers", "write them by --json"
                )
            yield answer
        at = _skip_space(text, at)


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
