"""A history of which one revision is written anew for each case: it is opened only once."""

import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script import Script

from schemaproof.migration import environment
from schemaproof.migration.history import History, open_history
from schemaproof.migration.populated import PopulatedStates
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
        self._count = history.positions[self._script.revision]  # of the revisions below it
        history.lend(self._count)

    def to(self, step: Step) -> History:
        """The history with this revision there, of which nothing is known yet."""
        return self._to(step.up, f"op.execute({step.down!r})")

    def only_up(self, *statements: str) -> History:
        """As ``to``, with a downgrade that refuses: nothing of it is examined, and no second upgrade either.

        For what is about upgrades alone, that is half of the time. Each of ``statements`` is sent by itself.
        """
        return self._to("\0".join(statements), "raise NotImplementedError")

    def _to(self, up: str, down: str) -> History:
        text = REVISION.format(revision=self._script.revision, below=self._below.revision, up=up, down="")
        each = "\n    ".join(f"op.execute({one!r})" for one in up.split("\0"))
        rewrite(self._script, text.rpartition("op.execute(")[0].replace(f"op.execute({up!r})", each) + down)
        states = self._history.kept(PopulatedStates)
        populated = states._kept.pop(self._count, None)  # what lies below has the same rows for each
        self._history.abandon()
        if populated is not None:
            states._kept[self._count] = populated
        self._history.look_again()
        return self._history


@contextmanager
def rewritten(folder: Path, server: Server, *below: Step) -> Iterator[Rewritten]:
    """That of a project in ``folder`` whose lowest revisions are those ``below``."""
    nothing = Step("SELECT 1")
    with open_history(make_project(folder, [*below, nothing, nothing]), server) as history:
        yield Rewritten(history)
