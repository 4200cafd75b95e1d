"""Where a project has its Alembic environment."""

from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config

from schemaproof.errors import ProofError
from schemaproof.project.compat import DEFAULT_NAME, make_config, option
from schemaproof.project.configuration import environments, files_named, missing, raw_url, sections, source
from schemaproof.project.subject import DEFAULT_INI


@dataclass(frozen=True)
class Place:
    """An Alembic environment.

    Attributes:
        alembic_ini: its configuration, from the project's folder; None where pyproject.toml has it, or nothing has.
        script_location: what has to be set, since no configuration says it; None if nothing has to be.
        folder: that of env.py, absolute; None where only an import would tell.
        url: its own ``sqlalchemy.url``.
        name: the section of the configuration.
        others: its other sections that are about migrations.
        why: how it was found.
    """

    alembic_ini: Path | None
    script_location: str | None
    folder: Path | None
    url: str | None
    why: str
    name: str = DEFAULT_NAME
    others: tuple[str, ...] = ()


def find(project: Path) -> Place:
    """The Alembic environment of ``project``.

    Raises:
        ProofError: where there is none, or it belongs to a folder below.
    """
    ini = _nearest_configuration(project)
    config, location = _configuration(project, ini)
    there = sections(project / ini) if ini else []
    if location is None and there:
        config, location = _configuration(project, ini, there[0])
    name = config.config_ini_section
    if location is None:
        return _by_its_files(project, ini)
    found = _folder(project, location)
    if found is None and ini is not None and ":" not in location and (project / ini.parent / location).is_dir():
        raise ProofError(
            f"{ini} has script_location = {location}, which is meant from {ini.parent}.",
            remedy=f"Look there: schemaproof init --project {project / ini.parent}",
        )
    if found is None and ":" not in location and (lacks := missing(location, config, project)):
        raise ProofError(lacks[0], remedy=lacks[1])
    shown = location.removeprefix(f"{project}/")  # %(here)s
    why = f"script_location = {shown} in {source(config, 'script_location')}"
    return Place(ini, None, found, raw_url(config), why, name, tuple(one for one in there if one != name))


def _nearest_configuration(project: Path) -> Path | None:
    """The alembic.ini that is meant: not one further down than an environment that needs none, nor than pyproject's."""
    ini = next(files_named(project, DEFAULT_INI), None)
    if ini is None or ini.parent == Path():
        return ini
    if _configuration(project, None)[1] is not None:
        return None
    nearest = next(environments(project), None)
    return None if nearest is not None and len(nearest.parts) < len(ini.parent.parts) else ini


def _configuration(project: Path, ini: Path | None, name: str = DEFAULT_NAME) -> tuple[Config, str | None]:
    """Alembic's configuration, and the ``script_location`` that it gives."""
    config = make_config(project / ini if ini else None, project / "pyproject.toml", name)
    try:
        return config, option(config, "script_location")
    except Exception as error:  # what Alembic lets through is of many kinds
        raise ProofError(
            f"Alembic's configuration can't be read: {error}", remedy="Run `alembic heads`, and fix what it reports."
        ) from error


def _folder(project: Path, location: str) -> Path | None:
    """The folder that ``location`` names, as far as that can be said without an import."""
    package, colon, rest = location.partition(":")
    if colon and not Path(location).is_absolute():
        below = Path(*package.split("."), *rest.split(":"))
        candidates = [project / below, project / "src" / below]
    else:
        candidates = [project / location]
    return next((one for one in candidates if (one / "env.py").exists()), None)


def _by_its_files(project: Path, ini: Path | None) -> Place:
    """The one whose configuration says nothing of it: by its env.py, with a folder of revisions beside it."""
    found = next(environments(project), None)
    if found is None:
        raise ProofError(
            f"No Alembic project in {project}: no {DEFAULT_INI}, no [tool.alembic], and no env.py beside versions/.",
            remedy="Run this in the project's folder, or pass --project DIR; `alembic init migrations` makes one.",
        )
    location = found.as_posix()
    said = f"{ini} has no script_location" if ini else f"no {DEFAULT_INI}"
    return Place(ini, location, project / found, None, f"{said}; {location}/env.py is beside versions/")
