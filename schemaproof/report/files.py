"""The files that reports go to: found to be writable before the run starts."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from schemaproof.errors import ProofError


@dataclass(frozen=True)
class ReportFile:
    """A file to be written at the end of a run; what it holds until then stays.

    Attributes:
        path: absolute, for the current folder is the subject's while its code runs.
        option: the option that named it, for messages.
    """

    path: Path
    option: str

    @classmethod
    def at(cls, path: Path, option: str) -> Self:
        """The file at ``path``.

        Raises:
            ProofError: when it can't be written.
        """
        if str(path) == "-":
            raise ProofError(
                f"{option} needs a file, not -.", remedy=f"Name a file; for standard output: {option} /dev/stdout"
            )
        file = cls(path.absolute(), option)
        try:
            file._try()
        except OSError as error:
            raise file._refusal(error) from error
        return file

    def write(self, text: str) -> None:
        """Make ``text`` its contents.

        Raises:
            ProofError: when that fails, as on a full disk.
        """
        try:
            self.path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise self._refusal(error) from error

    def _try(self) -> None:
        exists = self.path.exists()
        if exists and not self.path.is_file() and not self.path.is_dir():
            if not os.access(self.path, os.W_OK):  # a pipe: to open it would wait for its reader
                raise PermissionError(0, "no permission")
            return
        with self.path.open("ab"):
            pass
        if not exists:  # else a run that fails would leave an empty report
            self.path.unlink()

    def _refusal(self, error: OSError) -> ProofError:
        folder = self.path.parent
        return ProofError(
            f"{self.option} {self.path} can't be written: {error.strerror}.",
            remedy="Name a file that this user can write."
            if folder.exists()
            else f"Make its folder: mkdir -p {folder}",
        )
