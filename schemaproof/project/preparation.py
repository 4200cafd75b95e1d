"""What an administrator does in an empty database before the first migration: extensions, schemas, grants."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schemaproof.errors import ProofError
from schemaproof.project.pyproject import TABLE

_EXAMPLE = 'prepare-sql = ["CREATE EXTENSION IF NOT EXISTS citext", "db/before-the-first-migration.sql"]'


@dataclass(frozen=True)
class Preparation:
    """Statements that are sent together.

    Attributes:
        sql: the statements.
        source: where they are written: "db/init.sql" or "prepare-sql in [tool.schemaproof]".
    """

    sql: str
    source: str


def of_project(value: object, project: Path) -> tuple[Preparation, ...]:
    """What ``prepare-sql`` says: SQL, the name of a file in ``project`` that ends in ".sql", or a list of such.

    Raises:
        ProofError: on anything else, and on a file that can't be read.
    """
    entries = [value] if isinstance(value, str) else value
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise ProofError(f"prepare-sql in {TABLE} is {value!r}.", remedy=f"Write SQL, or files: {_EXAMPLE}")
    return tuple(_each(entries, project))


def _each(entries: list[object], project: Path) -> Iterator[Preparation]:
    for entry in entries:
        if not isinstance(entry, str) or not entry.strip():
            raise ProofError(f"prepare-sql in {TABLE} has {entry!r}.", remedy=f"Write SQL, or files: {_EXAMPLE}")
        if entry.lower().endswith(".sql"):  # no statement does
            yield Preparation(_text(project / entry, entry), entry)
        else:
            yield Preparation(entry, f"prepare-sql in {TABLE}")


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProofError(
            f"prepare-sql in {TABLE} names {name}, which can't be read: {error.strerror}.",
            remedy="Name a file relative to the project's folder.",
        ) from error
    except UnicodeDecodeError as error:
        raise ProofError(f"{name} is not encoded in UTF-8: {error}.", remedy="Save it as UTF-8.") from error
