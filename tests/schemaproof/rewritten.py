"""A history of which one revision is written anew for each case: it is opened only once."""

import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script import Script

from schemaproof.migration import environment
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from tests.schemaproof.projects import REVISION, Step, make_project


def rewrite(script: Script, text: str) -> None:
    """Let ``text`` be what is run of the revision from now on."""
    Path(script.path).write_text(text)
    environment._code.cache_clear()
    linecache.checkcache(script.path)  # findings show lines of it


class Rewritten:
    """What lies below one revision, and stays; ``to`` is the history with another one in its place.

    A revision that does nothing comes after it: the database at head is made once, and can't hold it.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._script, self._below = history.revisions[-2], history.revisions[-3]
        history.lend(history.positions[self._script.revision])

    def to(self, step: Step) -> History:
        """The history with this revision there, of which nothing is known yet."""
        rewrite(
            self._script,
            REVISION.format(revision=self._script.revision, below=self._below.revision, up=step.up, down=step.down),
        )
        self._history.abandon()
        self._history.look_again()
        return self._history


@contextmanager
def rewritten(folder: Path, server: Server, *below: Step) -> Iterator[Rewritten]:
    """That of a project in ``folder`` whose lowest revisions are those ``below``."""
    nothing = Step("SELECT 1")
    with open_history(make_project(folder, [*below, nothing, nothing]), server) as history:
        yield Rewritten(history)
