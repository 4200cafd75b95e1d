"""What is verified: an Alembic project, where its metadata is, and how its env.py gets a database URL."""

import difflib
import importlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import MetaData

from schemaproof.budget import Budget
from schemaproof.errors import ProofError
from schemaproof.project.compat import DEFAULT_NAME, make_config, option
from schemaproof.project.configuration import INSTALL, files_named, find_from_here, locate, sections, unreadable
from schemaproof.project.preparation import Preparation

DEFAULT_INI = "alembic.ini"
DEFAULT_DEPLOYERS = 8  # more than most services have replicas; each costs a process and a connection
DEFAULT_URL_ENV = "DATABASE_URL"
DEFAULT_URL_OPTION = "sqlalchemy.url"
DEFAULT_STALL_TIMEOUT = 300.0  # seconds; on databases with hardly any rows no statement takes a thousandth of it

_HERE = (
    "Run this in the project's folder, or pass --project DIR; for a configuration file of another name, --alembic-ini"
    " FILE; for a project that gives Alembic its folder in its own code, --script-location FOLDER."
)


def _by_name(sections: Sequence[str]) -> str:
    """How one of them is verified."""
    every = " Each section is verified by a run of its own." if len(sections) > 1 else ""
    return (
        f"Name the section, as for `alembic -n`: --name {shlex.quote(sections[0])}, or name ="
        f' "{sections[0]}" in [tool.schemaproof].{every}'
    )


class SubjectError(ProofError):
    """The subject can't be verified as it is: exit status 2 of the command line."""


@dataclass(frozen=True)
class Subject:
    """An Alembic project.

    Attributes:
        project: its folder; the current folder while its code runs.
        alembic_ini: Alembic's configuration, absolute or relative to ``project``.
        metadata: "module:attribute" of a MetaData or a list of them; None for env.py's ``target_metadata``.
        url_env: the environment variable that env.py reads the database URL from.
        driver: SQLAlchemy's name for the driver in that URL ("asyncpg", "psycopg"); None to find out.
        environment: more environment variables; values may have {url}, {host}, {port}, {user}, {password} and
            {database} in them.
        roles: the roles that the revisions need (GRANT ... TO); those that do not exist are created for the run.
        small_tables: "schema.table" or "table" of each table that stays small in production.
        everywhere: whether faults are injected that prove the same as others.
        deployers: how many processes upgrade a database at the same time; None if the team has not said that any do.
        rows: "module:attribute" of a mapping from "schema.table" or "schema.table.column" to the Hypothesis strategy
            that makes its values; None if the project has none.
        releases: the last revision of each release that was deployed; none where each revision is a deployment.
        budget: what a run of all may spend, where that is limited: what takes long is left out in part then.
        stall_timeout: seconds without progress after which a run of env.py is stopped; see ``migration.watchdog``.
        script_location: the folder of env.py, as Alembic's setting of that name; None for what its configuration says.
        url_option: the setting of Alembic's configuration that env.py reads the database URL from.
        name: the section of ``alembic_ini``, as `alembic -n`; env.py has it as ``config.config_ini_section``.
        x: what `alembic -x` would give env.py; values may have the same in them as those of ``environment``.
        before: "module:function", called in each process before env.py runs there for the first time; None for none.
        prepare_sql: what an administrator does in an empty database before the first migration.
    """

    project: Path
    alembic_ini: Path = Path(DEFAULT_INI)
    metadata: str | None = None
    url_env: str = DEFAULT_URL_ENV
    driver: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    small_tables: tuple[str, ...] = ()
    everywhere: bool = False
    deployers: int | None = None
    rows: str | None = None
    releases: tuple[str, ...] = ()
    budget: Budget | None = None
    stall_timeout: float = DEFAULT_STALL_TIMEOUT
    script_location: str | None = None
    url_option: str = DEFAULT_URL_OPTION
    name: str = DEFAULT_NAME
    x: tuple[str, ...] = ()
    before: str | None = None
    prepare_sql: tuple[Preparation, ...] = ()

    def config(self) -> Config:
        """Alembic's configuration, as its command line reads it.

        Raises:
            SubjectError: if there is none, or it can't be read.
        """
        ini, toml = self.project / self.alembic_ini, self.project / "pyproject.toml"
        if not self.project.is_dir():
            raise SubjectError(f"{self.project} is not a folder.", remedy="Give the project's folder: --project DIR")
        try:
            # Without a file, as a program makes it that names the folder itself: env.py looks for no logging there.
            bare = self.script_location is not None and not ini.exists()
            config = make_config(None if bare else ini.resolve(), toml.resolve(), self.name)
            # Alembic goes on without a section that is not there, and takes what [tool.alembic] says.
            known = self.name == DEFAULT_NAME or bare or config.file_config.has_section(self.name)
            if self.script_location is not None:
                locate(config, self.script_location)
            if self.script_location or self.before:
                find_from_here(config)
            location = option(config, "script_location")
        except Exception as error:  # what Alembic lets through is of many kinds
            if isinstance(error, CommandError) and not ini.exists():  # until 1.15 no file is an error
                raise self._absent(ini) from error
            cause, remedy = unreadable(error, ini)
            raise SubjectError(cause, remedy=remedy) from error
        if not known:
            raise self._no_section(ini)
        if location is None:
            raise self._absent(ini)
        return config

    def _no_section(self, ini: Path) -> SubjectError:
        """That there is no section of the ``name``, and which there are."""
        others = sections(ini)
        if not ini.exists():
            return SubjectError(
                f"There is no {ini.name} to have a section [{self.name}]; [tool.alembic] of pyproject.toml is but one.",
                remedy="Leave --name (name in [tool.schemaproof]) out, or write the section, with its script_location.",
            )
        there = f"there are {', '.join(f'[{one}]' for one in others)}" if others else "nor any other of migrations"
        return SubjectError(
            f"{ini.name} has no section [{self.name}]; {there}.",
            remedy=_by_name(difflib.get_close_matches(self.name, others, n=1) or others)
            if others
            else f"Write [{self.name}] with its script_location in {ini.name}.",
        )

    def _absent(self, ini: Path) -> SubjectError:
        """That there is no project here, and where there is one instead."""
        lacks, remedy = f"no {ini.name}, and no script_location in [tool.alembic] of pyproject.toml", _HERE
        if ini.exists():
            lacks = f"{ini.name} has no script_location in [{self.name}]"
            if others := sections(ini):
                lacks += f", but in {', '.join(f'[{one}]' for one in others)}"
                remedy = _by_name(others)
        elif below := next(files_named(self.project, ini.name), None):
            remedy = (
                f"Pass --alembic-ini {below}; if its script_location is meant from there, --project {below.parent}."
            )
        return SubjectError(f"No Alembic project in {self.project.resolve()}: {lacks}.", remedy=remedy)

    def import_metadata(self) -> tuple[MetaData, ...]:
        """The MetaData that ``metadata`` names, or each of them.

        Raises:
            SubjectError: if it can't be imported, or is something else.
        """
        found = imported(self.metadata or "", "metadata", "app.models:Base.metadata")
        metadata = as_metadata(found)
        if not metadata:
            raise self._not_metadata(found)
        return metadata

    def _not_metadata(self, found: object) -> SubjectError:
        meant = f"{self.metadata}.metadata"
        if isinstance(found, type) and isinstance(getattr(found, "metadata", None), MetaData):
            return SubjectError(
                f"{self.metadata} is a declarative base, not a MetaData; did you mean {meant}?",
                remedy=f'Write metadata = "{meant}" in [tool.schemaproof], or pass --metadata {meant}',
            )
        return SubjectError(
            f"{self.metadata} is of type {type(found).__name__}, not MetaData.",
            remedy="Name a sqlalchemy.MetaData or a list of them, such as app.models:Base.metadata.",
        )

    def import_strategies(self) -> Mapping[str, object]:
        """The mapping that ``rows`` names; an empty one if it is None.

        Raises:
            SubjectError: if it can't be imported, or is not a mapping.
        """
        if self.rows is None:
            return {}
        found = imported(self.rows, "rows", "tests.rows:STRATEGIES")
        if not isinstance(found, Mapping):
            raise SubjectError(
                f"{self.rows} is of type {type(found).__name__}, not a mapping.",
                remedy='Name a dict such as {"app.users.email": hypothesis.strategies.emails()}.',
            )
        return found


