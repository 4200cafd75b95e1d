"""Database URLs as they are found in the wild."""

from typing import Any

import pytest
from sqlalchemy import URL, func, make_url, select, text

from schema.migration_session import migration_engine
from schema.url import database_url, url_from_environment
from schemaproof.postgres import Database

PASSWORD = "p%40@/:?#[]&='\" é"  # noqa: S105 (no secret)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_scheme_is_turned_to_asyncpg(scheme: str) -> None:
    assert str(database_url(f"{scheme}://user@host:5433/name")) == "postgresql+asyncpg://user@host:5433/name"


@pytest.mark.parametrize("given", ["mysql://u:secret@h/d", "postgresql+psycopg://u:secret@h/d", "sqlite:///secret"])
def test_other_scheme_is_refused_with_the_valid_ones(given: str) -> None:
    with pytest.raises(ValueError, match=r"postgresql://, postgres://, postgresql\+asyncpg://") as refusal:
        database_url(given)

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("given", ["", " ", "secret", "host=h password=secret", "postgresql://u:secret@h:port/d"])
def test_text_that_is_no_url_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(ValueError, match=r"postgresql\+asyncpg://user:password@host:5432/database") as refusal:
        database_url(given)

    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_quoted_characters_in_the_password_are_kept() -> None:
    given = make_url("postgresql://host/name").set(username="u@/:%", password=PASSWORD)

    read = database_url(given.render_as_string(hide_password=False))

    assert (read.username, read.password) == ("u@/:%", PASSWORD)


def test_url_is_read_the_same_twice() -> None:
    once = database_url("postgres://u:p%2540@h/d?sslmode=disable&application_name=a%20b")

    assert database_url(once) == database_url(once.render_as_string(hide_password=False)) == once


def test_newline_of_a_secret_file_is_not_part_of_the_name() -> None:
    assert database_url("postgresql://u@h/name\n").database == "name"


def test_credentials_in_the_query_are_hidden_when_printed() -> None:
    url = database_url("postgresql://h/?user=u&password=secret&dbname=d")

    assert (url.username, url.password, url.database) == ("u", "secret", "d")
    assert "secret" not in repr(url)


def test_parameter_that_asyncpg_lacks_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="asyncpg does not take from a URL: channel_binding, gssencmode"):
        database_url("postgresql://u@h/d?gssencmode=require&channel_binding=require&sslmode=require")


async def test_libpq_parameters_reach_the_server(empty_database: Database) -> None:
    given = empty_database.url().update_query_dict(
        {"sslmode": "disable", "application_name": "a b", "options": "-c statement_timeout=1234"}
    )

    assert await settings_through(database_url(given)) == ["a b", "1234ms"]


async def test_sslmode_require_is_not_dropped(empty_database: Database) -> None:
    """A demand for encryption must fail, not connect, on a server that has none (or be met)."""
    url = database_url(f"{empty_database.dsn}?sslmode=require")
    engine = migration_engine(url)

    try:
        async with engine.connect() as connection:
            query = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            encrypted = await connection.scalar(query)
    except ConnectionError as refusal:
        encrypted = "SSL" in str(refusal)

    assert encrypted


def test_no_url_says_what_to_set() -> None:
    with pytest.raises(ValueError, match="set DATABASE_URL, for example"):
        url_from_environment({})


def test_empty_url_says_what_to_set() -> None:
    with pytest.raises(ValueError, match="set DATABASE_URL, for example"):
        url_from_environment({"DATABASE_URL": ""})


async def settings_through(url: URL) -> list[Any]:
    engine = migration_engine(url)
    query = select(func.current_setting("application_name"), func.current_setting("statement_timeout"))
    async with engine.connect() as connection:
        return list((await connection.execute(query)).one())
