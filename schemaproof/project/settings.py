"""What ``verify`` is told of a project: by the command line, else ``[tool.schemaproof]``, else the default."""

import re
import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from schemaproof.errors import ProofError
from schemaproof.project.allowances import Allowance, of_project
from schemaproof.project.pyproject import TABLE, Sources, nearest
from schemaproof.project.subject import DEFAULT_INI, DEFAULT_STALL_TIMEOUT, DEFAULT_URL_ENV, Subject

if TYPE_CHECKING:
    from schemaproof.check import Check

DRIVERS = ("asyncpg", "psycopg", "psycopg2")

# What the values of ``environment`` may hold between braces; each stands for a part of the database's URL.
PLACEHOLDERS = ("database", "host", "password", "port", "url", "user")

_ATTRIBUTE = r"\w+(\.\w+)*:\w+(\.\w+)*"


@dataclass(frozen=True)
class Settings:
    """How a project is verified, validated as far as that goes without importing it.

    Attributes:
        subject: the project, its folder absolute; the driver is None where nobody named one.
        allowances: those of pyproject.toml.
        select: the ids of the checks that are wanted; None for all.
        ignore: the ids of those that are not.
        migrates: whether anything says that this is a project of Alembic; the subject tells what is wrong with it.
    """

    subject: Subject
    allowances: tuple[Allowance, ...] = ()
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    migrates: bool = True

    @classmethod
    def read(cls, project: Path, arguments: Mapping[str, str | None], *, known: Collection[str]) -> Self:
        """The settings in force in the folder ``project``.

        Args:
            project: relative to the current folder.
            arguments: what the command line gave, by the table's keys; None (or nothing) for what it did not.
                "alembic-ini" is relative to ``project``; "select" and "ignore" are ids with commas between them.
            known: the ids of all checks.

        Raises:
            ProofError: on a value that is not valid; it says what is.
        """
        if not project.is_dir():
            raise ProofError(f"There is no folder {project}.", remedy="Name the project's folder with --project.")
        sources = Sources.read(project, environ={})
        ini, ini_from = sources.first("alembic-ini", arguments.get("alembic-ini"))
        subject = Subject(
            project=project.resolve(),
            alembic_ini=_valid_ini(ini, ini_from),
            metadata=_valid_metadata(*sources.first("metadata", arguments.get("metadata"))),
            url_env=_valid_variable(*sources.first("url-env", arguments.get("url-env"))),
            driver=_valid_driver(*sources.first("driver", arguments.get("driver"))),
            environment=_valid_environment(sources.told("environment")),
            roles=_valid_roles(sources.told("roles")),
            crash_everywhere=_valid_flag("crash-everywhere", arguments, sources),
            deployers=_valid_deployers(arguments.get("deployers"), sources),
            rows=_valid_rows(sources.told("rows")),
            stall_timeout=_valid_stall_timeout(arguments.get("stall-timeout"), sources),
        )
        select, ignore = _chosen(sources, arguments, known)
        return cls(
            subject,
            allowances=of_project(sources.told("allow"), known),
            select=select,
            ignore=ignore,
            migrates=bool(ini_from) or sources.alembic or (subject.project / subject.alembic_ini).exists(),
        )

    def choose(self, checks: Iterable["Check"]) -> list["Check"]:
        """Those of ``checks`` that are selected and not ignored, in their order.

        Raises:
            ProofError: when none is left.
        """
        selected = [check for check in checks if self.select is None or check.id in self.select]
        wanted = [check for check in selected if check.id not in self.ignore]
        if not wanted:
            raise ProofError("select and ignore leave no check.", remedy="Ignore fewer, or select others.")
        return wanted


