"""The embedded provider: a server from binaries on this machine, on a loopback port, gone with its owner."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import URL

from schemaproof.postgres import cluster
from schemaproof.postgres.binaries import Account, Binaries, reachable
from schemaproof.postgres.errors import PostgresError
from schemaproof.postgres.owner import Owner
from schemaproof.postgres.password import set_password
from schemaproof.postgres.ports import lasting_port
from schemaproof.postgres.settings import arguments, durable_arguments

_GUARD = Path(__file__).with_name("guard.sh")

# A data directory takes 25 MB, each clone of a small database 8 MB; a run of a few hundred tests has some of them at a
# time. Docker gives a container 64 MB of /dev/shm by default, which would not do.
_TMPFS_ROOM = 1 << 30  # bytes

_START_TIMEOUT = 30.0  # seconds; measured: 0.04 on an idle machine
_RESTART_TIMEOUT = 60.0  # seconds; what was written since the last checkpoint is replayed before
_STOP_TIMEOUT = 30.0  # seconds
_POLL = 0.004  # seconds between two tries to connect to a server that is starting
_KILL_POLL = 0.0005  # seconds between two looks at processes that are about to end

# Between choosing a free port and the server's taking it another process may take it; then the next one is tried.
_PORTS_TRIED = 5


@dataclass
class Embedded:
    """A running embedded server; :meth:`stop` ends it and removes its folder.

    One that was started as a durable one can also be killed and run again on its data.
    """

    url: URL
    folder: Path
    _guard: "subprocess.Popen[bytes]"

    def alive(self) -> bool:
        """Whether the server runs, or is about to."""
        if (pid := _pid(self.folder)) is None:
            return self._guard.poll() is None  # it writes the pid first of all
        try:
            return not _ended(psutil.Process(pid))
        except psutil.NoSuchProcess:
            return False

    def kill(self) -> None:
        """SIGKILL to every process of the server; returns when none runs. The folder stays. No error on a dead one.

        Raises:
            PostgresError: when a process does not end within 30 s.
        """
        if (postmaster := _postmaster(self.folder)) is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            # While it is stopped it starts no process that we would miss, and does not begin to restart its children.
            # It goes last: where we die on the way, the guard lets it go on, and it ends the children that are left.
            postmaster.suspend()
            _wait_until(lambda: _ended(postmaster) or postmaster.status() == psutil.STATUS_STOPPED, self.folder)
            processes = [*postmaster.children(recursive=True), postmaster]
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            _wait_until(lambda: all(map(_ended, processes)), self.folder)

    def restart(self) -> None:
        """Run a server that was killed again, and return when it has recovered and takes connections.

        Raises:
            ValueError: when it runs.
            PostgresError: when it does not take a connection within 60 s; the log's end is the evidence.
        """
        if self.alive():
            raise ValueError("the server runs: kill it first")
        (self.folder / "pid").unlink(missing_ok=True)  # until the guard writes the new one, it is about to run
        assert self._guard.stdin is not None  # noqa: S101 (for the type checker)
        with contextlib.suppress(BrokenPipeError):  # somebody ended the guard, so it never comes up
            self._guard.stdin.write(b"restart\n")
            self._guard.stdin.flush()
        _connect(self, str(self.url.password), _RESTART_TIMEOUT).close()

    def stop(self) -> None:
        """End the server and wait until it and its folder are gone.

        Raises:
            PostgresError: when that takes over 30 s.
        """
        assert self._guard.stdin is not None  # noqa: S101 (for the type checker)
        # A line, because a child that a test forked may hold the pipe open. BrokenPipeError: somebody ended the guard.
        with contextlib.suppress(BrokenPipeError), self._guard.stdin as pipe:
            pipe.write(b"\n")
        try:
            self._guard.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired as error:
            raise PostgresError(
                f"The embedded server (guard pid {self._guard.pid}) did not stop within {_STOP_TIMEOUT:.0f} s.",
                remedy=f"Run again: the next run ends it and removes {self.folder}.",
            ) from error
        if self.folder.exists():
            _end_server(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)


def start(binaries: Binaries, owner: Owner, cache: Path | None = None, *, durable: bool = False) -> Embedded:
    """A new server, ready for connections, with a random password.

    Args:
        binaries: the server's programs.
        owner: part of the folder's name, by which a later run finds what this one left.
        cache: where the archive is kept; the user's cache directory by default.
        durable: whether committed data survives a kill; for one that is killed and started again.

    Raises:
        PostgresError: if it does not start; the end of its log is the evidence.
    """
    account = Account.of_server()
    binaries = reachable(binaries, account)
    archive = cluster.archive(binaries, account, cache)
    for attempt in range(1, _PORTS_TRIED + 1):
        folder = _make_folder(owner, account)
        try:
            try:
                archive.unpack(folder / "data", account)
            except PostgresError:  # it is damaged: once more from a new one
                archive.discard()
                archive = cluster.archive(binaries, account, cache)
                archive.unpack(folder / "data", account)
            port = lasting_port() if durable else _free_port()
            guard = _launch(folder, binaries, account, port, durable=durable)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        url = URL.create("postgresql", cluster.USER, secrets.token_urlsafe(24), "127.0.0.1", port, "postgres")
        server = Embedded(url, folder, guard)
        try:
            _set_password(server, archive.password)
        except _PortTakenError:
            server.stop()
            if attempt == _PORTS_TRIED:
                raise
        except BaseException:
            server.stop()
            raise
        else:
            return server
    raise AssertionError  # the loop returns or raises


def sweep() -> None:
    """End the servers and remove the folders of runs whose process is gone.

    The guard does that when its owner dies; this is for the case that the guard was killed too.
    """
    for base in _bases():
        for folder in base.glob("schemaproof-*"):
            owner = Owner.find(folder.name)
            with contextlib.suppress(OSError):  # another run sweeps as well, or it is another user's
                if owner is not None and owner.gone() and _ours(folder):
                    _end_server(folder)
                    # Two that sweep at once meet what the other has removed; neither may stop there and leave the rest.
                    shutil.rmtree(folder, ignore_errors=True)


class _PortTakenError(PostgresError):
    """Another process took the port first."""


def _bases() -> list[Path]:
    """Where the folders are made: memory where there is some, and the ordinary temporary directory."""
    return [Path("/dev/shm"), Path(tempfile.gettempdir())]  # noqa: S108 (mkdtemp makes a private folder in it)


def _make_folder(owner: Owner, account: Account) -> Path:
    memory, disk = _bases()
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= _TMPFS_ROOM
    folder = Path(tempfile.mkdtemp(prefix=f"schemaproof-{owner.token}-", dir=memory if roomy else disk))
    (folder / "data").mkdir(mode=0o700)
    for path in (folder / "data", folder):
        shutil.chown(path, account.uid, account.gid)
    return folder


def _ours(folder: Path) -> bool:
    return folder.stat().st_uid in {os.geteuid(), Account.of_server().uid}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _launch(
    folder: Path, binaries: Binaries, account: Account, port: int, *, durable: bool = False
) -> "subprocess.Popen[bytes]":
    command = [binaries.program("postgres"), "-D", str(folder / "data")]
    # Shared memory in files of the data directory goes with it; otherwise a SIGKILL leaves it behind in /dev/shm.
    command += [*durable_arguments(), "-c", "dynamic_shared_memory_type=mmap"] if durable else arguments()
    command += ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "unix_socket_directories="]
    return subprocess.Popen(
        ["/bin/sh", "-c", _GUARD.read_text(), "schemaproof-guard", str(folder), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
        start_new_session=True,  # Ctrl-C is for the owner, which then closes the pipe
        **account.popen_arguments(),
    )


def _set_password(server: Embedded, initial: str) -> None:
    """Wait until the server takes connections, and give it its own password instead of the archive's."""
    with _connect(server, initial, _START_TIMEOUT) as connection:
        # The port may be that of another run's server, which came from the same archive.
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        if Path(data) != server.folder / "data":
            raise _PortTakenError("Another server took the port.", remedy="Run again: another port is chosen.")
        set_password(connection, cluster.USER, str(server.url.password))