def imported(name: str, what: str, example: str) -> object:
    """The object that "module:attribute" names; ``what`` it is for and an ``example`` go into the error."""
    module_name, colon, attribute = name.partition(":")
    if not colon or not module_name or not attribute:
        raise SubjectError(f"{what} is {name!r}.", remedy=f"Write MODULE:ATTRIBUTE, such as {example}.")
    try:
        found: object = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise SubjectError(
            f"{what} {name} can't be imported: {type(error).__name__}: {error}",
            remedy=_import_remedy(module_name, error),
        ) from error
    return found


def _import_remedy(module: str, error: Exception) -> str:
    works = f"in the project's folder, `python -c 'import {module}'` must work"
    if not isinstance(error, ImportError | AttributeError):
        return f"Fix the error above: {works}. Set variables that it needs in [tool.schemaproof.environment]."
    missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    if missing and missing.partition(".")[0] != module.partition(".")[0]:
        return f"No module named {missing!r}: install it in the environment that runs schemaproof, as for a deployment."
    remedy = f"Check the name (MODULE:ATTRIBUTE); {works}."
    # Where one inside of a package is missing, the package itself was found.
    return f"{remedy} {INSTALL.format(file='alembic.ini')}." if missing and "." not in missing else remedy


def as_metadata(value: object) -> tuple[MetaData, ...]:
    """The MetaData in ``value``, which may be what Alembic's ``target_metadata`` may be: one, several, or none."""
    if isinstance(value, MetaData):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, str):
        several = tuple(value)
        return several if several and all(isinstance(one, MetaData) for one in several) else ()
    return ()
