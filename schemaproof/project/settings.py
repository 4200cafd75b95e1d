"""How a project is verified: from the command line, else ``[tool.schemaproof]``, else the defaults."""

import re
import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from schemaproof.budget import Budget
from schemaproof.errors import ProofError
from schemaproof.finding import FailOn
from schemaproof.project import baseline, preparation, severities
from schemaproof.project.allowances import Allowance, of_project, places_in
from schemaproof.project.baseline import Baseline
from schemaproof.project.compat import DEFAULT_NAME
from schemaproof.project.names import Names
from schemaproof.project.pyproject import TABLE, Sources, nearest
from schemaproof.project.severities import Grade
from schemaproof.project.subject import (
    DEFAULT_INI,
    DEFAULT_STALL_TIMEOUT,
    DEFAULT_URL_ENV,
    DEFAULT_URL_OPTION,
    Subject,
)

if TYPE_CHECKING:
    from schemaproof.check import Check

DRIVERS = ("asyncpg", "psycopg", "psycopg2")

# What the values of ``environment`` may have between braces; each stands for a part of the database URL.
PLACEHOLDERS = ("database", "host", "password", "port", "url", "user")
_BRACES = "Double a literal brace: {{ or }}."

_ATTRIBUTE = r"\w+(\.\w+)*:\w+(\.\w+)*"


@dataclass(frozen=True)
class Settings:
    """How a project is verified; validated as far as possible without importing it.

    Attributes:
        subject: the project, its folder absolute; the driver is None if none was named.
        allowances: those of pyproject.toml.
        select: the ids of the checks to run; None for all.
        ignore: the ids of the checks to skip.
        grades: the severities that the team gives to findings of some checks.
        fail_on: what makes the run fail.
        cache: whether what is known of revisions from earlier runs is not asked again.
        baseline: the findings that are known; None where there is no such file.
        migrates: whether anything says that this is an Alembic project; what is wrong with it, the subject says.
    """

    subject: Subject
    allowances: tuple[Allowance, ...] = ()
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    grades: tuple[Grade, ...] = ()
    fail_on: FailOn = FailOn.WARNING
    cache: bool = True
    baseline: Baseline | None = None
    migrates: bool = True

    @classmethod
    def read(
        cls,
        project: Path,
        arguments: Mapping[str, Any],
        *,
        known: Collection[str],
        areas: Mapping[str, Collection[str]] | None = None,
    ) -> Self:
        """The settings in force in the folder ``project``.

        Args:
            project: relative to the current folder.
            arguments: what the command line gave, by the table's keys; None (or no key) for what it did not.
                "alembic-ini" is relative to ``project``; "select" and "ignore" are comma-separated ids or areas, "x"
                is a list.
            known: the ids of all checks.
            areas: by the name of an area, the ids of its checks; None where areas have no names.

        Raises:
            ProofError: on an invalid value; the remedy says what is valid.
        """
        if not project.is_dir():
            raise ProofError(f"There is no folder {project}.", remedy="Give the project's folder: --project DIR")
        sources = Sources.read(project, environ={})
        ini, ini_from = sources.first("alembic-ini", arguments.get("alembic-ini"))
        name, name_from = sources.first("name", arguments.get("name"))
        location, location_from = sources.first("script-location", arguments.get("script-location"))
        subject = Subject(
            project=project.resolve(),
            alembic_ini=_valid_ini(ini, ini_from),
            metadata=_valid_metadata(*sources.first("metadata", arguments.get("metadata"))),
            url_env=_valid_variable(*sources.first("url-env", arguments.get("url-env"))),
            driver=_valid_driver(*sources.first("driver", arguments.get("driver"))),
            environment=_valid_environment(sources.told("environment")),
            roles=_valid_names("roles", sources),
            small_tables=_valid_names("small-tables", sources),
            everywhere=_valid_flag("everywhere", arguments, sources),
            deployers=_valid_deployers(arguments.get("deployers"), sources),
            rows=_valid_rows(sources.told("rows")),
            releases=_valid_names("releases", sources),
            budget=_valid_budget(arguments.get("budget"), sources),
            stall_timeout=_valid_stall_timeout(arguments.get("stall-timeout"), sources),
            script_location=_valid_location(location, location_from),
            url_option=_valid_option(*sources.first("url-option", arguments.get("url-option"))),
            name=_valid_name(name, name_from),
            x=_valid_x(arguments.get("x"), sources),
            before=_valid_before(*sources.first("before", arguments.get("before"))),
            prepare_sql=preparation.of_project(sources.told("prepare-sql"), project),
        )
        select, ignore = _chosen(sources, arguments, Names(known, areas or {}))
        return cls(
            subject,
            allowances=of_project(sources.told("allow"), known, places_in(project)),
            select=select,
            ignore=ignore,
            grades=severities.of_project(sources.told("severity"), known),
            fail_on=_valid_fail_on(*sources.first("fail-on", arguments.get("fail-on"))),
            cache=_valid_flag("cache", {}, sources) or sources.told("cache") is None,
            baseline=baseline.read(project),
            migrates=bool(ini_from or name_from or location_from or sources.alembic)
            or (subject.project / subject.alembic_ini).exists(),
        )

    def choose(self, checks: Iterable["Check"]) -> list["Check"]:
        """Those of ``checks`` that are selected and not ignored, in their order.

        Raises:
            ProofError: if none is left.
        """
        selected = [check for check in checks if self.select is None or check.id in self.select]
        wanted = [check for check in selected if check.id not in self.ignore]
        if not wanted:
            raise ProofError(
                "select and ignore leave no check to run.",
                remedy="Remove names from ignore, or add some to select; `schemaproof checks` lists them.",
            )
        return wanted


