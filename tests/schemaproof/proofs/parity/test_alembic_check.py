"""``parity-autogenerate`` and ``alembic check`` say the same of a project."""

import os
import subprocess
from pathlib import Path

import pytest

from schemaproof.postgres import Server
from tests.example import ROOT, assemble, expected
from tests.schemaproof.warm import Warm

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


@pytest.mark.parametrize("example", CHECKED)
def test_alembic_check_fails_where_there_is_a_finding(
    example: str, warm: Warm, postgres_server: Server, tmp_path: Path
) -> None:
    """A note among them: of operations that change nothing, and of a comparison that ends in an error.

    That ``parity-autogenerate`` finds what expected.toml says, the tests of all examples show.
    """
    project = assemble(ROOT / example, tmp_path / "project")
    found = [one for one in expected(ROOT / example).get("finding", ()) if one["check"] == "parity-autogenerate"]

    said = alembic_check(warm, project, postgres_server)

    assert bool(found) == (said.returncode != 0), said.stderr


def alembic_check(warm: Warm, project: Path, server: Server) -> "subprocess.CompletedProcess[str]":
    with server.create() as database:
        url = database.url("psycopg").render_as_string(hide_password=False)
        ini = project / "alembic.ini"
        ini.write_text(
            f"{ini.read_text(encoding='utf-8')}sqlalchemy.url = {url.replace('%', '%%')}\n", encoding="utf-8"
        )
        environment = {**os.environ, "DATABASE_URL": url}
        upgraded = warm.run("alembic", "upgrade", "heads", cwd=project, env=environment)
        assert upgraded.returncode == 0, upgraded.stderr
        return warm.run("alembic", "check", cwd=project, env=environment)
