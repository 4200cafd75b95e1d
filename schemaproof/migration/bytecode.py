"""Modules of a project, imported without leaving bytecode beside them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from typing import Any


@contextmanager
def unwritten(concerned: Callable[[str], bool]) -> Iterator[None]:
    """Write no bytecode in the block of the files of which ``concerned`` is true.

    What is there is read, and libraries keep theirs: with ``sys.dont_write_bytecode`` each run would compile them anew.
    """
    original = SourceFileLoader.set_data  # what writes it (manual, importlib.abc.SourceLoader.set_data)

    def set_data(self: SourceFileLoader, path: str, data: Any, **options: Any) -> None:
        if not concerned(self.path):
            original(self, path, data, **options)

    SourceFileLoader.set_data = set_data  # type: ignore[method-assign]
    try:
        yield
    finally:
        SourceFileLoader.set_data = original  # type: ignore[method-assign]