def _chosen(
    sources: Sources, arguments: Mapping[str, str | None], names: Names
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    select = _ids("select", arguments.get("select"), sources, names)
    ignore = _ids("ignore", arguments.get("ignore"), sources, names) or ()
    if arguments.get("select") is not None and arguments.get("ignore") is None:
        # Who names a check on the command line wants it, also where the table ignores it.
        ignore = tuple(name for name in ignore if name not in (select or ()))
    return select, ignore


def _ids(key: str, argument: str | None, sources: Sources, names: Names) -> tuple[str, ...] | None:
    """The ids that the names at ``key`` stand for; None if nothing gives any."""
    value, source = (sources.told(key), f"{key} in {TABLE}") if argument is None else (argument.split(","), f"--{key}")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ProofError(
            f"{source} is {value!r}.", remedy=f'Write a list of checks or areas, such as {key} = ["single-head"].'
        )
    return names.ids([name.strip() for name in value], source)


def _valid_ini(value: str | None, source: str) -> Path:
    if value is not None and not value.strip():
        raise ProofError(f"{source} is empty.", remedy=f"Name the file, or leave it out for {DEFAULT_INI}.")
    return Path(DEFAULT_INI if value is None else value)


def _valid_name(value: str | None, source: str) -> str:
    if value is not None and not value.strip():
        raise ProofError(
            f"{source} is empty.", remedy=f"Name the section of alembic.ini, or leave it out for [{DEFAULT_NAME}]."
        )
    return DEFAULT_NAME if value is None else value


def _valid_location(value: str | None, source: str) -> str | None:
    if value is not None and not value.strip():
        raise ProofError(f"{source} is empty.", remedy="Name the folder of env.py: migrations, or package:migrations.")
    return value


def _valid_option(value: str | None, source: str) -> str:
    if value is None:
        return DEFAULT_URL_OPTION
    if not re.fullmatch(r"[\w.-]+", value):
        raise ProofError(
            f"{source} is not the name of a setting: {value!r}.",
            remedy='Name the setting that env.py reads the database URL from: url-option = "url" if it calls'
            ' config.get_main_option("url").',
        )
    return value


def _valid_before(value: str | None, source: str) -> str | None:
    if value is None or re.fullmatch(_ATTRIBUTE, value):
        return value
    raise ProofError(f"{source} is {value!r}.", remedy="Write MODULE:FUNCTION, such as app:create_app.")


def _valid_metadata(value: str | None, source: str) -> str | None:
    if value is None or re.fullmatch(_ATTRIBUTE, value):
        return value
    raise ProofError(f"{source} is {value!r}.", remedy="Write MODULE:ATTRIBUTE, such as app.models:Base.metadata.")


def _valid_rows(value: object) -> str | None:
    if value is None or (isinstance(value, str) and re.fullmatch(_ATTRIBUTE, value)):
        return value
    raise ProofError(f"rows in {TABLE} is {value!r}.", remedy="Write MODULE:ATTRIBUTE, such as tests.rows:STRATEGIES.")


def _valid_variable(value: str | None, source: str) -> str:
    if value is None:
        return DEFAULT_URL_ENV
    if not re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII):
        raise ProofError(
            f"{source} is not the name of an environment variable: {value!r}.",
            remedy="Name the variable that env.py reads the database URL from, such as DATABASE_URL.",
        )
    return value


