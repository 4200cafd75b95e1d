"""The history of small projects: what its stairways say, and what it costs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from schemaproof.catalog import Catalog
from schemaproof.migration.history import History, migrate, open_history
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError
from schemaproof.proofs.registry import CHECKS
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import ENV, Step, make_project, table

type Open = Callable[..., History]


@pytest.fixture
def open_(tmp_path: Path, own_server: Server) -> Iterator[Open]:
    """Open the history of a project with the given steps."""
    opened = []

    def begin(*steps: Step, **options: str) -> History:
        manager = open_history(make_project(tmp_path, steps, **options), own_server)
        opened.append(manager)
        return manager.__enter__()

    yield begin
    for manager in opened:
        manager.__exit__(None, None, None)


def told(history: History, revision: str) -> list[str]:
    return [str(difference) for difference in history.stairs(revision).left]


def test_sound_revision_is_clean(open_: Open) -> None:
    history = open_(table("a"), table("b"))
    assert [history.coming_down(index).fault for index in (0, 1)] == ["", ""]


def test_each_revision_is_compared_with_the_one_before(open_: Open) -> None:
    history = open_(table("a"), Step("CREATE TABLE b (id int)"), table("c"))
    assert [told(history, revision) for revision in ("0001", "0002", "0003")] == [
        [],
        ["table public.b: is extra"],
        [],
    ]


def test_revisions_may_be_asked_for_in_any_order(open_: Open) -> None:
    history = open_(table("a"), Step("CREATE TABLE b (id int)"), table("c"))
    assert [told(history, revision) for revision in ("0003", "0001", "0002", "0003")] == [
        [],
        [],
        ["table public.b: is extra"],
        [],
    ]


def test_rows_that_a_downgrade_forgot_are_not_blamed_on_later_revisions(open_: Open) -> None:
    """The first revision's second upgrade makes a second row, which the third one's index would not admit."""
    history = open_(
        Step("CREATE TABLE IF NOT EXISTS a (n int)", "SELECT 1"),
        Step("INSERT INTO a VALUES (1)"),
        Step("CREATE UNIQUE INDEX i ON a (n)", "DROP INDEX i"),
    )
    history.stairs("0002")
    assert history.stairs("0003").clean


def test_failed_upgrade_is_told_with_its_error(open_: Open) -> None:
    history = open_(table("a"), Step("SELECT nothing"), table("c"))
    assert "nothing" in history.stairs("0002").up.told
    with pytest.raises(UpgradeFailedError) as failed:
        history.stairs("0003")
    assert failed.value.index == 1


def test_failed_downgrade_leaves_the_later_revisions_as_they_are(open_: Open) -> None:
    history = open_(table("a"), Step("CREATE TABLE b (id int)", "DROP TABLE b; SELECT nothing"), table("c"))
    assert not history.stairs("0002").ran_down
    assert history.stairs("0002").undone
    assert history.coming_down(2).fault == ""


def test_view_of_all_columns_may_follow_the_order_of_its_table(open_: Open) -> None:
    again = "CREATE VIEW v AS SELECT * FROM t"
    history = open_(
        Step(f"CREATE TABLE t (a int, b int); {again}", "DROP VIEW v; DROP TABLE t"),
        Step(f"DROP VIEW v; ALTER TABLE t DROP a; {again}", f"DROP VIEW v; ALTER TABLE t ADD a int; {again}"),
    )
    (check,) = (check for check in CHECKS if check.id == "downgrade-restores")
    assert {str(finding.severity) for finding in check.examine(history, "0002")} == {"note"}


def test_upgrade_that_differs_the_second_time_is_told(open_: Open) -> None:
    make = "CREATE INDEX i ON s (n); INSERT INTO s VALUES (1)"
    once = f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM s) THEN {make}; END IF; END $$"
    history = open_(Step("CREATE TABLE s (n int)", "DROP TABLE s"), Step(once, "DROP INDEX i"))
    assert [str(difference) for difference in history.stairs("0002").differs] == ["index public.i: is missing"]


def test_state_that_one_call_cannot_reach_is_built_step_by_step(open_: Open) -> None:
    pending = "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)"  # its check waits for the end of the transaction
    history = open_(
        Step("CREATE TABLE p (id int PRIMARY KEY)", "DROP TABLE p"),
        Step("CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)", "DROP TABLE c"),
        Step(pending, "DELETE FROM c; DELETE FROM p"),
        Step("ALTER TABLE c ADD COLUMN n int", "ALTER TABLE c DROP COLUMN n"),
    )
    failure = history.in_one_call.failure()
    assert failure is not None
    assert failure.revision == "0004"
    with history.build(4) as database, psycopg.connect(database.dsn) as connection:
        assert "column public.c.n" in map(str, Catalog.read(connection).objects)


def test_first_revision_at_which_one_call_differs_is_found(open_: Open) -> None:
    history = open_(
        table("a"),
        table("b"),
        Step("CREATE SCHEMA x; SET search_path TO x, public", "DROP SCHEMA x"),
        table("c"),
        table("d"),
    )
    found = history.in_one_call.differences()
    assert found is not None
    revision, differences = found
    assert revision == "0004"
    assert {str(difference.identity) for difference in differences} == {"table public.c", "table x.c"}


def test_one_call_that_leads_to_the_same_is_no_difference(open_: Open) -> None:
    assert open_(table("a"), table("b")).in_one_call.differences() is None


def test_downgrade_to_base_leaves_the_base_catalog(open_: Open) -> None:
    history = open_(table("a"), table("b"))
    station = history.station(2)
    with station.lent() as database:
        assert history.downgrade_to_base(database).error is None
    assert station.read(station.catalog) == history.base_catalog
    station.close()


def test_databases_at_a_time_do_not_grow_with_the_history(open_: Open, databases: Databases) -> None:
    """Every second revision is faulty, so that the climbing database is built anew each time."""
    steps = [table(f"t{n}") if n % 2 else Step(f"CREATE TABLE t{n} (id int)") for n in range(16)]
    history = open_(*steps)
    most = 0
    for script in history.revisions:
        history.stairs(script.revision)
        most = max(most, len(databases()))
    assert most <= 7  # the stand-in, the climbing one, at most four templates, one in the making


def test_roles_of_revisions_are_known(open_: Open, role: str) -> None:
    history = open_(Step(f"CREATE ROLE {role}", f"DROP ROLE {role}"))
    assert history.stairs("0001").clean
    assert history.roles.made(history.texts) == [role]
    history.close()
    assert history.roles.drop(history.texts) == []


def test_migrated_database_is_at_head(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("a"), table("b")])
    with migrate(subject, own_server) as database, psycopg.connect(database.dsn) as connection:
        row = connection.execute("SELECT version_num, to_regclass('b')::text FROM alembic_version").fetchone()
    assert row == ("0002", "b")


def test_subject_that_cannot_be_migrated_is_refused(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    subject = make_project(tmp_path, [table("a"), Step("SELECT nothing")])
    with pytest.raises(SubjectError, match="0002") as refused:
        migrate(subject, own_server)
    assert "nothing" in refused.value.evidence
    assert databases() == set()


@pytest.mark.parametrize(
    ("given", "application"),
    [("asyncpg", "asyncpg"), ("", "psycopg2")],
    ids=["named by the URL", "left to who connects"],
)
def test_application_connects_as_its_url_says_also_where_env_py_puts_in_another_driver(
    given: str, application: str, tmp_path: Path, own_server: Server
) -> None:
    env = ENV.replace(
        'config.get_section("alembic")',
        '{"sqlalchemy.url": "postgresql+psycopg2:" + config.get_main_option("sqlalchemy.url").partition(":")[2]}',
    )
    subject = replace(make_project(tmp_path, [table("a")], env=env), driver=given)
    with open_history(subject, own_server) as history:
        assert history.facts.driver[0] == "psycopg2"
        assert history.application_driver == application
