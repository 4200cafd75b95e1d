from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from schemaproof.migration.history import open_history
from schemaproof.migration.roles import Roles, created
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError
from tests.schemaproof.projects import Step, make_project, table


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("CREATE ROLE reader", ["reader"]),
        ("create user Reader password 'x'", ["reader"]),
        ('CREATE GROUP "The ""best"""', ['The "best"']),
        ("DO $$ BEGIN CREATE ROLE a; CREATE ROLE b; END $$", ["a", "b"]),
        ("CREATE USER MAPPING FOR x SERVER y", []),
        ("DROP ROLE reader", []),
    ],
)
def test_roles_that_a_statement_creates(statement: str, names: list[str]) -> None:
    assert created([statement]) == names


def test_only_roles_that_were_not_there_before_are_dropped(postgres_server: Server, role: str) -> None:
    owner = next(iter(postgres_server.roles()))
    roles = Roles(postgres_server)
    with postgres_server.create() as database, psycopg.connect(database.dsn) as connection:
        connection.execute(f"CREATE ROLE {role}")
    texts = [f"CREATE ROLE {role}", f"CREATE ROLE {owner}"]
    assert roles.made(texts) == [role]
    assert roles.drop(texts) == []
    assert role not in postgres_server.roles()
    assert owner in postgres_server.roles()


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON t TO {role}",
        "REVOKE ALL ON t FROM {role}",
        "ALTER TABLE t OWNER TO {role}",
        "CREATE SCHEMA s AUTHORIZATION {role}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE POLICY p ON t TO {role}",
    ],
)
def test_role_that_the_server_lacks_is_named(tmp_path: Path, own_server: Server, role: str, statement: str) -> None:
    subject = make_project(tmp_path, [table("t"), Step(statement.format(role=role))])
    with pytest.raises(SubjectError, match=role) as lacking, open_history(subject, own_server) as history:
        history.stairs("0002")
    assert f'roles = ["{role}"]' in lacking.value.remedy


def test_undefined_object_that_is_no_role_is_the_revisions_fault(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [Step("ALTER TYPE no_such_type RENAME TO other")])
    with open_history(subject, own_server) as history:
        assert history.stairs("0001").up.error is not None


def test_role_that_the_project_names_is_there_for_the_run(tmp_path: Path, own_server: Server, role: str) -> None:
    subject = make_project(tmp_path, [Step(f"CREATE TABLE t (); GRANT SELECT ON t TO {role}", "DROP TABLE t")])
    with open_history(replace(subject, roles=(role,)), own_server) as history:
        assert history.stairs("0001").clean
    assert role not in own_server.roles()
