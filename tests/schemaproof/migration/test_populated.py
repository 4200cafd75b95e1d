"""Databases with rows that climb along."""

from pathlib import Path

import psycopg
import pytest

from schemaproof.migration.history import open_history
from schemaproof.migration.populated import Populated, PopulatedStates
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import Server
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import Step, make_project, table
from tests.schemaproof.rewritten import rewritten


def count(state: Populated, name: str) -> int:
    with psycopg.connect(state.database.dsn) as connection:
        row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
        assert row is not None
        return int(row[0])


def test_tables_have_rows_that_climb_along(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    moved = Step("CREATE TABLE b AS TABLE a; DELETE FROM a", "DROP TABLE b")
    with open_history(make_project(tmp_path, [table("a"), moved, table("c")]), own_server) as history:
        states = history.kept(PopulatedStates)
        few = count(states.at(1), "a")
        assert few > 1
        # Two neighbours are kept, and the rows of "a" went to "b" by the revision's own statement.
        assert [count(states.at(2), name) for name in ("b", "a")] == [few, few]
        assert count(states.at(1), "a") == few
        assert count(states.at(3), "c") == few
        assert set(states._kept) == {2, 3}
        made = len(databases())
        states.close()
        assert len(databases()) == made - 2


def test_state_that_can_not_be_reached_with_rows_gets_rows_anew(tmp_path: Path, own_server: Server) -> None:
    picky = Step("ALTER TABLE a ADD COLUMN b int NOT NULL", "ALTER TABLE a DROP COLUMN b")
    with open_history(make_project(tmp_path, [table("a"), picky]), own_server) as history:
        states = history.kept(PopulatedStates)
        states.at(1)
        assert count(states.at(2), "a") > 1
        failed = states.failed(1)
        assert failed is not None
        assert "contains null values" in failed.told
        assert states.failed(0) is None


def test_what_was_run_on_a_clone_is_taken_over(tmp_path: Path, own_server: Server) -> None:
    with open_history(make_project(tmp_path, [table("a"), table("b")]), own_server) as history:
        states = history.kept(PopulatedStates)
        database = states.at(1).clone()
        assert not states.knows(2)
        states.take(1, database, states.run(database, 1))
        assert states.knows(2)
        assert states.at(2).database == database
        assert count(states.at(2), "b") == count(states.at(1), "a") > 1


def test_what_has_failed_on_a_clone_is_dropped_and_known(
    tmp_path: Path, own_server: Server, databases: Databases
) -> None:
    picky = Step("ALTER TABLE a ADD COLUMN b int NOT NULL", "ALTER TABLE a DROP COLUMN b")
    with open_history(make_project(tmp_path, [table("a"), picky]), own_server) as history:
        states = history.kept(PopulatedStates)
        database = states.at(1).clone()
        states.take(1, database, states.run(database, 1))
        assert database.name not in databases()
        assert not states.knows(2)
        failed = states.failed(1)
        assert failed is not None
        assert "contains null values" in failed.told


def test_what_can_not_be_reached_at_all_is_an_error(tmp_path: Path, own_server: Server) -> None:
    with open_history(make_project(tmp_path, [table("a"), Step("SELECT nothing")]), own_server) as history:
        states = history.kept(PopulatedStates)
        states.at(1)
        with pytest.raises(UpgradeFailedError):
            states.at(2)


def test_table_without_rows_is_told(tmp_path: Path, own_server: Server) -> None:
    impossible = Step("CREATE TABLE a (n int CHECK (false))", "DROP TABLE a")
    with open_history(make_project(tmp_path, [impossible]), own_server) as history:
        assert set(history.kept(PopulatedStates).at(1).refused) == {"public.a"}


def test_failure_on_rows_is_forgotten_where_the_state_is_built_anew(tmp_path: Path, postgres_server: Server) -> None:
    """As after an error elsewhere, which leaves all databases in whatever state."""
    with rewritten(tmp_path, postgres_server, table("t")) as histories:
        for step, fails in ((Step("ALTER TABLE t ADD n int NOT NULL"), True), (Step("ALTER TABLE t ADD n int"), False)):
            states = histories.to(step).kept(PopulatedStates)
            states.at(1)
            states.at(2)
            assert (states.failed(1) is not None) == fails
