import psycopg
import pytest

from schemaproof.migration.roles import Roles, created
from schemaproof.postgres import Server


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
    statements = {"0001": [f"CREATE ROLE {role}", f"CREATE ROLE {owner}"]}
    assert roles.made(statements) == [role]
    assert roles.drop(statements) == []
    assert role not in postgres_server.roles()
    assert owner in postgres_server.roles()
