"""What a run leaves behind in the project's folder and in the current one: what it knows of revisions, else nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemaproof.postgres import Server
from schemaproof.run.cache import FOLDER
from tests.example import ROOT, assemble
from tests.schemaproof.run.items.test_items import OPT_IN

MAIN = "import sys; from schemaproof.cli import main; sys.exit(main())"
# Its rows are drawn.
PROJECT = ROOT / "delete-in-orm" / "sound-passive-deletes"
CHECKS = "delete-in-orm,upgrade-from-empty,parity-catalog,concurrent-deployers"
FEW = "delete-in-sql,parity-catalog"  # which draw rows and import the models too


@pytest.fixture
def project(tmp_path: Path) -> Path:
    assemble(PROJECT, tmp_path / "project")
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "project"


def add_pattern(project: Path) -> None:
    """A revision with a text that a regular expression describes: tables of Unicode are made to draw it."""
    revision = project / "migrations" / "versions" / "0002_pattern.py"
    revision.write_text(
        'from alembic import op\n\nrevision, down_revision = "0002", "0001"\n\n\ndef upgrade():\n'
        "    op.execute(\"ALTER TABLE chat ADD code text NOT NULL DEFAULT 'a1' CHECK (code ~ '^\\\\w\\\\d$')\")\n\n\n"
        'def downgrade():\n    op.execute("ALTER TABLE chat DROP code")\n'
    )


def files(folder: Path) -> dict[str, int]:
    """Everything below ``folder`` with the time of its last change."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} | {
        str(path.relative_to(folder)): 0 for path in folder.rglob("*") if path.is_dir()
    }


def environment(server: Server, home: Path) -> dict[str, str]:
    url = server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    left_out = {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "HYPOTHESIS_STORAGE_DIRECTORY", "XDG_CACHE_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"SCHEMAPROOF_POSTGRES": url, "HOME": str(home)}


@pytest.mark.parametrize("cached", [True, False], ids=["in the project", "elsewhere, without a cache"])
def test_verify_leaves_nothing_but_its_cache(project: Path, postgres_server: Server, cached: bool) -> None:
    if cached:
        add_pattern(project)
    before = files(project.parent)
    arguments = ["--select", CHECKS, "--deployers", "2"] if cached else ["--select", FEW, "--no-cache"]
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "verify", "--project", str(project), *arguments],
        cwd=project if cached else project.parent / "elsewhere",
        env=environment(postgres_server, project.parent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    after = files(project.parent)
    kept = {path for path in after if Path(path).is_relative_to(f"{project.name}/{FOLDER}")}
    assert bool(kept) == cached
    assert {path: changed for path, changed in after.items() if path not in kept} == before


def test_items_leave_nothing(project: Path, postgres_server: Server) -> None:
    """Nothing but what pytest and Python write for the test module itself, which is switched off here."""
    (project / "test_migrations.py").write_text(OPT_IN)
    (project / "pyproject.toml").write_text('[tool.schemaproof]\ndriver = "psycopg"\n')
    before = files(project.parent)
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "delete-in-sql or parity-catalog"],
        cwd=project,
        env=environment(postgres_server, project.parent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "passed" in done.stdout, done.stdout
    assert files(project.parent) == before


def test_server_of_a_project_leaves_nothing(project: Path, postgres_server: Server) -> None:
    before = files(project.parent)
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "postgres"],
        cwd=project,
        env=environment(postgres_server, project.parent),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql")
        process.terminate()
    assert files(project.parent) == before
