"""The command lines: `alembic`, as in the quickstart, and `python -m schema`."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
import pytest

from schema.migrate import ALEMBIC_INI, main


def test_alembic_works_from_another_folder(database_url: str, server: psycopg.Connection[Any], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    subprocess.run(
        [sys.executable, "-W", "error", "-m", "alembic", "-c", ALEMBIC_INI, "upgrade", "head"],
        cwd=tmp_path,
        env=environment | {"DATABASE_URL": database_url},
        check=True,
    )

    assert server.execute("SELECT version_num FROM faceplate.alembic_version").fetchall() == [("0001",)]


def test_schema_command_migrates_up_and_down(
    database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    assert [main(["upgrade"]), main(["current"]), main(["downgrade", "base"]), main(["current"])] == [0, 0, 0, 0]

    assert capsys.readouterr().out == "0001 (head)\n"


def test_schema_command_takes_the_url_as_an_option(database_url: str) -> None:
    assert main(["--url", database_url, "upgrade"]) == 0


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param(None, "set DATABASE_URL", id="no-url"),
        pytest.param("mysql://user:secret@host/name", "postgresql://, postgres://", id="other-scheme"),
        pytest.param("postgresql://user:secret@127.0.0.1:1/name", "Connect call failed", id="unreachable"),
    ],
)
def test_schema_command_reports_in_one_line(url: str | None, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["upgrade"] if url is None else ["--url", url, "upgrade"])

    printed = capsys.readouterr().err
    assert status == 1
    assert reason in printed
    assert printed.count("\n") == 1
    assert "secret" not in printed


def test_schema_command_reports_an_unknown_revision(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", database_url, "upgrade", "nope"]) == 1
    assert "upgrade failed: Can't locate revision identified by 'nope'" in capsys.readouterr().err


def test_silent_server_is_given_up_within_the_limit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that accepts and never answers: asyncpg's own limit is 60 s."""
    monkeypatch.setattr("schema.migration_session.CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = perf_counter()
        status = main(["--url", f"postgresql://u:secret@127.0.0.1:{silent.getsockname()[1]}/d", "upgrade"])

    assert status == 1
    assert perf_counter() - start < 5
    assert capsys.readouterr().err == "upgrade failed: no answer from the database within 0.2 s\n"


def test_schema_command_reports_what_the_server_refuses(
    database_url: str, server: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    server.execute("CREATE SCHEMA faceplate CREATE TABLE conversations (id int)")

    assert main(["--url", database_url, "upgrade"]) == 1
    assert capsys.readouterr().err == 'upgrade failed: relation "conversations" already exists\n'
