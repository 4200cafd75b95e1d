"""Databases for tests in the state of a revision, each migrated once per run in a process of its own."""

from schemaproof.migration.history import migrate_in_place
from schemaproof.postgres import Database, Server, Template
from schemaproof.project.subject import Subject
from schemaproof.run.items.process import Assistant


def template_at(subject: Subject, server: Server, revision: str) -> Template:
    """The template with the revisions of ``subject`` up to ``revision``, which all workers of the run share.

    Raises:
        ProofError: when they can't be applied.
    """

    def migrate(database: Database) -> None:
        with Assistant() as assistant:
            assistant.call(migrate_in_place, subject, database, revision)

    return server.template(["migrated", str(subject.project), revision], migrate)
