"""What is verified: an Alembic project, where its metadata is, and how its env.py takes a database URL."""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alembic.config import Config
from sqlalchemy import MetaData

from schemaproof.errors import ProofError
from schemaproof.project.compat import make_config, option
from schemaproof.project.configuration import unreadable

DEFAULT_INI = "alembic.ini"
DEFAULT_DEPLOYERS = 8  # more than most services have replicas; each costs a process and a connection
DEFAULT_URL_ENV = "DATABASE_URL"
DEFAULT_STALL_TIMEOUT = 300.0  # seconds; on databases with hardly any rows no statement takes a thousandth of it


class SubjectError(ProofError):
    """The subject can't be examined as it is: the command line's exit status 2."""


@dataclass(frozen=True)
class Subject:
    """An Alembic project.

    Attributes:
        project: its folder; the current folder while its code runs.
        alembic_ini: Alembic's configuration, absolute or relative to ``project``.
        metadata: "module:attribute" of a MetaData or a list of them; None for env.py's ``target_metadata``.
        url_env: the environment variable that tells the project its database URL.
        driver: SQLAlchemy's name of the driver in that URL ("asyncpg", "psycopg"); None where it is to be found out.
        environment: more variables for the project, whose values may hold {url}, {host}, {port}, {user}, {password}
            and {database}.
        roles: the roles that the revisions expect to be there (GRANT ... TO); made for the run where they are not.
        crash_everywhere: whether a server is crashed at every statement, and not only at some of each revision.
        deployers: how many processes upgrade a database at the same time; None where nobody said that several do.
        rows: "module:attribute" of a mapping of "schema.table" or "schema.table.column" to the Hypothesis strategy that
            makes its values; None where the project has none of its own.
        stall_timeout: seconds without progress after which a run of env.py is ended; see ``migration.watchdog``.
    """

    project: Path
    alembic_ini: Path = Path(DEFAULT_INI)
    metadata: str | None = None
    url_env: str = DEFAULT_URL_ENV
    driver: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    crash_everywhere: bool = False
    deployers: int | None = None
    rows: str | None = None
    stall_timeout: float = DEFAULT_STALL_TIMEOUT

    def config(self) -> Config:
        """Alembic's configuration, as its command line reads it.

        Raises:
            SubjectError: where there is none, or it can't be read.
        """
        ini, toml = self.project / self.alembic_ini, self.project / "pyproject.toml"
        if not self.project.is_dir():
            raise SubjectError(f"{self.project} is no folder.", remedy="Name the project's folder with --project.")
        try:
            config = make_config(ini.resolve(), toml.resolve())
            location = option(config, "script_location")
        except Exception as error:  # what Alembic lets through is of many kinds
            cause, remedy = unreadable(error, ini)
            raise SubjectError(cause, remedy=remedy) from error
        if location is None:
            raise SubjectError(
                f"There is no Alembic project in {self.project.resolve()}: {self._what_lacks(ini)}.",
                remedy="Run this in the project's folder, or name the folder with --project and the file with"
                " --alembic-ini.",
            )
        return config

    @staticmethod
    def _what_lacks(ini: Path) -> str:
        if ini.exists():
            return f"{ini.name} names no script_location"
        return f"it has no {ini.name}, and its pyproject.toml no script_location in [tool.alembic]"

    def import_metadata(self) -> tuple[MetaData, ...]:
        """What ``metadata`` names.

        Raises:
            SubjectError: when it can't be imported, or is something else.
        """
        found = _imported(self.metadata or "", "metadata", "app.models:Base.metadata")
        metadata = as_metadata(found)
        if not metadata:
            raise SubjectError(
                f"{self.metadata} is a {type(found).__name__} and no MetaData.",
                remedy="Name a sqlalchemy.MetaData or a list of them; a declarative base has one as .metadata.",
            )
        return metadata

    def import_strategies(self) -> Mapping[str, object]:
        """What ``rows`` names; nothing where it is None.

        Raises:
            SubjectError: when it can't be imported, or is no mapping.
        """
        if self.rows is None:
            return {}
        found = _imported(self.rows, "rows", "tests.rows:STRATEGIES")
        if not isinstance(found, Mapping):
            raise SubjectError(
                f"{self.rows} is a {type(found).__name__} and no mapping.",
                remedy='Name a dict such as {"app.users.email": hypothesis.strategies.emails()}.',
            )
        return found


def _imported(name: str, what: str, example: str) -> object:
    """The object that "module:attribute" names; ``what`` it is and an ``example`` are for the error."""
    module_name, colon, attribute = name.partition(":")
    if not colon or not module_name or not attribute:
        raise SubjectError(f"{name!r} names no {what}.", remedy=f"Give MODULE:ATTRIBUTE, such as {example}.")
    try:
        found: object = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise SubjectError(
            f"The {what} {name} can't be imported: {type(error).__name__}: {error}",
            remedy="Check the name (MODULE:ATTRIBUTE), and that the module is found from the project's folder.",
        ) from error
    return found


def as_metadata(value: object) -> tuple[MetaData, ...]:
    """``value`` as Alembic's ``target_metadata`` may be: one MetaData, several, or none."""
    if isinstance(value, MetaData):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, str):
        several = tuple(value)
        return several if several and all(isinstance(one, MetaData) for one in several) else ()
    return ()
