"""The upgrade and the downgrade of a revision, as the command line runs them."""

from typing import TYPE_CHECKING, Literal

from alembic.script import Script

from schemaproof.migration.environment import Run
from schemaproof.migration.redirect import Observer
from schemaproof.postgres import Database
from schemaproof.proofs.failure.state import Watcher
from schemaproof.proofs.failure.trial import Way

if TYPE_CHECKING:
    from schemaproof.migration.history import History


def upgrade_of(history: "History", *revisions: Script) -> Way:
    """The upgrade of ``revisions``, which follow one another, in one call."""
    last = revisions[-1].revision

    def run(database: Database, observer: Observer | None) -> Run:
        return history.environment.upgrade(history.chain.script, database, revisions, observer)

    return Way(last, "upgrade", run, lambda database: (history.upgrade_to(database, last), "after"))


def downgrade_of(history: "History", revision: Script) -> Way:
    """The downgrade of ``revision``; run again, or where a failure took the version back already, upgraded."""

    def run(database: Database, observer: Observer | None) -> Run:
        return history.environment.downgrade(history.chain.script, database, revision, observer)

    def again(database: Database) -> tuple[Run, Literal["before", "after"]]:
        with Watcher(database, history.version_table) as watcher:
            applied = revision.revision in watcher.versions()
        if applied:
            return history.checked(run(database, None)), "after"
        return history.upgrade_to(database, revision.revision), "before"

    return Way(revision.revision, "downgrade", run, again)
