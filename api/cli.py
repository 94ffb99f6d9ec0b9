"""The command line: its grammar, and how it ends.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 no answer found (`ask`), 4 index missing, damaged
or made by another format, 130 interrupted. An error is one line on stderr: what went wrong, and
what to do; PINCITE_DEBUG=1 adds the traceback of an unexpected one.

What a command needs is imported when it runs: the first answer is awaited by a person.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Annotated, TextIO

import typer

from api.failures import failed, interrupted
from api.service import Engine, LocalEngine
from api.session import Session
from api.terminal import lenient, let_go, open_terminal

Index = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="The folder that holds the index (PINCITE_INDEX; else .pincite).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print data as JSON, one document a line.")]
TopK = Annotated[int, typer.Option("--top-k", metavar="N", help="How many passages are shown.")]
SourceGlob = Annotated[
    str | None,
    typer.Option("--source", metavar="GLOB", help="Only sources whose path or id matches."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Only sources of this day (YYYY-MM-DD) or later."),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only sources of this day or earlier.")
]

app = typer.Typer(
    name="pincite",
    help="Answers questions from your own documents, in their own words, "
    "and shows exactly where each answer stands.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"pincite {version('pincite')}")
        raise typer.Exit


@app.callback()
def _everywhere(
    context: typer.Context,
    index: Index = None,
    as_json: Json = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    context.obj = _session(context, index, as_json)


def _session(context: typer.Context, index: Path | None, as_json: bool) -> Session:
    """The session with the flags that stand before the command or, first of all, after it."""
    session = context.obj
    assert isinstance(session, Session)
    return replace(
        session,
        index=session.index if index is None else index,
        as_json=session.as_json or as_json,
    )


@app.command()
def build(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files and folders; those remembered if none."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Start over.")] = False,
    index: Index = None,
    as_json: Json = False,
) -> int:
    """Bring the index up to date with files and folders.

    They are remembered. Only what changed is read again; what vanished is dropped. Exits with 1
    if a file was skipped; the rest is published all the same.
    """
    from api import keeping

    return keeping.build(_session(context, index, as_json), paths or [], full=full)


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="The question; - reads one a line from stdin.")
    ],
    top_k: TopK = 5,
    source: SourceGlob = None,
    since: Since = None,
    until: Until = None,
    min_confidence: Annotated[
        float | None,
        typer.Option("--min-confidence", metavar="P", help="Answer only if so sure, 0 to 1."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what was found in each passage read.")
    ] = False,
    index: Index = None,
    as_json: Json = False,
) -> int:
    """Answer a question, with how sure that is and where it stands.

    Exits with 3 if there is no answer; with -, if not one question was answered.
    """
    from api import asking

    options = asking.AskOptions(top_k, source, since, until, min_confidence, explain)
    return asking.ask(_session(context, index, as_json), question, options)


@app.command()
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for.")],
    top_k: TopK = 10,
    source: SourceGlob = None,
    since: Since = None,
    until: Until = None,
    index: Index = None,
    as_json: Json = False,
) -> int:
    """Print the passages nearest to a query, best first."""
    from api import asking

    options = asking.AskOptions(top_k, source, since, until)
    return asking.search(_session(context, index, as_json), query, options)


@app.command()
def sources(context: typer.Context, index: Index = None, as_json: Json = False) -> int:
    """List what is indexed."""
    from api import keeping

    return keeping.sources(_session(context, index, as_json))


@app.command()
def remove(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Ids or paths.")],
    index: Index = None,
    as_json: Json = False,
) -> int:
    """Drop sources; they stay out until a build names them again."""
    from api import keeping

    return keeping.remove(_session(context, index, as_json), names)


@app.command()
def status(context: typer.Context, index: Index = None, as_json: Json = False) -> int:
    """Tell what the index holds and which files changed since."""
    from api import keeping

    return keeping.status(_session(context, index, as_json))


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A file of --json answers; - reads stdin."),
    ] = None,
    index: Index = None,
    as_json: Json = False,
) -> int:
    """Check the index or, with a file of answers, their citations."""
    from api import keeping

    return keeping.verify(_session(context, index, as_json), file)


@app.command()
def rollback(
    context: typer.Context,
    generation: Annotated[
        int | None,
        typer.Argument(metavar="GENERATION", help="Its number; the one before if none."),
    ] = None,
    index: Index = None,
    as_json: Json = False,
) -> int:
    """Make an earlier generation the live one."""
    from api import keeping

    return keeping.rollback(_session(context, index, as_json), generation)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    index: Index = None,
    as_json: Json = False,
) -> int:
    """Serve answers over HTTP."""
    from api import serving

    return serving.serve(_session(context, index, as_json), host, port)


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
    """As typer's own main does, which would print errors its own way and end the process."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("pincite", list(arguments), obj=session) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as exit_:
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
