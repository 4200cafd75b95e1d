"""A PgBouncer of its own leads to the server, tells what it has, and goes with its owner, however that ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from schemaproof.postgres import Database, PostgresError, Server, embedded
from schemaproof.traffic.pgbouncer import PROGRAM_VARIABLE, PgBouncer, find_program, start_pgbouncer
from tests.schemaproof.processes import ended, wait_until

OWNER = """
import sys
from sqlalchemy import make_url
from schemaproof.traffic.pgbouncer import start_pgbouncer
with start_pgbouncer(make_url(sys.argv[1])) as bouncer:
    print(bouncer.folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def program() -> str:
    try:
        return find_program()
    except PostgresError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def bouncer(program: str, postgres_server: Server) -> Iterator[PgBouncer]:
    settings = {"query_wait_timeout": "1"}
    with start_pgbouncer(postgres_server.url, pool_size=2, program=program, settings=settings) as bouncer:
        yield bouncer


def connect(bouncer: PgBouncer, database: Database) -> psycopg.Connection:
    url = bouncer.url(database.dsn).render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True, prepare_threshold=None)


def process(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "pid").read_text()))


def assert_becomes_gone(one: psutil.Process, folder: Path) -> None:
    wait_until(lambda: ended(one) and not folder.exists())


def test_clients_share_a_server_connection_between_transactions(bouncer: PgBouncer, empty_database: Database) -> None:
    with connect(bouncer, empty_database) as one, connect(bouncer, empty_database) as other:
        pids = {each.execute("SELECT pg_backend_pid()").fetchone() for each in (one, other, one)}

        assert len(pids) == 1
        assert bouncer.clients(empty_database.name) == 2
        assert bouncer.servers(empty_database.name) == 1

    assert bouncer.logins(empty_database.name) == 2


def test_transactions_at_the_same_time_have_no_more_than_the_pool_size(
    bouncer: PgBouncer, empty_database: Database
) -> None:
    with connect(bouncer, empty_database) as one, connect(bouncer, empty_database) as other, one.transaction():
        one.execute("SELECT 1")
        with other.transaction():
            other.execute("SELECT 1")
            with connect(bouncer, empty_database) as third, pytest.raises(psycopg.Error, match="query_wait_timeout"):
                third.execute("SELECT 1")
            assert bouncer.servers(empty_database.name) == bouncer.pool_size == 2


def test_what_it_keeps_on_the_server_is_closed_when_released(bouncer: PgBouncer, empty_database: Database) -> None:
    with connect(bouncer, empty_database) as one:
        one.execute("SELECT 1")
    wait_until(lambda: bouncer.clients(empty_database.name) == 0)

    bouncer.release(empty_database.name)

    wait_until(lambda: bouncer.servers(empty_database.name) == 0)


def test_release_of_what_was_never_used_is_harmless(bouncer: PgBouncer) -> None:
    bouncer.release("never heard of")


def test_wrong_password_is_refused(bouncer: PgBouncer, empty_database: Database) -> None:
    url = bouncer.url(empty_database.dsn).set(password="wrong").render_as_string(hide_password=False)

    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(url)


def test_version_is_that_of_the_program(bouncer: PgBouncer, program: str) -> None:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout

    assert "PgBouncer {}.{}.".format(*bouncer.version) in said


def test_password_is_in_no_text_and_in_no_file_of_others(bouncer: PgBouncer, postgres_server: Server) -> None:
    assert str(postgres_server.url.password) not in repr(bouncer)
    assert bouncer.folder.stat().st_mode & 0o077 == 0


def test_nothing_is_left_of_it_after_the_block(program: str, postgres_server: Server) -> None:
    with start_pgbouncer(postgres_server.url, program=program) as bouncer:
        running = process(bouncer.folder)
        assert not ended(running)

    assert ended(running)
    assert not bouncer.folder.exists()


def test_clients_do_not_keep_it_from_ending(program: str, postgres_server: Server, empty_database: Database) -> None:
    with start_pgbouncer(postgres_server.url, program=program) as bouncer:
        client = connect(bouncer, empty_database)
        running = process(bouncer.folder)

    assert ended(running)
    client.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_goes_with_its_owner(program: str, postgres_server: Server, how: signal.Signals) -> None:
    owner, folder = start_owner(program, postgres_server)
    running = process(folder)

    owner.send_signal(how)
    owner.communicate()

    assert_becomes_gone(running, folder)


@pytest.mark.parametrize("what", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_to_its_whole_session_keeps_it_from_no_end(
    program: str, postgres_server: Server, what: signal.Signals
) -> None:
    with start_pgbouncer(postgres_server.url, program=program) as bouncer:
        running = process(bouncer.folder)
        os.killpg(os.getpgid(running.pid), what)

    assert_becomes_gone(running, bouncer.folder)


@pytest.mark.parametrize("ignored", [None, signal.SIGQUIT], ids=["foreground", "background"])
def test_sweep_ends_it_where_owner_and_guard_were_killed(
    program: str, postgres_server: Server, ignored: signal.Signals | None
) -> None:
    """A shell starts what runs in the background with SIGQUIT ignored."""
    owner, folder = start_owner(program, postgres_server, ignored)
    running = process(folder)
    guards = [each for each in psutil.process_iter() if os.getpgid(running.pid) == each.pid]
    guards += [child for guard in guards for child in guard.children() if child != running]
    for guard in guards:
        guard.kill()
    owner.kill()
    owner.communicate()
    assert not ended(running)

    embedded.sweep()

    assert_becomes_gone(running, folder)


def test_configuration_that_it_refuses_is_told_with_its_log(program: str, postgres_server: Server) -> None:
    with (
        pytest.raises(PostgresError) as caught,
        start_pgbouncer(postgres_server.url, program=program, settings={"pool_mode": "nonsense"}),
    ):
        pass

    assert "did not start" in caught.value.cause
    assert "pool_mode" in caught.value.evidence


def test_missing_program_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemaproof.traffic.pgbouncer._PLACES", ())
    with pytest.raises(PostgresError) as caught:
        find_program(environment={"PATH": str(tmp_path)})

    assert caught.value.cause == "PgBouncer is not installed."
    assert str(tmp_path) in caught.value.evidence
    assert PROGRAM_VARIABLE in caught.value.remedy


def test_named_program_that_is_missing_is_not_replaced_by_another(tmp_path: Path) -> None:
    (tmp_path / "pgbouncer").touch(mode=0o755)

    with pytest.raises(PostgresError, match="No PgBouncer at /nowhere"):
        find_program(environment={"PATH": str(tmp_path), PROGRAM_VARIABLE: "/nowhere/pgbouncer"})


def test_named_program_goes_before_the_installed_one(tmp_path: Path) -> None:
    for name in ("pgbouncer", "other"):
        (tmp_path / name).touch(mode=0o755)
    environment = {"PATH": str(tmp_path), PROGRAM_VARIABLE: str(tmp_path / "other")}

    assert find_program(environment=environment) == str(tmp_path / "other")
    assert find_program(environment={"PATH": str(tmp_path)}) == str(tmp_path / "pgbouncer")


def start_owner(
    program: str, server: Server, ignored: signal.Signals | None = None
) -> "tuple[subprocess.Popen[str], Path]":
    url = server.url.render_as_string(hide_password=False)
    begin = f"import signal; signal.signal({int(ignored)}, signal.SIG_IGN)\n" if ignored is not None else ""
    owner = subprocess.Popen(
        [sys.executable, "-c", begin + OWNER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {PROGRAM_VARIABLE: program},
    )
    assert owner.stdout
    return owner, Path(owner.stdout.readline().strip())
