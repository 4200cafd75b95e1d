"""Alembic's settings, from alembic.ini or [tool.alembic] of pyproject.toml, and what is wrong with them, in words.

Alembic reads each of them when it needs it, and passes on whatever Python raises.
"""

import configparser
import os
import re
import tomllib
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from alembic.config import Config
from alembic.util import coerce_resource_to_filename

from schemaproof.project.compat import configured_locations, option

_FOLDERS = 20_000  # looked into for a file, the nearest first; a repository of many services has a few thousand
_OTHERS = {"node_modules", "site-packages", "tests", "test", "docs", "examples", "venv", "build", "dist"}

INSTALL = "Install the project here (`pip install -e .`), or set `prepend_sys_path = .` in {file}"
_PERCENT = "Double a literal percent sign: %%."

_Header = configparser.MissingSectionHeaderError

# What a kind of error means; the first that fits.
_UNREADABLE: tuple[tuple[type[Exception], str, str], ...] = (
    (_Header, "{ini} does not begin with a section.", "Put [alembic] on a line of its own above the settings."),
    (
        configparser.DuplicateOptionError,
        "{ini} sets {option} twice (line {lineno}).",
        "Delete one of the two lines.",
    ),
    (
        configparser.DuplicateSectionError,
        "{ini} has the section [{section}] twice (line {lineno}).",
        "Merge the two sections.",
    ),
    (configparser.InterpolationError, "{ini} can't be read: {text}", _PERCENT),
    (configparser.Error, "{ini} can't be read: {text}", "Write each setting as NAME = VALUE, on a line of its own."),
    (UnicodeDecodeError, "{ini} is not encoded in UTF-8: {text}", "Save it as UTF-8."),
    (tomllib.TOMLDecodeError, "pyproject.toml is not valid TOML: {text}", "Fix the syntax at that place."),
    (
        OSError,
        "Alembic can't read its configuration: {text}",
        "Make it readable for this user; `ls -l` shows its owner and mode.",
    ),
)

_NAMES = (
    *("script_location", "truncate_slug_length", "prepend_sys_path", "path_separator", "version_path_separator"),
    *("file_template", "sourceless", "output_encoding", "version_locations", "timezone", "recursive_version_locations"),
)
_LISTS = {
    "prepend_sys_path": "get_prepend_sys_paths_list",
    "post_write_hooks": "get_hooks_list",
}
_FLAGS = ("sourceless", "recursive_version_locations")

# What a setting may be, if Alembic raises on a wrong one. Manual, "Editing the .ini File".
_VALUES = {
    "truncate_slug_length": "Write a number, such as truncate_slug_length = 40.",
    "version_locations": "List the folders, and name their separator: path_separator = os (or space, newline, :, ;).",
    "prepend_sys_path": "List the folders, and name their separator: path_separator = os (or space, newline, :, ;).",
    "sourceless": "Write sourceless = true or sourceless = false.",
    "recursive_version_locations": "Write recursive_version_locations = true or recursive_version_locations = false.",
    "post_write_hooks": "Write hooks = NAME, NAME.type = console_scripts and NAME.entrypoint = PROGRAM, or delete the"
    " section.",
}


# Those whose script_location is [tool.schemaproof]'s.
_LOCATED: WeakSet[Config] = WeakSet()


def locate(config: Config, location: str) -> None:
    """Let ``config`` have the folder of migrations that [tool.schemaproof] names, whatever its file says."""
    config.set_main_option("script_location", location.replace("%", "%%"))
    _LOCATED.add(config)


def find_from_here(config: Config) -> None:
    """Let modules be found in the current folder, as by a program that is run there, unless ``config`` says where."""
    if option(config, "prepend_sys_path"):
        return
    config.set_main_option("prepend_sys_path", ".")
    if not any(option(config, name) for name in ("path_separator", "version_path_separator", "version_locations")):
        config.set_main_option("path_separator", "os")  # else Alembic warns of a list that it has to guess at


