"""``parity-autogenerate`` and ``alembic check`` say the same of a project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemaproof.postgres import Server
from tests.example import ROOT, assemble
from tests.example_process import outcome

CHECKED = [
    "parity-autogenerate/faulty-identity-start",
    "parity-autogenerate/faulty-index-missing",
    "parity-autogenerate/faulty-table-left-beside-an-index-that-fails",
    "parity-autogenerate/sound-include-object",
    "parity-autogenerate/sound-json-default",
    "parity-autogenerate/sound-no-metadata",
    "parity-autogenerate/sound-partition-children",
    "parity-autogenerate/sound-spelling",
    "parity-catalog/faulty-check-missing",
    "parity-catalog/faulty-second-schema",
    "parity-catalog/faulty-server-default",
    "parity-catalog/faulty-varchar-length",
    "parity-catalog/sound-check-of-another-name",
    "parity-catalog/sound-long-names",
]
# As on the command line, in one process.
COMMANDS = "from alembic.config import main; main(['upgrade', 'heads']); main(['check'])"


@pytest.mark.parametrize("example", CHECKED)
def test_alembic_check_fails_where_there_is_a_finding(example: str, postgres_server: Server, tmp_path: Path) -> None:
    """A note among them: of operations that change nothing, and of a comparison that ends in an error."""
    project = assemble(ROOT / example, tmp_path / "project")

    found = outcome(project, postgres_server, {"parity-autogenerate"})

    assert bool(found.findings) == (not passes_alembic_check(project, postgres_server)), found.shown


def passes_alembic_check(project: Path, server: Server) -> bool:
    with server.create() as database:
        url = database.url("psycopg").render_as_string(hide_password=False)
        ini = project / "alembic.ini"
        ini.write_text(
            f"{ini.read_text(encoding='utf-8')}sqlalchemy.url = {url.replace('%', '%%')}\n", encoding="utf-8"
        )
        environment = {**os.environ, "DATABASE_URL": url}
        run = subprocess.run(
            [sys.executable, "-c", COMMANDS], cwd=project, env=environment, capture_output=True, text=True, check=False
        )
    return run.returncode == 0
