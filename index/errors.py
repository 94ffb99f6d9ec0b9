"""What can go wrong, whose fault it is, and the remedy.

Every error a user can cause is a `PinciteError`: its text is one line that says what went wrong
and what to do. `exit_status` is the command line's, see the contract.
"""

from __future__ import annotations


class PinciteError(Exception):
    """Base of all errors with a known cause and remedy."""

    exit_status = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = " ".join(message.split())
        self.remedy = " ".join(remedy.split())
        super().__init__(f"{self.message}: {self.remedy}" if self.remedy else self.message)


class UsageError(PinciteError):
    """The caller asked for something that cannot be: an empty question, a date that is none."""

    exit_status = 2


class LoadError(PinciteError):
    """A file that cannot be read. A build names it, skips it, and goes on."""


class UnreadableError(LoadError):
    """A file that is there but cannot be read just now. What the index holds of it stays."""


class ModelError(PinciteError):
    """A model that is missing, damaged, of the wrong kind, or differs from its compiled form."""


class BuildError(PinciteError):
    """A build that cannot go on; what was published before stays live."""


class BusyError(BuildError):
    """Another process is writing to the index just now."""


class IndexUnusableError(PinciteError):
    """Base of the reasons why an index cannot be opened."""

    exit_status = 4


class IndexMissingError(IndexUnusableError):
    """There is no published index in the folder."""


class IndexFormatError(IndexUnusableError):
    """The index was made by another version of the format."""


class IndexDamagedError(IndexUnusableError):
    """A file of the index is not what its manifest says."""


class DerivedDamagedError(IndexDamagedError):
    """The dense or the lexical index is damaged, and the truth is sound: it can be made again."""


class SourceMissingError(UsageError):
    """The caller names a source that the index does not hold."""
