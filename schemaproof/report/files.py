"""The files that reports go to: found to be writable before the run starts."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from schemaproof.errors import ProofError
from schemaproof.report.output import write


@dataclass(frozen=True)
class ReportFile:
    """A file to be written at the end of a run; what it holds until then stays.

    Attributes:
        path: absolute, for the current folder is the subject's while its code runs; None for standard output.
        option: the option that named it, for messages.
    """

    path: Path | None
    option: str

    @classmethod
    def at(cls, path: Path, option: str) -> Self:
        """The file at ``path``.

        Raises:
            ProofError: when it can't be written.
        """
        if str(path) == "-":
            return cls(None, option)
        file = cls(path.absolute(), option)
        try:
            _try(path.absolute())
        except OSError as error:
            raise _refusal(option, path.absolute(), error) from error
        return file

    def is_same(self, other: Self) -> bool:
        """Whether both are written to the same place."""
        if self.path is None or other.path is None:
            return self.path is other.path
        return self.path.resolve() == other.path.resolve()

    def write(self, text: str) -> None:
        """Make ``text`` its contents.

        Raises:
            ProofError: when that fails, as on a full disk.
        """
        if self.path is None:
            write(text)
            return
        try:
            self.path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise _refusal(self.option, self.path, error) from error


def _try(path: Path) -> None:
    exists = path.exists()
    if exists and not path.is_file() and not path.is_dir():
        if not os.access(path, os.W_OK):  # a pipe: to open it would wait for its reader
            raise PermissionError(0, "no permission")
        return
    with path.open("ab"):
        pass
    if not exists:  # else a run that fails would leave an empty report
        path.unlink()


def _refusal(option: str, path: Path, error: OSError) -> ProofError:
    return ProofError(
        f"{option} {path} can't be written: {error.strerror}.",
        remedy="Name a file that this user can write."
        if path.parent.exists()
        else f"Make its folder: mkdir -p {path.parent}",
    )