def _connect(server: Embedded, password: str, timeout: float) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection to the server, as soon as it takes one.

    Raises:
        PostgresError: when it ends before, or takes none within ``timeout`` seconds.
    """
    dsn = server.url.set(password=password).render_as_string(hide_password=False)
    deadline = time.monotonic() + timeout
    error: psycopg.OperationalError | None = None
    while True:
        if _ready(server.folder):
            try:
                return psycopg.connect(dsn, autocommit=True, connect_timeout=2)
            except psycopg.OperationalError as refusal:
                error = refusal
        if not server.alive() or time.monotonic() > deadline:
            raise _start_error(server) from error
        time.sleep(_POLL)


def _ready(folder: Path) -> bool:
    """Whether the server in ``folder`` says that it takes connections.

    It says so in its lock file, where pg_ctl looks too. To ask by connecting instead would fill its log with refusals,
    and what it says about a recovery that does not end would not be found among them.
    """
    try:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
    except OSError:  # it has not come so far yet
        return False
    # After a SIGKILL the file is at first still that of the one before: then nothing listens, and the next look tells.
    return len(lines) > 7 and lines[7].startswith("ready")


def _pid(folder: Path) -> int | None:
    try:
        return int((folder / "pid").read_text())
    except (OSError, ValueError):  # the guard has not written it yet
        return None


def _start_error(server: Embedded) -> PostgresError:
    path = server.folder / "log"
    log = path.read_text(errors="replace") if path.exists() else f"No {path}: is the disk full (`df {path.parent}`)?"
    kind = _PortTakenError if "Address already in use" in log else PostgresError
    return kind(
        "The embedded PostgreSQL server did not start.",
        evidence="\n".join(log.splitlines()[-15:]),
        remedy="Fix what its log reports above, or use another server: --postgres=container or --postgres=URL.",
    )


def _end_server(folder: Path) -> None:
    """SIGQUIT to the folder's postmaster, until it is gone, as the guard does: one that begins to start ignores it.

    And SIGTERM, for a PgBouncer in the folder that was started where SIGQUIT is ignored: before 1.23 it leaves it so.
    """
    if (postmaster := _postmaster(folder)) is None:
        return
    deadline = time.monotonic() + _STOP_TIMEOUT
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        while not _ended(postmaster) and time.monotonic() < deadline:
            postmaster.send_signal(signal.SIGQUIT)
            postmaster.send_signal(signal.SIGTERM)
            postmaster.resume()  # an owner that died while it killed the server may have left it stopped
            with contextlib.suppress(psutil.TimeoutExpired):
                postmaster.wait(0.1)


def _postmaster(folder: Path) -> psutil.Process | None:
    """The folder's postmaster, told from any later process of that pid by its working directory; None if it ended."""
    if (pid := _pid(folder)) is None:
        return None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if Path(process.cwd()) == folder / "data":
            return process
    return None


def _ended(process: psutil.Process) -> bool:
    """Whether it runs no more and has given back what it had, be it that nobody has asked for its exit status yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _wait_until(condition: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + _STOP_TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise PostgresError(
                f"The embedded server in {folder} still runs {_STOP_TIMEOUT:.0f} s after SIGKILL.",
                remedy="Its processes hang in the kernel: see `dmesg`, and run again when they are gone.",
            )
        time.sleep(_KILL_POLL)