def _chosen(
    sources: Sources, arguments: Mapping[str, str | None], known: Collection[str]
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    select = _ids("select", arguments.get("select"), sources, known)
    ignore = _ids("ignore", arguments.get("ignore"), sources, known) or ()
    if arguments.get("select") is not None and arguments.get("ignore") is None:
        # Who names a check on the command line wants it, also where the table ignores it.
        ignore = tuple(name for name in ignore if name not in (select or ()))
    return select, ignore


def _ids(key: str, argument: str | None, sources: Sources, known: Collection[str]) -> tuple[str, ...] | None:
    """The ids at ``key``; None when it is given nowhere."""
    value, source = (sources.told(key), f"{key} in {TABLE}") if argument is None else (argument.split(","), f"--{key}")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ProofError(f"{source} is {value!r}.", remedy="Give a list of checks' ids.")
    ids = tuple(name.strip() for name in value)
    for name in ids:
        if name not in known:
            raise ProofError(f"{source} names an unknown check: {name!r}.", remedy=nearest(name, known))
    return ids


def _valid_ini(value: str | None, source: str) -> Path:
    if value is not None and not value.strip():
        raise ProofError(f"The alembic-ini of {source} is empty.", remedy=f"Leave it out for {DEFAULT_INI}.")
    return Path(DEFAULT_INI if value is None else value)


def _valid_metadata(value: str | None, source: str) -> str | None:
    if value is None or re.fullmatch(_ATTRIBUTE, value):
        return value
    raise ProofError(
        f"The metadata of {source} is {value!r}.", remedy="Write MODULE:ATTRIBUTE, such as app.models:Base.metadata."
    )


def _valid_rows(value: object) -> str | None:
    if value is None or (isinstance(value, str) and re.fullmatch(_ATTRIBUTE, value)):
        return value
    raise ProofError(f"rows in {TABLE} is {value!r}.", remedy="Write MODULE:ATTRIBUTE, such as tests.rows:STRATEGIES.")


def _valid_variable(value: str | None, source: str) -> str:
    if value is None:
        return DEFAULT_URL_ENV
    if not re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII):
        raise ProofError(
            f"The url-env of {source} is no name of an environment variable: {value!r}.",
            remedy="Give the name of the variable that env.py reads the database's URL from, such as DATABASE_URL.",
        )
    return value


def _valid_driver(value: str | None, source: str) -> str | None:
    if value is None or value in DRIVERS:
        return value
    raise ProofError(f"The driver of {source} is unknown: {value!r}.", remedy=nearest(value, DRIVERS))


def _valid_environment(table: object) -> Mapping[str, str]:
    if table is None:
        return {}
    place = "[tool.schemaproof.environment]"
    if not isinstance(table, dict):
        raise ProofError(f"environment in {TABLE} is {table!r}.", remedy=f"Write it as the table {place}.")
    for name, value in table.items():
        if not isinstance(value, str):
            raise ProofError(f"{name} in {place} is {value!r}.", remedy="Give a string.")
        for unknown in _placeholders(name, value, place) - set(PLACEHOLDERS):
            raise ProofError(
                f"{name} in {place} holds {{{unknown}}}, which stands for nothing.",
                remedy=f"{nearest(unknown, PLACEHOLDERS)} A brace that is meant is written twice.",
            )
    return dict(table)


def _valid_roles(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise ProofError(f"roles in {TABLE} is {value!r}.", remedy='Give a list of names, such as ["readonly"].')
    return tuple(value)


def _valid_flag(key: str, arguments: Mapping[str, str | None], sources: Sources) -> bool:
    """The flag ``key``: set where the command line has it, else what the table says."""
    value = sources.told(key)
    if value is not None and not isinstance(value, bool):
        raise ProofError(f"{key} in {TABLE} is {value!r}.", remedy="Write true or false.")
    return arguments.get(key) is not None or bool(value)


def _valid_deployers(argument: str | None, sources: Sources) -> int | None:
    value = sources.told("deployers") if argument is None else argument
    if value is None:
        return None
    if str(value).isdecimal() and not isinstance(value, bool) and int(str(value)) >= 2:
        return int(str(value))
    source = f"deployers in {TABLE}" if argument is None else "--deployers"
    raise ProofError(f"{source} is {value!r}.", remedy="Give a number of processes, 2 or more.")


def _valid_stall_timeout(argument: str | None, sources: Sources) -> float:
    value = sources.told("stall-timeout") if argument is None else argument
    if value is None:
        return DEFAULT_STALL_TIMEOUT
    if not isinstance(value, bool) and re.fullmatch(r"\d+(\.\d+)?", str(value), re.ASCII) and float(str(value)) > 0:
        return float(str(value))
    source = f"stall-timeout in {TABLE}" if argument is None else "--stall-timeout"
    raise ProofError(f"{source} is {value!r}.", remedy="Give a number of seconds, more than 0.")


def _placeholders(name: str, value: str, place: str) -> set[str]:
    """What stands between braces in ``value``; a conversion or a format belongs to it, and makes it unknown."""
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError as error:
        raise ProofError(
            f"{name} in {place} has a brace without its other one: {value!r}.",
            remedy="A brace that is meant is written twice.",
        ) from error
    return {
        f"{field}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}"
        for _, field, form, conversion in parts
        if field is not None
    }
