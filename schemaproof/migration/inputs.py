"""Which files of a project its code has read: its modules, and what env.py or a revision opens beside them.

An audit hook (Python's manual, ``sys.addaudithook``) hears of each file that is opened; it stays for as long as the
process lives, and hears nothing but while the project's code runs. A forked process begins with what was read before.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from schemaproof.migration.evidence import is_project_file

_WRITES = os.O_WRONLY | os.O_RDWR


class _Ear:
    """What the hook has heard.

    Attributes:
        project: the folder whose code runs at the moment; None for none.
        files: the absolute paths that were opened to be read.
    """

    def __init__(self) -> None:
        self.project: str | None = None
        self.files: set[str] = set()
        self._hooked = False

    def hook(self) -> None:
        """Begin to hear, once in a process."""
        if not self._hooked:
            self._hooked = True
            sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An event of Python's; ``open`` tells path, mode and flags."""
        if self.project is None or event != "open":
            return
        path, _, flags = arguments
        if isinstance(path, str) and not (isinstance(flags, int) and flags & _WRITES):
            full = os.path.abspath(path)  # noqa: PTH100 (each open() goes through here)
            if full.startswith(self.project):
                self.files.add(full)


_ear = _Ear()


@contextmanager
def listening(project: Path) -> Iterator[None]:
    """Remember which files of ``project`` are read in the block."""
    _ear.hook()
    before, _ear.project = _ear.project, f"{project.resolve()}{os.sep}"
    try:
        yield
    finally:
        _ear.project = before


def take_over(files: set[str]) -> None:
    """Remember what another process has read."""
    _ear.files |= files


def read_from(project: Path) -> set[str]:
    """The absolute paths of the files of ``project`` that were read so far, the sources of its modules among them."""
    root = f"{project.resolve()}{os.sep}"
    modules = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    found = {file for file in {*_ear.files, *filter(None, modules)} if file.startswith(root)}
    return {file for file in found if is_project_file(file) and not file.endswith(".pyc")}
