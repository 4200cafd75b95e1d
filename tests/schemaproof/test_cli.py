"""The ``schemaproof`` command as a person runs it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

from schemaproof.cli import main
from tests.schemaproof.processes import ended, wait_until

COMMAND = str(Path(sys.executable).with_name("schemaproof"))


VERIFY = ["--postgres", "embedded", "--driver", "psycopg", "--select", "downgrade-restores"]

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

print("noise of env.py")
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.execute("CREATE TABLE migrated ()")


def downgrade():
    op.execute("DROP TABLE migrated")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one revision, which makes the table ``migrated``."""
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    (tmp_path / "migrations" / "versions" / "0001.py").write_text(REVISION)
    return tmp_path


@contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """``schemaproof postgres``, and the URL that it printed."""
    command = [COMMAND, "postgres", "--postgres", "embedded", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def tables(url: str) -> list[tuple[str]]:
    """The names of the tables in the database at ``url``."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute("SELECT relname FROM pg_stat_user_tables ORDER BY 1").fetchall()


def test_postgres_prints_the_url_of_an_empty_database_where_there_is_no_project(tmp_path: Path) -> None:
    with running("--driver", "psycopg", "--project", str(tmp_path)) as (process, url):
        assert make_url(url).drivername == "postgresql+psycopg"
        assert tables(url) == []
        process.terminate()
        assert process.stderr is not None
        assert f"no alembic.ini in {tmp_path}: the database is empty" in process.stderr.read()


def test_postgres_prints_the_url_of_the_migrated_database_of_a_project(project: Path) -> None:
    with running("--driver", "psycopg", "--project", str(project)) as (_, url):
        assert tables(url) == [("alembic_version",), ("migrated",)]


def test_postgres_prints_the_url_of_an_empty_database_where_that_is_wanted(project: Path) -> None:
    with running("--empty", "--driver", "psycopg", "--project", str(project)) as (_, url):
        assert tables(url) == []


def test_postgres_of_a_project_that_cannot_be_migrated_ends_with_2(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "migrations" / "versions" / "0001.py").write_text(REVISION.replace("TABLE", "TABEL"))
    assert main(["postgres", "--postgres", "embedded", "--driver", "psycopg", "--project", str(project)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert 'syntax error at or near "TABEL"' in captured.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_postgres_stops_on_a_signal_and_leaves_no_server(tmp_path: Path, number: signal.Signals) -> None:
    with running("--project", str(tmp_path)) as (process, url):
        process.send_signal(number)
        assert process.wait(30) == 0
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(url.replace("+asyncpg", ""))


def test_postgres_that_is_not_to_be_had_ends_with_2_cause_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postgres", "--postgres", "docker"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(
        "schemaproof: --postgres is neither a provider nor a URL of PostgreSQL: 'docker'.\nRemedy: Give one of"
    )


def test_verify_of_a_real_project_finds_it_sound(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", *VERIFY, "--project", str(project)]) == 0
    assert "\n\nsound: 1 check, 1 revision, 0 errors, 0 warnings, 0 notes, in " in capsys.readouterr().out


def test_verify_of_a_real_project_finds_its_fault(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    revision = project / "migrations" / "versions" / "0001.py"
    revision.write_text(REVISION.replace("DROP TABLE migrated", "ALTER TABLE migrated RENAME TO kept"))
    assert main(["verify", *VERIFY, "--project", str(project)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("postgres: embedded PostgreSQL ")
    assert "; chosen by an option\n\nrevision 0001\n  error[downgrade-restores] " in out
    assert "table public.kept" in out
    assert "noise of env.py" not in out


def test_verify_counts_what_a_revision_allows_and_is_sound(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    revision = project / "migrations" / "versions" / "0001.py"
    allowed = '\nschemaproof_allow = [{"check": "downgrade-restores", "reason": "It is kept."}]\n'
    revision.write_text(REVISION.replace("DROP TABLE migrated", "ALTER TABLE migrated RENAME TO kept") + allowed)
    assert main(["verify", *VERIFY, "--project", str(project)]) == 0
    out = capsys.readouterr().out
    assert "\n\nallowed\n  downgrade-restores at 0001 (table public.kept)" in out
    assert ": It is kept.\n" in out


def test_verify_that_is_terminated_leaves_no_server(project: Path) -> None:
    """While env.py is at work: it says when it is, and stays there."""
    running_file = project / "running"
    env = project / "migrations" / "env.py"
    env.write_text(ENV + f"\nimport os, pathlib, time\npathlib.Path({str(running_file)!r}).touch()\ntime.sleep(60)\n")
    command = [COMMAND, "verify", *VERIFY, "--project", str(project)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(running_file.exists)
        servers = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert (out, err.splitlines()[-1:]) == ("", ["schemaproof: interrupted by SIGTERM before the first revision"])
    assert process.returncode == 130
    assert servers
    assert all(ended(server) for server in servers)


def test_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"schemaproof {version('schemaproof')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_every_command_and_option(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert {name for name in ("verify", "baseline", "init", "merge", "completion") if name not in script} == set()
    assert "--prune" in script
    assert "script-location" in script


def test_completion_in_bash_is_a_script_of_bash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    ask = "COMP_WORDS=(schemaproof base); COMP_CWORD=1; _shtab_schemaproof; echo ${COMPREPLY[@]}"
    done = subprocess.run(["/bin/bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("baseline", "")


def test_completion_without_shtab_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "Remedy: pip install 'schemaproof[completion]'" in capsys.readouterr().err
