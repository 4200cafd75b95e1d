"""What Alembic's releases have under different names: everything from 1.13 on, asked in one way.

It asks for what is there, not for a version, and it is typed by the newest.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

DEFAULT_NAME = "alembic"  # of the section of alembic.ini

# From Alembic 1.16 on a project may be configured in pyproject.toml, and paths are pathlib's.
_KNOWS_TOML = hasattr(Config, "get_alembic_option")

# What version_path_separator may name, in releases before path_separator (1.16).
_SEPARATORS = {"space": " ", ":": ":", ";": ";", "newline": "\n"}


def make_config(ini: Path | None, toml: Path, name: str = DEFAULT_NAME) -> Config:
    """Alembic's configuration, from ``ini`` (None: no such file) and, where Alembic reads it, ``toml``.

    ``name`` is the section of ``ini``, as `alembic -n`; the table of ``toml`` is the same for all of them.
    """
    file = None if ini is None else str(ini)
    return Config(file, toml_file=toml, ini_section=name) if _KNOWS_TOML else Config(file, ini_section=name)


def option(config: Config, name: str) -> str | None:
    """What ``config`` says of ``name``, wherever Alembic reads it from; None where it says nothing."""
    return config.get_alembic_option(name) if _KNOWS_TOML else config.get_main_option(name)


def configured_locations(config: Config) -> Sequence[str]:
    """The folders of revisions that ``config`` names, as they stand there; none where it leaves that to Alembic."""
    if hasattr(config, "get_version_locations_list"):
        return config.get_version_locations_list() or ()
    listed = config.get_main_option("version_locations") or ""
    separator = config.get_main_option("version_path_separator")
    if separator is None:
        return [one for one in re.split(r", *|(?: +)", listed) if one]
    return [one.strip() for one in listed.split(_SEPARATORS.get(separator, os.pathsep)) if one.strip()]


def version_locations(script: ScriptDirectory) -> list[Path]:
    """The folders that hold the revisions of ``script``, absolute."""
    return [Path(location) for location in script._version_locations]


def files_in(script: ScriptDirectory, location: Path) -> list[Path]:
    """What Alembic looks at in one of these folders, in its order; nothing where there is no such folder."""
    if not location.exists():
        return []
    folder: Any = location if hasattr(Script, "_from_path") else str(location)
    return [Path(path) for path in Script._list_py_dir(script, folder)]


def load_revision(script: ScriptDirectory, path: Path) -> Script | None:
    """The revision in the file at ``path``, imported; None where Alembic takes it for something else."""
    made_by: Any = Script
    if hasattr(Script, "_from_path"):
        found: Script | None = made_by._from_path(script, path)
    else:
        found = made_by._from_filename(script, str(path.parent), path.name)
    return found
