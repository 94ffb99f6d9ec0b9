"""The command line: its grammar, and how it ends.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 no answer found (`ask`), 4 index missing, damaged
or made by another format, 130 interrupted. An error is one line on stderr: what went wrong, and
what to do; PINCITE_DEBUG=1 adds the traceback of an unexpected one.

What a command needs is imported when it runs: the first answer is awaited by a person. For the
same reason this is click, not typer, which since 0.29 loads pydantic to read a flag
(`docs/decisions/0008-click-and-msgspec.md`).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import click

from api.failures import failed, interrupted
from api.grammar import Group, Share, common_flags, with_flags
from api.key_commands import key
from api.service import Engine, LocalEngine
from api.session import Session
from api.terminal import lenient, let_go, open_terminal


def _print_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"pincite {version('pincite')}")
        context.exit()


@click.group(
    "pincite",
    cls=Group,
    params=common_flags(),
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version.",
)  # fmt: skip
@click.pass_context
def app(context: click.Context, /, **flags: Any) -> None:
    """Answers questions from your own documents, in their own words.

    Every answer shows exactly where it stands.
    """
    context.obj = with_flags(context.obj, flags)


def _filters(command: Callable[..., int]) -> Callable[..., int]:
    """The flags that say which sources are searched."""
    for flag, metavar, told in (
        ("--until", "DATE", "Only sources of this day or earlier."),
        ("--since", "DATE", "Only sources of this day (YYYY-MM-DD) or later."),
        ("--source", "GLOB", "Only sources whose path or id matches."),
    ):
        command = click.option(flag, metavar=metavar, help=told)(command)
    return command


def _top_k(default: int) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option(
        "--top-k", metavar="N", type=int, default=default, show_default=True,
        help="How many passages are shown.",
    )  # fmt: skip


@app.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--full", is_flag=True, help="Start over.")
@click.option(
    "--gate",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Publish only what answers these questions as well as what is live.",
)
@click.option(
    "--gate-tolerance",
    metavar="POINTS",
    type=float,
    help="How far a score may fall, of 100; 2 unless told otherwise.",
)
@click.option("--watch", is_flag=True, help="Go on: publish after each change and a quiet second.")
@click.pass_obj
def build(session: Session, /, paths: tuple[Path, ...], **options: Any) -> int:
    """Bring the index up to date.

    With the files and folders named; they are remembered, and taken if none is named. Only what
    changed is read again; what vanished is dropped. Exits with 1 if a file was skipped; the rest
    is published all the same.
    """
    from api import keeping

    return keeping.build(session, list(paths), **options)


@app.command()
@click.argument("question", metavar="QUESTION")
@_top_k(5)
@_filters
@click.option("--min-confidence", metavar="P", type=float, help="Answer only if so sure, 0 to 1.")
@click.option(
    "--max-error",
    metavar="SHARE",
    type=Share(),
    help="Answer only where at most this share is promised to be wrong, as 10% or 0.1.",
)
@click.option("--explain", is_flag=True, help="Show what was decided, and each passage read.")
@click.pass_obj
def ask(session: Session, /, question: str, **options: Any) -> int:
    """Answer a question.

    With how sure that is, and where it stands. - as QUESTION reads one a line from stdin. Exits
    with 3 if there is no answer; with -, if not one question was answered.
    """
    from api import asking

    return asking.ask(session, question, asking.AskOptions(**options))


@app.command()
@click.argument("query", metavar="QUERY")
@_top_k(10)
@_filters
@click.pass_obj
def search(session: Session, /, query: str, **options: Any) -> int:
    """Print the passages nearest to a query, best first."""
    from api import asking

    return asking.search(session, query, asking.AskOptions(**options))


@app.command()
@click.pass_obj
def sources(session: Session) -> int:
    """List what is indexed."""
    from api import keeping

    return keeping.sources(session)


@app.command()
@click.argument("names", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "--purge", is_flag=True, help="Erase all trace of them, older generations too; with a receipt."
)
@click.pass_obj
def remove(session: Session, names: tuple[str, ...], purge: bool) -> int:
    """Drop sources, by id or path.

    They stay out until a build names them again.
    """
    from api import keeping

    return keeping.remove(session, list(names), purge=purge)


@app.command()
@click.pass_obj
def status(session: Session) -> int:
    """Tell what the index holds.

    Which generations there are, and which files changed since the live one was built.
    """
    from api import keeping

    return keeping.status(session)


@app.command()
@click.argument("file", required=False)
@click.pass_obj
def verify(session: Session, file: str | None) -> int:
    """Check the index, or citations.

    With a FILE of --json answers (- reads stdin), their citations are checked.
    """
    from api import keeping

    return keeping.verify(session, file)


@app.command()
@click.argument("generation", type=int, required=False)
@click.pass_obj
def rollback(session: Session, generation: int | None) -> int:
    """Make an earlier generation live.

    The one of that number, or the one before.
    """
    from api import keeping

    return keeping.rollback(session, generation)


@app.command()
@click.argument("before", metavar="A", type=int)
@click.argument("after", metavar="B", type=int)
@click.option(
    "--questions",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also which answers to these questions changed, and why.",
)
@click.pass_obj
def diff(session: Session, before: int, after: int, questions: Path | None) -> int:
    """Tell what changed from generation A to B.

    Which sources and passages came, went and changed.
    """
    from api import keeping

    return keeping.diff(session, before, after, questions)


@app.command("eval")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--build", is_flag=True, help="Over an index of the file's own contexts (SQuAD).")
@click.option("--reader", is_flag=True, help="The reader alone, given the contexts (SQuAD).")
@click.option("--count", metavar="N", type=click.IntRange(1), help="Ask N, evenly from the file.")
@click.option("--min-confidence", metavar="P", type=float, help="Answer only if so sure, 0 to 1.")
@click.option(
    "--report",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write a page of the scores, to look at and to send on.",
)
@click.pass_obj
def evaluate(session: Session, /, file: Path, **options: Any) -> int:
    """Ask a file's questions and print scores.

    FILE is SQuAD JSON, or JSON lines of question, answers (none: []) and, if known, source. The
    index is asked unless --build or --reader says otherwise.
    """
    from api import evaluating

    return evaluating.evaluate(session, file, evaluating.EvalOptions(**options))


app.add_command(key)


@app.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True,
    help="Any but a loopback address needs a key: pincite key new.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help="0 takes any that is free.",
)  # fmt: skip
@click.option("--allow-urls/--no-allow-urls", default=None, help="Let sources be added by address.")
@click.option(
    "--log", type=click.Choice(["text", "json"]),
    help="How the log is written; text on a terminal, else json.",
)  # fmt: skip
@click.option("--log-questions/--no-log-questions", default=None, help="Log what is asked, too.")
@click.pass_obj
def serve(session: Session, /, **options: Any) -> int:
    """Serve answers over HTTP."""
    from api import serving

    return serving.serve(session, serving.ServeOptions(**options))


def run(
    arguments: Sequence[str],
    *,
    engine: Engine,
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
    environment: Mapping[str, str],
    columns: int = 80,
) -> int:
    """Run one command line; its exit status. Raises nothing."""
    terminal = open_terminal(stdout, stderr, environment, columns)
    session = Session(engine, terminal, stdin, environment)
    try:
        status = _invoke(arguments, session)
        stdout.flush()
        return status
    except BrokenPipeError:
        return 0  # Whoever read our output has had enough of it.
    except Exception as error:
        return failed(error, terminal, environment)
    except KeyboardInterrupt:
        return interrupted(terminal)


def _invoke(arguments: Sequence[str], session: Session) -> int:
    """As click's own main does, which would print errors its own way and end the process."""
    try:
        with app.make_context("pincite", list(arguments), obj=session) as context:
            return int(app.invoke(context) or 0)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code


def main(engine: Engine | None = None) -> None:
    """The entry point: one run over the process's own streams, which ends the process."""
    stdout, stderr = lenient(sys.stdout), lenient(sys.stderr)
    status = run(
        sys.argv[1:],
        engine=engine or LocalEngine(),
        stdin=sys.stdin or StringIO(),
        stdout=stdout,
        stderr=stderr,
        environment=os.environ,
        columns=shutil.get_terminal_size().columns,
    )
    let_go(stdout)
    sys.exit(status)


if __name__ == "__main__":
    main()
