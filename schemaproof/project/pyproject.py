"""Where a setting may be given: the command line, the environment, ``[tool.schemaproof]`` in pyproject.toml."""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from schemaproof.errors import ProofError

TABLE = "[tool.schemaproof]"

# All keys that the table may have. All parts share the table, so each of them knows the others' keys.
KEYS = (
    "alembic-ini",
    "allow",
    "before",
    "cache",
    "everywhere",
    "budget",
    "deployers",
    "driver",
    "environment",
    "fail-on",
    "ignore",
    "metadata",
    "name",
    "postgres",
    "postgres-bindir",
    "postgres-image",
    "prepare-sql",
    "releases",
    "roles",
    "rows",
    "script-location",
    "select",
    "severity",
    "small-tables",
    "stall-timeout",
    "url-env",
    "url-option",
    "x",
)


@dataclass(frozen=True)
class Sources:
    """What a project's settings are read from, the command line aside.

    Attributes:
        table: ``[tool.schemaproof]``; None where there is none.
        environ: the environment variables that count.
        error: the exception for a wrong value, as the callers of the part that reads it expect it.
        alembic: whether there is a ``[tool.alembic]``, which may take the place of an alembic.ini.
    """

    table: Mapping[str, object] | None
    environ: Mapping[str, str]
    error: type[ProofError]
    alembic: bool = False

    @classmethod
    def read(cls, project: Path, environ: Mapping[str, str], error: type[ProofError] = ProofError) -> Self:
        """The sources of the project in the folder ``project``.

        Raises:
            error: if its pyproject.toml can't be read, or its table has an unknown key.
        """
        path = project / "pyproject.toml"
        tools = _tools(path, error)
        return cls(_table(tools.get("schemaproof"), path, error), environ, error, alembic="alembic" in tools)

    def first(self, key: str, argument: str | None) -> tuple[str | None, str]:
        """The string at ``key`` and what gives it, in words; the command line's ``argument`` goes first.

        An explicit empty value counts as given. None and "" if nothing gives it.

        Raises:
            error: if the table has something other than a string.
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
            raise self.error(f"{key} in {TABLE} is {value!r}, not a string.", remedy=f'Write {key} = "..."')
        return value, f"{key} in {TABLE}"

    def told(self, key: str) -> object:
        """The table's value at ``key``, not validated; None for nothing (TOML has no null)."""
        return None if self.table is None else self.table.get(key)


def nearest(word: str, known: Collection[str]) -> str:
    """The remedy for the unknown ``word``: the known one that it resembles, and all of them."""
    alike = difflib.get_close_matches(word, known, n=1)
    question = f"Did you mean {alike[0]}? " if alike else ""
    return f"{question}Known are {', '.join(sorted(known))}."


def _tools(path: Path, error: type[ProofError]) -> Mapping[str, object]:
    try:
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool")
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as invalid:
        raise error(f"{path} is not valid TOML: {invalid}.", remedy="Fix the syntax at that place.") from invalid
    except UnicodeDecodeError as invalid:
        raise error(f"{path} is not encoded in UTF-8: {invalid}.", remedy="Save it as UTF-8.") from invalid
    except OSError as unreadable:
        raise error(
            f"{path} can't be read: {unreadable.strerror}.",
            remedy=f"Make it readable for this user; `ls -ld {path}` shows its owner and mode.",
        ) from unreadable
    return tools if isinstance(tools, dict) else {}


def _table(table: object, path: Path, error: type[ProofError]) -> Mapping[str, object] | None:
    if table is None:
        return None
    if not isinstance(table, dict):
        raise error(f"tool.schemaproof in {path} is not a table.", remedy=f"Write {TABLE}, and the settings below it.")
    for key in table:
        if key not in KEYS:
            raise error(f"{TABLE} in {path} has an unknown key: {key}.", remedy=nearest(key, KEYS))
    return table