def files_named(project: Path, name: str) -> Iterator[Path]:
    """The files of that ``name`` at ``project`` and below, the nearest first, as paths from there.

    What is installed, built or hidden there is passed over, and so are the folders of tests and examples.
    """
    level = [project]
    looked_into = 0
    while level and looked_into < _FOLDERS:
        looked_into += len(level)
        yield from ((folder / name).relative_to(project) for folder in level if (folder / name).is_file())
        level = [below for folder in level for below in _folders_in(folder)]


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [one.name for one in entries if one.is_dir(follow_symlinks=False)]
    except OSError:  # not this user's
        return []
    return [folder / name for name in sorted(names) if name not in _OTHERS and not name.startswith(".")]


def sections(ini: Path) -> list[str]:
    """The sections of the file ``ini`` that are about a folder of migrations: what `alembic -n` may name."""
    parser = configparser.RawConfigParser()
    with suppress(configparser.Error, OSError, UnicodeError):
        parser.read(ini, encoding="utf-8")
    return [one for one in parser.sections() if parser.has_option(one, "script_location") and not _is_of_logging(one)]


def _is_of_logging(section: str) -> bool:
    """Whether a section that has a setting by way of [DEFAULT] is another program's, or Alembic's hooks."""
    return section in {"loggers", "handlers", "formatters", "post_write_hooks"} or section.startswith(
        ("logger_", "handler_", "formatter_")
    )


def raw_url(config: Config, name: str = "sqlalchemy.url") -> str | None:
    """The project's own URL, the setting ``name``, as it is written: it may hold what only env.py can fill in."""
    section = config.config_ini_section
    if config.file_config.has_option(section, name):
        return config.file_config.get(section, name, raw=True)
    found = getattr(config, "toml_alembic_config", {}).get(name)
    return found if isinstance(found, str) else None


def source(config: Config, name: str) -> str:
    """The name of the file that gives the setting ``name``: alembic.ini's, or pyproject.toml."""
    if name == "script_location" and config in _LOCATED:
        return "pyproject.toml (script-location in [tool.schemaproof])"
    ini = Path(config.config_file_name or "alembic.ini").name
    if config.file_config.has_option(config.config_ini_section, name):
        return ini
    toml = getattr(config, "toml_alembic_config", {})
    return "pyproject.toml" if name in toml else ini


def unreadable(error: Exception, ini: Path) -> tuple[str, str]:
    """Why Alembic can't read its files at all, and the remedy."""
    text = re.sub(r"(?:file: )?PosixPath\('[^']*'\)(?:, )?", "", " ".join(str(error).split()))
    if isinstance(error, _Header) and "\\ufeff" in ascii(text):
        return f"{ini.name} begins with a byte order mark.", "Save it as UTF-8 without one."
    for kind, cause, remedy in _UNREADABLE:
        if isinstance(error, kind):
            return cause.format(ini=ini.name, text=text, **_details(error)), remedy
    return (
        f"Alembic can't read its settings ({'pyproject.toml' if not ini.exists() else ini.name}): {_told(error)}",
        f"Check [tool.alembic] against Alembic's manual: script_location must be a string. {_PERCENT}",
    )


def _details(error: Exception) -> dict[str, object]:
    return {name: getattr(error, name, "") for name in ("option", "section", "lineno")}


