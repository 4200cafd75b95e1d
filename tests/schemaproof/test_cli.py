"""The ``schemaproof`` command as a person runs it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from schemaproof.cli import main

COMMAND = str(Path(sys.executable).with_name("schemaproof"))


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


def test_postgres_prints_the_url_of_an_empty_database() -> None:
    with running("--driver", "psycopg") as (_, url):
        assert make_url(url).drivername == "postgresql+psycopg"
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_postgres_stops_on_a_signal_and_leaves_no_server(number: signal.Signals) -> None:
    with running() as (process, url):
        process.send_signal(number)
        assert process.wait(30) == 0
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(url.replace("+asyncpg", ""))


def test_postgres_that_is_not_to_be_had_ends_with_2_cause_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postgres", "--postgres", "docker"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("schemaproof: --postgres names no PostgreSQL server: 'docker'.\nRemedy: Give one of")
