"""The rows of an experiment: the server, with all its constraints, says whether they can be."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from schemaproof.postgres import Database
from schemaproof.proofs.deletes.interleaving import Connection
from schemaproof.proofs.deletes.reading import read_graph
from schemaproof.proofs.deletes.specimens import Specimen, Specimens

TABLES = """
CREATE TABLE parent (id int PRIMARY KEY, part int NOT NULL, UNIQUE (part, id));
CREATE TABLE plain (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent);
CREATE TABLE soft (id int PRIMARY KEY, parent_id int REFERENCES parent);
CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree);
CREATE TABLE paths (id int PRIMARY KEY, plain_id int NOT NULL REFERENCES plain, parent_id int REFERENCES parent);
CREATE TABLE full_match (part int, parent_id int NOT NULL, doubled int GENERATED ALWAYS AS (parent_id * 2) STORED,
    FOREIGN KEY (part, parent_id) REFERENCES parent (part, id) MATCH FULL);
CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "we ird" int NOT NULL REFERENCES parent);
CREATE TABLE one (id int PRIMARY KEY REFERENCES parent);
"""


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        yield connection


def found(connection: Connection, tables: str = TABLES) -> tuple[Specimens, dict[str, Specimen]]:
    """The specimens of all keys of ``tables``, by the name of the constraint."""
    connection.execute(tables.encode())
    graph = read_graph(connection)
    specimens = Specimens(connection, graph, list(graph.tables))
    chosen = {key.name: specimens.find(key) for key in graph.keys}
    specimens.clear()
    return specimens, {name: one for name, one in chosen.items() if one is not None}


def test_rows_are_found_for_every_key(connection: Connection) -> None:
    specimens, chosen = found(connection)
    assert set(chosen) == {key.name for key in read_graph(connection).keys}
    assert specimens.unfenced


def test_server_accepts_the_rows_in_their_order(connection: Connection) -> None:
    specimens, chosen = found(connection)
    for one in chosen.values():
        with connection.transaction(force_rollback=True):
            for table, row in (*one.base, (one.key.table, one.child)):
                connection.execute(specimens.insert(table, row))


def test_server_accepts_the_row_elsewhere_and_its_way_to_the_parent(connection: Connection) -> None:
    specimens, chosen = found(connection)
    moved = [one for one in chosen.values() if one.elsewhere is not None]
    for one in moved:
        assert one.elsewhere is not None
        with connection.transaction(force_rollback=True):
            for table, row in (*one.base, *one.also, (one.key.table, one.elsewhere)):
                connection.execute(specimens.insert(table, row))
    assert len(moved) >= 6


def test_row_elsewhere_does_not_depend_on_the_parent(connection: Connection) -> None:
    specimens, chosen = found(connection)
    for one in (one for one in chosen.values() if one.elsewhere is not None):
        assert one.elsewhere is not None
        condition = specimens.condition(one.key.parent, one.parent, one.key.referenced)
        assert condition is not None
        with connection.transaction(force_rollback=True):
            for table, row in (*one.base, *one.also, (one.key.table, one.elsewhere)):
                connection.execute(specimens.insert(table, row))
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(*one.key.parent), condition))
            connection.execute("SET LOCAL session_replication_role = origin")
            assert specimens.parent_of(one.key, one.elsewhere) != one.parent


def test_row_that_reaches_the_parent_by_another_path_is_nowhere_else(connection: Connection) -> None:
    _, chosen = found(
        connection,
        "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);"
        "CREATE TABLE a (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent);"
        "CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a, parent_id int REFERENCES parent);",
    )
    assert chosen["b_parent_id_fkey"].elsewhere is None


def test_planting_leaves_these_rows_alone(connection: Connection) -> None:
    specimens, chosen = found(connection)
    one = chosen["plain_parent_id_fkey"]
    for _ in range(2):
        connection.execute(specimens.planting(one.base, [one.key.table]))
        connection.execute(specimens.insert(one.key.table, one.child))
    counts = connection.execute("SELECT (SELECT count(*) FROM parent), (SELECT count(*) FROM plain)").fetchone()
    assert counts == (1, 1)


def test_row_that_refers_to_itself_is_no_child_of_another(connection: Connection) -> None:
    _, chosen = found(
        connection,
        "CREATE TABLE tree (id int PRIMARY KEY, up int NOT NULL REFERENCES tree);"
        "INSERT INTO tree VALUES (1, 1), (2, 2), (3, 1)",
    )
    one = chosen["tree_up_fkey"]
    assert (one.key.table, one.child) not in one.base
    assert one.child["id"] != one.parent["id"] == one.child["up"]


def test_child_is_no_row_that_its_parent_needs(connection: Connection) -> None:
    _, chosen = found(
        connection,
        "CREATE TABLE tree (id int PRIMARY KEY, up int NOT NULL REFERENCES tree);"
        "INSERT INTO tree VALUES (1, 2), (2, 1)",
    )
    assert chosen == {}


def test_child_of_a_key_that_the_database_lacks_is_in_place_of_no_row_of_the_base(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE tree (id int PRIMARY KEY, up int NOT NULL REFERENCES tree, side int NOT NULL);"
        "INSERT INTO tree VALUES (1, 1, 0), (2, 1, 0)"
    )
    graph = read_graph(connection)
    key = replace(graph.keys[0], columns=("side",), name="")
    one = Specimens(connection, graph, list(graph.tables)).find(key)
    assert one is not None
    assert (one.child["id"], one.child["side"]) == ("2", "1")
