"""What environment variables are likely to hold, by their names: a database's URL, or a part of it."""

import re

_ADDRESS = re.compile(r"(?:^|_)(?:URL|URI|DSN|CONN|CONNECTION|CONNECTION_STRING|CONNECTION_URL)$")
_DATABASE = re.compile(r"(?:^|_)(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|SQLALCHEMY|SQL|ALEMBIC)(?:_|$)|^DATABASE")

# What the names end in that hold a part of the URL; "DB_HOST", "PGHOST".
_PARTS = {
    "{host}": ("HOST", "HOSTNAME", "SERVER"),
    "{port}": ("PORT",),
    "{user}": ("USER", "USERNAME"),
    "{password}": ("PASSWORD", "PASS", "PASSWD", "PWD"),
    "{database}": ("DB", "NAME", "DBNAME", "DATABASE"),
}
_PART = re.compile(
    rf"(.*?)(_|(?<=DB)|(?<=PG)|(?<=DATABASE)|(?<=POSTGRES))"
    rf"({'|'.join(word for words in _PARTS.values() for word in words)})"
)


def is_address(name: str) -> bool:
    """Whether the variable holds a URL, of whatever service."""
    return _ADDRESS.search(name) is not None


def is_of_database(name: str) -> bool:
    """Whether the name says that it is about a database."""
    return _DATABASE.search(name) is not None


def part_of_url(name: str) -> str | None:
    """The placeholder ("{host}") for the part of a database's URL that the variable holds; None for any other."""
    match = _PART.fullmatch(name)
    if match is None or not is_of_database(match[1]):
        return None
    return next(part for part, words in _PARTS.items() if match[3] in words)
