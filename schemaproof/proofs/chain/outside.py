"""Whether the commands that import the revisions without env.py work too: `alembic heads` and others."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass

from alembic.script import ScriptDirectory

from schemaproof.migration.environment import Environment
from schemaproof.migration.probe import Facts
from schemaproof.migration.revisions import Defect, import_revisions
from schemaproof.project.compat import option

_ADDRESS = re.compile(r" at 0x[0-9a-f]+\b")  # another one in each process

_SECONDS = 60.0  # for one command that reads files

# Alembic 1.20, command.py: these load the revisions before env.py runs, or without it.
_COMMANDS = ("heads", "history", "branches", "show", "merge", "revision")
_RUN_BY_SETTING = "history"  # with revision_environment = true it runs env.py first


@dataclass(frozen=True)
class Outside:
    """What fails outside of env.py's run.

    Attributes:
        commands: those that do, as one types them.
        defects: the files that can't be imported there; empty where only a new process could tell which.
        evidence: what `alembic heads` said.
        path: what env.py adds to the module path, without which they may not be found.
    """

    commands: tuple[str, ...]
    defects: tuple[Defect, ...]
    evidence: str
    path: tuple[str, ...]


def look_outside(environment: Environment, script: ScriptDirectory, facts: Facts) -> Outside | None:
    """Which commands fail although `alembic upgrade` imports all revisions; None where none does.

    What this process has imported, a new one has not. So where anything hints at it, `alembic heads` is run.
    """
    subject = environment.subject
    if subject.before is not None or subject.script_location is not None:  # another program gives Alembic what it needs
        return None
    with environment.surroundings():
        defects = import_revisions(script).defects
    if not defects and not facts.path:
        return None
    told = _heads(environment)
    if told is None:
        return None
    setting = str(option(environment.config, "revision_environment")).lower() == "true"
    commands = tuple(f"alembic {name}" for name in _COMMANDS if name != _RUN_BY_SETTING or not setting)
    return Outside(commands, defects, told, facts.path)


def _heads(environment: Environment) -> str | None:
    """What `alembic heads` says where it fails; None where it does not."""
    ini = environment.subject.project / environment.subject.alembic_ini
    named = ["-n", environment.subject.name]
    named += ["-c", str(ini.resolve())] if ini.exists() else []  # without one, Alembic reads pyproject.toml
    program = "import sys; from alembic.config import main; main(prog='alembic')"
    # -P: as the command's own script, without the current folder on the module path.
    with environment.surroundings():
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-c", program, *named, "heads"],
                env=os.environ.copy(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return _ADDRESS.sub("", lines[-1].strip()) if done.returncode and lines else None
