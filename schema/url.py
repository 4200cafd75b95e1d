"""Database URLs as people and platforms write them, turned into the one that SQLAlchemy takes with asyncpg."""

import os
from collections.abc import Mapping
from urllib.parse import urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

VARIABLE = "DATABASE_URL"
EXAMPLE = "postgresql+asyncpg://user:password@host:5432/database"

SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")

# Query parameters that asyncpg.connect() takes as they stand, and SQLAlchemy's own.
_ARGUMENTS = frozenset(
    {"gsslib", "host", "krbsrvname", "passfile", "port", "service", "servicefile", "ssl", "target_session_attrs"}
    | {"prepared_statement_cache_size"}
)
# libpq parameters that asyncpg understands in a DSN only (its connect() refuses them as arguments). What the URL says
# itself goes before what the DSN says, so a DSN that holds nothing but these adds exactly these.
_DSN_PARAMETERS = frozenset(
    {"application_name", "options", "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcrl"}
    | {"sslkey", "sslmode", "sslnegotiation", "sslrootcert"}
)
_FIELDS = frozenset({"dbname", "password", "user"})


def database_url(value: str | URL) -> URL:
    """Return ``value`` as a ``postgresql+asyncpg`` URL.

    libpq's query parameters are kept where asyncpg has the same (``sslmode`` and the other TLS ones,
    ``application_name``, ``options``). Source: PostgreSQL manual, 34.1.2 Parameter Key Words.

    Raises:
        ValueError: on another scheme or driver, on text that is no URL, and on a query parameter that asyncpg does not
            have: dropping it silently might drop a demand for safety. The message never holds the password.
    """
    url = _parsed(value)
    if url.drivername not in SCHEMES:
        raise ValueError(
            f"The database URL starts with {url.drivername}://, which is not supported: "
            f"write one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}"
        )
    known = _ARGUMENTS | _DSN_PARAMETERS | _FIELDS | {"dsn"}
    if unknown := sorted(url.query.keys() - known):
        raise ValueError(
            f"The database URL has parameters that asyncpg does not take from a URL: {', '.join(unknown)}. "
            f"Remove them (known are: {', '.join(sorted(known - {'dsn'}))})"
        )
    query = dict(url.query)
    # libpq takes these three from the query too. In their own fields, the password is hidden where the URL is printed.
    username = _last(query.pop("user", url.username))
    password = _last(query.pop("password", url.password))
    database = _last(query.pop("dbname", url.database))
    if settings := {name: query.pop(name) for name in sorted(_DSN_PARAMETERS & query.keys())}:
        query["dsn"] = f"postgresql:///?{urlencode(settings, doseq=True)}"
    return url.set(
        drivername="postgresql+asyncpg", username=username, password=password, database=database, query=query
    )


def url_from_environment(environment: Mapping[str, str] = os.environ) -> URL:
    """Return the URL that ``DATABASE_URL`` holds, as :func:`database_url` does.

    Raises:
        ValueError: if the variable is not set or empty (there is no default: it would be a guess at a password), or if
            :func:`database_url` refuses its value.
    """
    value = environment.get(VARIABLE)
    if value is None:
        raise ValueError(f"No database URL: set {VARIABLE}, for example {VARIABLE}={EXAMPLE}")
    return database_url(value)


def _last(value: str | tuple[str, ...] | None) -> str | None:
    return value[-1] if isinstance(value, tuple) else value


def _parsed(value: str | URL) -> URL:
    if isinstance(value, URL):
        return value
    # A secret that was read from a file often ends in a newline, which would become part of the database's name.
    text = value.strip()
    if not text:
        raise ValueError(f"The database URL is empty: set {VARIABLE}, for example {VARIABLE}={EXAMPLE}")
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # Not "from": the cause may quote the URL, password included.
        raise ValueError(
            f"The database URL cannot be read: write {EXAMPLE}, with special characters of the user name and the "
            "password percent-encoded (@ as %40, / as %2F, : as %3A, % as %25)"
        ) from None
