"""The commands of Alembic on databases of the harness, each run checked for what says nothing about the revisions."""

import itertools
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import Script
from sqlalchemy import MetaData

from schemaproof.migration.environment import Environment, Run
from schemaproof.migration.footing import Footing
from schemaproof.migration.probe import Facts
from schemaproof.migration.revisions import Chain, sources
from schemaproof.migration.roles import Roles, need_the_server, require_roles
from schemaproof.migration.states import check
from schemaproof.postgres import Database, Server


class Runs:
    """The revisions of one subject, and env.py to run them.

    Attributes:
        subject: whose they are.
        server: where they are run.
        chain: the revisions, or why they can't be walked.
        metadata: what the project declares; empty where it declares nothing.
        version_table: schema and name of Alembic's version table.
        facts: what the first run of env.py showed.
        role_statements: by revision, the statements about roles that it sent.
        alone: whether only one database may hold revisions at a time: they make roles, which belong to the whole
            server.
    """

    def __init__(
        self, environment: Environment, chain: Chain, facts: Facts, *, alone: bool, roles: Iterable[str] | None
    ) -> None:
        self.environment = environment
        self.subject = environment.subject
        self.server: Server = environment.server
        self.chain = chain
        self.metadata: tuple[MetaData, ...] = facts.metadata
        self.version_table = facts.version_table
        self.facts = facts
        self.role_statements: dict[str, list[str]] = {}
        self.roles = Roles(self.server, roles)
        self.alone = alone or need_the_server(self.texts)

    @property
    def footing(self) -> Footing:
        """What this history stands on, for others of the same examination."""
        return Footing(self.environment.standin, self.roles.before)

    @property
    def application_driver(self) -> str:
        """The driver that the application connects with: its URL's, where env.py may put in another; else env.py's."""
        return self.environment.driver or self.facts.driver[0]

    @property
    def texts(self) -> list[str]:
        """The strings in the revisions' files, and the statements about roles that they sent."""
        return [*self.chain.literals, *(one for each in self.role_statements.values() for one in each)]

    @property
    def revisions(self) -> tuple[Script, ...]:
        """In the order in which ``alembic upgrade heads`` applies them."""
        return self.chain.revisions

    @cached_property
    def positions(self) -> dict[str, int]:
        """The place of each revision in that order, from 0."""
        return {script.revision: index for index, script in enumerate(self.revisions)}

    def surroundings(self) -> AbstractContextManager[object]:
        """The project's folder, variables and module path, for code of the project's own."""
        return self.environment.surroundings()

    def new_database(self) -> Database:
        """A database as an administrator has prepared it, without revisions; the caller's to drop."""
        return self.environment.empty_database()

    def upgrade_to_heads(self, database: Database) -> Run:
        """Run ``alembic upgrade heads`` on ``database``, which finds the steps for itself."""
        return self._upgrade(database, "heads")

    def upgrade_to(self, database: Database, revision: str) -> Run:
        """Run ``alembic upgrade REVISION`` on ``database``, which finds the steps for itself."""
        return self._upgrade(database, revision)

    def at_base(self, database: Database) -> Run:
        """Run env.py on ``database`` without a revision: it may create a schema."""
        return self._run(database, lambda _heads, _context: (), "base")

    def downgrade_to_base(self, database: Database) -> Run:
        """Take back all revisions of ``database`` in one call, as ``alembic downgrade base`` does."""

        def steps(heads: tuple[str, ...], _context: MigrationContext) -> Any:
            return self.chain.script._downgrade_revs("base", heads)  # type: ignore[arg-type]  # Alembic annotates one id, and takes all

        return self._run(database, steps, "base")

    def checked(self, run: Run) -> Run:
        """``run``; raises where what happened in it says nothing about the revisions.

        Raises:
            SharedRoleError: when it may have tripped over a role because of another database.
            SubjectError, PostgresError: as ``states.check`` does, or when the server lacks a role.
        """
        for revision, statements in run.roles.items():
            if statements:
                self.role_statements.setdefault(revision, []).extend(statements)
        check(self.environment, run)
        if not self.alone:
            self.roles.check(run, self.texts, sources(self.subject.project))
        require_roles(self.server, run, self.texts)
        return run

    def drop_roles(self) -> None:
        """Drop the roles that the revisions made; no database needs them any more."""
        self.roles.drop(itertools.chain(self.texts, sources(self.subject.project)))

    def _upgrade(self, database: Database, target: str) -> Run:
        def steps(heads: tuple[str, ...], _context: MigrationContext) -> Any:
            return self.chain.script._upgrade_revs(target, heads)  # type: ignore[arg-type]  # Alembic annotates one id, and takes all

        return self._run(database, steps, target)

    def _run(self, database: Database, steps: Callable[[tuple[str, ...], MigrationContext], Any], target: str) -> Run:
        return self.checked(self.environment.run(self.chain.script, database, steps, target))
