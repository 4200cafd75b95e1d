"""Empty databases as an administrator prepares them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from schemaproof.migration.history import migrate, open_history
from schemaproof.postgres import Database, Server
from schemaproof.project.preparation import Preparation
from schemaproof.project.subject import Subject, SubjectError
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import Step, make_project

SCHEMA = Preparation("CREATE SCHEMA app", "prepare-sql")
IN_SCHEMA = Step("CREATE TABLE app.t (id int PRIMARY KEY)", "DROP TABLE app.t")


def prepared_project(folder: Path, *preparations: Preparation) -> Subject:
    return replace(make_project(folder, [IN_SCHEMA]), prepare_sql=preparations)


def has_schema(database: Database) -> bool:
    with psycopg.connect(database.dsn) as connection:
        return bool(connection.execute("SELECT to_regnamespace('app') IS NOT NULL").fetchone() == (True,))


def test_every_database_of_a_history_is_prepared(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    with open_history(prepared_project(tmp_path, SCHEMA), own_server) as history:
        assert history.stairs("0001").clean
        assert history.one_call() is not None
        made: list[Callable[[], Database]] = [history.new_database, history.empty_database, lambda: history.build(0)]
        for make in made:
            with make() as database:
                assert has_schema(database)
        assert "app" in {identity.name for identity in history.base_catalog.objects}
    assert databases() == set()


def test_project_that_needs_it_fails_without(tmp_path: Path, own_server: Server) -> None:
    with open_history(prepared_project(tmp_path), own_server) as history:
        assert 'schema "app" does not exist' in history.stairs("0001").up.told


def test_migrated_database_is_prepared(tmp_path: Path, own_server: Server) -> None:
    with migrate(prepared_project(tmp_path, SCHEMA), own_server) as database:
        assert has_schema(database)


def test_statement_that_fails_is_told_with_its_place(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    subject = prepared_project(tmp_path, SCHEMA, Preparation("CREATE TABEL x ()", "db/init.sql"))
    with pytest.raises(SubjectError, match=r"^db/init.sql fails on an empty database: SyntaxError: ") as caught:
        migrate(subject, own_server)
    assert caught.value.evidence == "CREATE TABEL x ()"
    assert databases() == set()


def test_extension_that_the_server_lacks_is_named(tmp_path: Path, own_server: Server) -> None:
    subject = prepared_project(tmp_path, Preparation("CREATE EXTENSION no_such_extension", "prepare-sql"))
    with pytest.raises(
        SubjectError, match="The project needs the extension no_such_extension, which this server lacks"
    ):
        migrate(subject, own_server)


def test_roles_are_there_before_what_is_prepared_and_gone_afterwards(
    tmp_path: Path, own_server: Server, role: str
) -> None:
    grant = Preparation(f"GRANT USAGE ON SCHEMA app TO {role}", "prepare-sql")
    subject = replace(prepared_project(tmp_path, SCHEMA, grant), roles=(role,))
    with open_history(subject, own_server) as history:
        assert history.stairs("0001").clean
        assert role in own_server.roles()
    assert role not in own_server.roles()
