import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, Connection, NullPool, QueuePool, create_engine, event, text
from sqlalchemy.exc import MissingGreenlet, PendingRollbackError

from schemaproof.migration.redirect import ElsewhereError, Redirection, redirected
from schemaproof.postgres import Database, Server


@pytest.fixture
def standin(postgres_server: Server) -> Iterator[URL]:
    """The URL that a subject is given."""
    with postgres_server.create() as database:
        postgres_server.close_off(database.name)
        yield database.url("psycopg")


@pytest.fixture
def redirection(standin: URL, empty_database: Database) -> Redirection:
    return Redirection(standin, empty_database.name)


def where(url: URL) -> str:
    """The name of the database that an engine for ``url`` reaches."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT current_database()")))


def test_connection_to_the_standin_reaches_the_database_of_the_moment(standin: URL, redirection: Redirection) -> None:
    with redirected(redirection):
        assert where(standin) == redirection.database
    assert (redirection.connections, redirection.open) == (1, 0)


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+asyncpg"])
def test_connection_to_another_database_is_refused_before_it_is_made(redirection: Redirection, driver: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        url = URL.create(driver, "app", host="127.0.0.1", port=listener.getsockname()[1], database="production")
        with redirected(redirection), pytest.raises(ElsewhereError, match="production"):
            where(url)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert redirection.elsewhere == [f"127.0.0.1:{url.port}/production"]


def test_connection_to_another_database_of_the_same_server_is_refused(standin: URL, redirection: Redirection) -> None:
    with redirected(redirection), pytest.raises(ElsewhereError):
        where(standin.set(database="postgres"))


def test_connection_to_another_server_is_refused_where_only_its_port_differs(
    standin: URL, redirection: Redirection
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        with redirected(redirection), pytest.raises(ElsewhereError):
            where(standin.set(port=listener.getsockname()[1]))
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_connection_of_another_dbms_is_refused(redirection: Redirection) -> None:
    with redirected(redirection), pytest.raises(ElsewhereError):
        where(URL.create("sqlite", database="app.db"))
    assert redirection.elsewhere == [f"sqlite ({Path.cwd() / 'app.db'})"]


def test_connection_that_an_engine_makes_itself_is_refused(redirection: Redirection, empty_database: Database) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(empty_database.dsn))
    with redirected(redirection), pytest.raises(ElsewhereError, match="makes its connections itself"):
        engine.connect()
    engine.dispose()
    assert redirection.elsewhere


def test_connection_is_refused_where_there_is_no_database(standin: URL) -> None:
    offline = Redirection(standin, None)
    with redirected(offline), pytest.raises(ElsewhereError, match="--sql"):
        where(standin)
    assert offline.refused == 1


def test_pool_that_was_kept_reaches_the_database_of_the_moment(standin: URL, postgres_server: Server) -> None:
    engine = create_engine(standin, poolclass=QueuePool)
    reached = []
    with postgres_server.create() as first, postgres_server.create() as second:
        for database in (first, second, second):
            with redirected(Redirection(standin, database.name)), engine.connect() as connection:
                reached.append(connection.scalar(text("SELECT current_database()")))
        engine.dispose()
        assert reached == [first.name, second.name, second.name]


def test_connections_that_a_pool_keeps_open_are_counted(standin: URL, redirection: Redirection) -> None:
    engine = create_engine(standin, poolclass=QueuePool)
    with redirected(redirection):
        engine.connect().close()
        assert redirection.open == 1
        engine.dispose()
    assert redirection.open == 0


def test_synchronous_engine_with_asyncpg_fails_without_a_warning(standin: URL, redirection: Redirection) -> None:
    with redirected(redirection), pytest.raises(MissingGreenlet):
        where(standin.set(drivername="postgresql+asyncpg"))


def test_nothing_is_redirected_outside(empty_database: Database) -> None:
    assert where(empty_database.url("psycopg")) == empty_database.name


def test_statements_are_counted_while_they_are_watched(standin: URL, redirection: Redirection) -> None:
    engine = create_engine(standin, poolclass=NullPool)
    with redirected(redirection), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        redirection.watched = True
        connection.execute(text("SELECT 2"))
    assert redirection.statements == 1


@pytest.mark.parametrize(
    ("statement", "about_a_role"),
    [
        ("CREATE ROLE schemaproof_none", True),
        ("create user schemaproof_none", True),
        ("DO $$ BEGIN DROP ROLE IF EXISTS schemaproof_none; END $$", True),
        ("SELECT 'role'", False),
        ("CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere", False),
    ],
)
def test_statements_about_roles_are_kept(
    standin: URL, redirection: Redirection, statement: str, *, about_a_role: bool
) -> None:
    engine = create_engine(standin, poolclass=NullPool)
    with redirected(redirection), engine.connect() as connection:
        redirection.watched = True
        savepoint = connection.begin_nested()
        try:
            connection.execute(text(statement))
        except Exception:  # noqa: BLE001 (that it was sent is what counts)
            savepoint.rollback()
        connection.rollback()
    assert redirection.role_statements == ([statement] if about_a_role else [])


def test_redirection_ends_with_an_error(standin: URL, redirection: Redirection, empty_database: Database) -> None:
    with pytest.raises(ZeroDivisionError), redirected(redirection):
        raise ZeroDivisionError
    assert where(empty_database.url("psycopg")) == empty_database.name
    assert os.environ.get("DATABASE_URL", "") != str(standin)


class Counting:
    """An observer that counts COMMITs, and keeps the statements."""

    def __init__(self) -> None:
        self.commits = 0
        self.told: list[str] = []

    def begin(self, redirection: Redirection) -> None:
        """Nothing."""

    def before(self, connection: Connection, cursor: object, statement: str) -> None:  # noqa: ARG002 (the protocol's)
        self.told.append(statement)

    def after(self, connection: Connection, cursor: object, statement: str) -> None:  # noqa: ARG002 (the protocol's)
        self.told.append(statement)

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:  # noqa: ARG002 (the protocol's)
        self.commits += 1
        commit()


def test_commit_after_one_that_never_came_is_told_once(standin: URL, redirection: Redirection) -> None:
    """SQLAlchemy tells of a COMMIT before it finds that the connection is lost, and then sends none."""
    redirection.observer = counting = Counting()
    with redirected(redirection):
        engine = create_engine(standin, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            event.listen(connection, "commit", lambda lost: lost.invalidate())
            with pytest.raises(PendingRollbackError):
                connection.commit()
        assert counting.commits == 0
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept ()"))
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT to_regclass('kept') IS NOT NULL"))
    assert counting.commits == 1
    assert "do_commit" not in vars(engine.dialect)


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+psycopg2"])
def test_statement_is_told_as_the_server_gets_it(driver: str, standin: URL, redirection: Redirection) -> None:
    """SQLAlchemy doubles percent signs for drivers that have %s for parameters."""
    redirection.observer = counting = Counting()
    with redirected(redirection), create_engine(standin.set(drivername=driver), poolclass=NullPool).begin() as one:
        one.execute(text("DO $$ BEGIN ASSERT 'ab' LIKE 'a%'; END $$"))
    assert [told for told in counting.told if "ASSERT" in told] == ["DO $$ BEGIN ASSERT 'ab' LIKE 'a%'; END $$"] * 2
