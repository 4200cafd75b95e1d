"""The empty database in which an administrator has done what the first migration needs."""

from collections.abc import Iterable

import psycopg

from schemaproof.migration.lacking import lacking
from schemaproof.postgres import Database, Server, Template
from schemaproof.project.preparation import Preparation
from schemaproof.project.subject import SubjectError


def prepared(server: Server, preparations: Iterable[Preparation]) -> Template:
    """A database with what the ``preparations`` make, to clone from; the caller's to drop.

    Raises:
        SubjectError: where a statement fails.
    """
    database = server.create()
    try:
        prepare(database, preparations)
        server.close_off(database.name)
    except BaseException:
        database.drop()
        raise
    return Template(database.name)


def prepare(database: Database, preparations: Iterable[Preparation]) -> None:
    """Run the ``preparations`` in ``database``.

    Raises:
        SubjectError: where a statement fails.
    """
    for each in preparations:
        _run(database, each)


def _run(database: Database, preparation: Preparation) -> None:
    try:
        with psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof") as connection:
            connection.execute(preparation.sql.encode())
    except psycopg.OperationalError:
        database.server.require()  # where it is lost, that is what there is to say
        raise
    except psycopg.Error as error:
        if refusal := lacking(database.server, error.sqlstate, preparation.sql):
            raise refusal from error
        raise SubjectError(
            f"{preparation.source} fails on an empty database: {type(error).__name__}: {error}",
            evidence=preparation.sql.strip(),
            remedy="It is run as the server's superuser, in each new database, in one transaction. Roles are the"
            " server's: name them in roles, which creates them for the run.",
        ) from error
