"""Where a setting may be told: the command line, the environment, ``[tool.schemaproof]`` in pyproject.toml."""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from schemaproof.errors import ProofError

TABLE = "[tool.schemaproof]"

# Everything that may stand in the table. One table for all parts, so each of them knows the others' keys.
KEYS = (
    "alembic-ini",
    "allow",
    "crash-everywhere",
    "deployers",
    "driver",
    "environment",
    "ignore",
    "metadata",
    "postgres",
    "postgres-bindir",
    "postgres-image",
    "roles",
    "rows",
    "select",
    "stall-timeout",
    "url-env",
)


@dataclass(frozen=True)
class Sources:
    """What a project's settings are read from, but for the command line.

    Attributes:
        table: ``[tool.schemaproof]``; None where there is none.
        environ: the environment variables that count.
        error: what is raised for a value that is wrong; the part that asks decides what it is to its callers.
        alembic: whether there is ``[tool.alembic]``, where Alembic may be configured instead of in an alembic.ini.
    """

    table: Mapping[str, object] | None
    environ: Mapping[str, str]
    error: type[ProofError]
    alembic: bool = False

    @classmethod
    def read(cls, project: Path, environ: Mapping[str, str], error: type[ProofError] = ProofError) -> Self:
        """The sources of the project in the folder ``project``.

        Raises:
            error: when its pyproject.toml cannot be read, or its table holds a key that nobody knows.
        """
        path = project / "pyproject.toml"
        tools = _tools(path, error)
        return cls(_table(tools.get("schemaproof"), path, error), environ, error, alembic="alembic" in tools)

    def first(self, key: str, argument: str | None) -> tuple[str | None, str]:
        """The string ``key`` and where it is from, the command line's ``argument`` before all others.

        An explicit empty value counts as given. None and "" when it is given nowhere.

        Raises:
            error: when the table holds something else than a string.
        """
        if argument is not None:
            return argument, f"--{key}"
        variable = f"SCHEMAPROOF_{key.upper().replace('-', '_')}"
        if variable in self.environ:
            return self.environ[variable], variable
        value = self.told(key)
        if value is None:
            return None, ""
        if not isinstance(value, str):
            raise self.error(f"{key} in {TABLE} is {value!r}.", remedy="Give a string.")
        return value, TABLE

    def told(self, key: str) -> object:
        """What the table holds at ``key``, not yet examined; None for nothing (TOML knows no null)."""
        return None if self.table is None else self.table.get(key)


def nearest(word: str, known: Collection[str]) -> str:
    """The remedy for the unknown ``word``: which known one it resembles, and all that there are."""
    alike = difflib.get_close_matches(word, known, n=1)
    perhaps = f"Perhaps {alike[0]} is meant; there " if alike else "There "
    return f"{perhaps}are {', '.join(sorted(known))}."


def _tools(path: Path, error: type[ProofError]) -> Mapping[str, object]:
    try:
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool")
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as invalid:
        raise error(f"{path} is not valid TOML: {invalid}.", remedy="Mend the file.") from invalid
    except OSError as unreadable:
        raise error(f"{path} cannot be read: {unreadable.strerror}.", remedy="Make it readable.") from unreadable
    return tools if isinstance(tools, dict) else {}


def _table(table: object, path: Path, error: type[ProofError]) -> Mapping[str, object] | None:
    if table is None:
        return None
    if not isinstance(table, dict):
        raise error(f"tool.schemaproof in {path} is not a table.", remedy=f"Write it as {TABLE}.")
    for key in table:
        if key not in KEYS:
            raise error(f"{TABLE} in {path} holds an unknown key: {key}.", remedy=nearest(key, KEYS))
    return table