def _valid_driver(value: str | None, source: str) -> str | None:
    if value is None or value in DRIVERS:
        return value
    raise ProofError(f"{source} names an unknown driver: {value!r}.", remedy=nearest(value, DRIVERS))


def _valid_fail_on(value: str | None, source: str) -> FailOn:
    if value is None:
        return FailOn.WARNING
    if value in set(FailOn):
        return FailOn(value)
    raise ProofError(f"{source} is {value!r}.", remedy=nearest(value, list(FailOn)))


def _valid_environment(table: object) -> Mapping[str, str]:
    if table is None:
        return {}
    place = "[tool.schemaproof.environment]"
    if not isinstance(table, dict):
        raise ProofError(
            f"environment in {TABLE} is {table!r}, not a table.",
            remedy=f'Write {place}, and below it NAME = "value" for each variable.',
        )
    for name, value in table.items():
        if not isinstance(value, str):
            raise ProofError(f"{name} in {place} is {value!r}, not a string.", remedy=f'Write {name} = "..."')
        _refuse_unknown_placeholders(name, value, place)
    return dict(table)


def _valid_x(arguments: object, sources: Sources) -> tuple[str, ...]:
    value, place = (sources.told("x"), f"x in {TABLE}") if arguments is None else (arguments, "-x")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ProofError(f"{place} is {value!r}.", remedy='Write a list, as for `alembic -x`: x = ["url={url}"].')
    for one in value:
        _refuse_unknown_placeholders(repr(one), one, place)
    return tuple(value)


# Lists of names, by their key: what is in one, and an example.
_NAMES = {
    "roles": ("role names", '["readonly"]'),
    "releases": ("the last revision of each release", '["0007", "0012"]'),
    "small-tables": ("tables", '["public.countries"]'),
}


def _valid_names(key: str, sources: Sources) -> tuple[str, ...]:
    value = sources.told(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        what, example = _NAMES[key]
        raise ProofError(
            f"{key} in {TABLE} is {value!r}.", remedy=f"Write a list of {what}, such as {key} = {example}."
        )
    return tuple(value)


def _valid_flag(key: str, arguments: Mapping[str, str | None], sources: Sources) -> bool:
    """The flag ``key``: true if the command line has it, else what the table says."""
    value = sources.told(key)
    if value is not None and not isinstance(value, bool):
        raise ProofError(f"{key} in {TABLE} is {value!r}.", remedy=f"Write {key} = true or {key} = false.")
    return arguments.get(key) is not None or bool(value)


def _valid_deployers(argument: str | None, sources: Sources) -> int | None:
    value = sources.told("deployers") if argument is None else argument
    if value is None:
        return None
    if str(value).isdecimal() and not isinstance(value, bool) and int(str(value)) >= 2:
        return int(str(value))
    source = f"deployers in {TABLE}" if argument is None else "--deployers"
    raise ProofError(f"{source} is {value!r}.", remedy="Give the number of processes: 2 or more.")


def _valid_stall_timeout(argument: str | None, sources: Sources) -> float:
    return _valid_seconds("stall-timeout", argument, sources) or DEFAULT_STALL_TIMEOUT


def _valid_budget(argument: str | None, sources: Sources) -> Budget | None:
    seconds = _valid_seconds("budget", argument, sources)
    return None if seconds is None else Budget.of(seconds)


def _valid_seconds(key: str, argument: str | None, sources: Sources) -> float | None:
    value = sources.told(key) if argument is None else argument
    if value is None:
        return None
    if not isinstance(value, bool) and re.fullmatch(r"\d+(\.\d+)?", str(value), re.ASCII) and float(str(value)) > 0:
        return float(str(value))
    source = f"{key} in {TABLE}" if argument is None else f"--{key}"
    raise ProofError(f"{source} is {value!r}.", remedy="Give the number of seconds: more than 0.")


def _refuse_unknown_placeholders(name: str, value: str, place: str) -> None:
    for unknown in _placeholders(name, value, place) - set(PLACEHOLDERS):
        raise ProofError(
            f"{name} in {place} has an unknown placeholder: {{{unknown}}}.",
            remedy=f"{nearest(unknown, PLACEHOLDERS)} {_BRACES}",
        )


def _placeholders(name: str, value: str, place: str) -> set[str]:
    """The placeholders in ``value``; a conversion or a format is part of one, and makes it unknown."""
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError as error:
        raise ProofError(
            f"{name} in {place} has an unmatched brace: {value!r}.",
            remedy=_BRACES,
        ) from error
    return {
        f"{field}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}"
        for _, field, form, conversion in parts
        if field is not None
    }
