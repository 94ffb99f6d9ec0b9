"""How the command line ends when something goes wrong: one line, and a status."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Mapping

import click

from api.terminal import Terminal
from index.errors import PinciteError

FAILED = 1
INTERRUPTED = 130


def interrupted(terminal: Terminal) -> int:
    """Tell that the user stopped it."""
    return _complain(terminal, "interrupted", INTERRUPTED)


def failed(error: Exception, terminal: Terminal, environment: Mapping[str, str]) -> int:
    """Tell an error in one line; the status it ends with."""
    if isinstance(error, PinciteError):
        return _complain(terminal, str(error), error.exit_status)
    if isinstance(error, click.ClickException):
        return _complain(terminal, _usage(error), error.exit_code)
    if environment.get("PINCITE_DEBUG", "0") not in ("", "0"):
        with contextlib.suppress(OSError):
            terminal.stderr.write("".join(traceback.format_exception(error)))
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        said = f"{error.strerror.lower()}{where}: check the disk, the path and its permissions"
    else:
        name = type(error).__name__
        said = f"unexpected {name} ({error}): please report it, with what PINCITE_DEBUG=1 prints"
    return _complain(terminal, said, FAILED)


def _usage(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "pincite"
    # click ends some with a question: "Did you mean '--since'?"
    joint = " See" if message.endswith("?") else ": see"
    return f"{message[:1].lower()}{message[1:]}{joint} `{command} --help`"


def _complain(terminal: Terminal, message: str, status: int) -> int:
    # If nobody listens, the exit status still tells.
    with contextlib.suppress(OSError):
        terminal.note("pincite: " + " ".join(message.split()))
    return status