def unusable(error: BaseException, config: Config) -> tuple[str, str]:
    """Which setting kept Alembic from opening the folder of revisions, and the remedy."""
    name = _culprit(config)
    if name is None:
        lacking = missing(_resolved(option(config, "script_location")), config, Path.cwd())
        return lacking or (
            f"Alembic can't open the folder of revisions: {_told(error)}",
            "Run `alembic heads` in the project's folder, and fix what it reports.",
        )
    file, value = source(config, name), _written(config, name)
    where = f"{name} = {value} in {file}" if value is not None else f"{name} in {file}"
    package = _package(value) if name in {"script_location", "version_locations"} else None
    if package is not None and isinstance(error, ImportError | FileNotFoundError | ValueError | TypeError):
        return (
            f"{where} names a folder in the package {package!r}, which can't be imported: {_told(error)}",
            f"{INSTALL.format(file=file)}, so that Python finds the package from the project's folder.",
        )
    if package is not None:
        return (
            f"{where} makes Alembic import {package!r}, which fails: {_told(error)}",
            f"Run `python -c 'import {package}'` in the project's folder, and fix what it raises.",
        )
    if isinstance(error, configparser.InterpolationError | KeyError):
        return f"{where} can't be interpolated: {_told(error)}", _PERCENT
    if name == "script_location":
        return (
            f"{where} is not a folder of migrations: {_told(error)}",
            "Name the folder with env.py and versions/ in it.",
        )
    return f"{where} is not valid: {_told(error)}", _VALUES.get(name, f"See {name} in Alembic's manual.")


def environments(project: Path) -> Iterator[Path]:
    """The folders at ``project`` and below with an env.py and a folder of revisions in them, the nearest first."""
    for found in files_named(project, "env.py"):
        if (project / found.parent / "versions").is_dir():
            yield found.parent


def missing(location: str | Path, config: Config, project: Path) -> tuple[str, str] | None:
    """What the folder ``location``, where ``script_location`` leads, lacks, and the remedy; None if nothing."""
    folder = project / location
    if (folder / "env.py").exists() or any(folder.glob("env*.pyc")) or any(folder.glob("__pycache__/env.*.pyc")):
        return None
    file, value = source(config, "script_location"), _written(config, "script_location")
    lacks = "no env.py in that folder" if folder.is_dir() else "no such folder"
    remedy = "Set script_location to the folder with env.py and versions/ in it; `alembic init FOLDER` creates one."
    ini = Path(config.config_file_name or "").absolute()
    if file == ini.name and ini.parent != project and ini.is_relative_to(project):
        file = ini.relative_to(project).as_posix()
        if beside := next(environments(ini.parent), None):
            remedy = f"Write script_location = {(Path('%(here)s') / beside).as_posix()} in {file}."
    elif known := next(environments(project), None):
        remedy = f"Write script_location = {known.as_posix()} in {file}."
    return f"script_location = {value} in {file}: there is {lacks}.", remedy


def _culprit(config: Config) -> str | None:
    """The first setting that Alembic can't use, in the order of ``ScriptDirectory.from_config``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Alembic has given them already
        for name, read in _readings(config):
            try:
                read()
            except (Exception, SystemExit):  # noqa: BLE001 (a package is imported to find a folder in it)
                return name
    return None


def _readings(config: Config) -> Iterator[tuple[str, Callable[[], object]]]:
    """What Alembic does with each setting; older releases know fewer."""
    for name in _NAMES:
        yield name, partial(option, config, name)
    for name, method in _LISTS.items():
        yield name, getattr(config, method, list)
    for name in _FLAGS:
        yield name, partial(getattr(config, "get_alembic_boolean_option", bool), name)
    yield "truncate_slug_length", lambda: int(option(config, "truncate_slug_length") or 0)
    yield "script_location", partial(_resolved, option(config, "script_location"))
    yield "version_locations", partial(configured_locations, config)
    for location in configured_locations(config):
        yield "version_locations", partial(_resolved, location)


def _resolved(location: Any) -> Path:
    return Path(coerce_resource_to_filename(location))


def _written(config: Config, name: str) -> object:
    """The setting as it is written."""
    section = config.config_ini_section
    if config.file_config.has_option(section, name):
        return config.file_config.get(section, name, raw=True)
    return getattr(config, "toml_alembic_config", {}).get(name)


def _package(value: object) -> str | None:
    """The package in "package:folder", as Alembic takes it."""
    if not isinstance(value, str) or Path(value).is_absolute() or ":" not in value:
        return None
    return value.partition(":")[0]


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
