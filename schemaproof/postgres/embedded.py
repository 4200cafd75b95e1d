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
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from sqlalchemy import URL

from schemaproof.postgres import cluster
from schemaproof.postgres.binaries import Account, Binaries, reachable
from schemaproof.postgres.errors import PostgresError
from schemaproof.postgres.owner import Owner
from schemaproof.postgres.password import set_password
from schemaproof.postgres.settings import arguments

_GUARD = Path(__file__).with_name("guard.sh")

# A data directory takes 25 MB, each clone of a small database 8 MB; a run of a few hundred tests has some of them at a
# time. Docker gives a container 64 MB of /dev/shm by default, which would not do.
_TMPFS_ROOM = 1 << 30  # bytes

_START_TIMEOUT = 30.0  # seconds; measured: 0.04 on an idle machine
_STOP_TIMEOUT = 30.0  # seconds
_POLL = 0.004  # seconds between two tries to connect to a server that is starting

# Between choosing a free port and the server's taking it another process may take it; then the next one is tried.
_PORTS_TRIED = 5


@dataclass
class Embedded:
    """A running embedded server; :meth:`stop` ends it and removes its folder."""

    url: URL
    folder: Path
    _guard: "subprocess.Popen[bytes]"

    def alive(self) -> bool:
        """Whether the server runs, or is about to."""
        if (pid := _pid(self.folder)) is None:
            return self._guard.poll() is None  # it writes the pid first of all
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

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
                remedy=f"End that process and remove {self.folder}; the next run does it too.",
            ) from error
        if self.folder.exists():
            _end_server(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)


def start(binaries: Binaries, owner: Owner, cache: Path | None = None) -> Embedded:
    """A new server, ready for connections, with a random password.

    Raises:
        PostgresError: when it does not start; the log's end is the evidence.
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
            port = _free_port()
            guard = _launch(folder, binaries, account, port)
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
    """End the servers, and remove the folders, that runs left behind whose process is gone.

    The guard does that when its owner dies; this is for the case that the guard was killed too.
    """
    for base in _bases():
        for folder in base.glob("schemaproof-*"):
            owner = Owner.find(folder.name)
            with contextlib.suppress(OSError):  # another run sweeps as well, or it is another user's
                if owner is not None and owner.gone() and _ours(folder):
                    _end_server(folder)
                    shutil.rmtree(folder)


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


def _launch(folder: Path, binaries: Binaries, account: Account, port: int) -> "subprocess.Popen[bytes]":
    command = [binaries.program("postgres"), "-D", str(folder / "data"), *arguments()]
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
    dsn = server.url.set(password=initial).render_as_string(hide_password=False)
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        try:
            connection = psycopg.connect(dsn, autocommit=True, connect_timeout=2)
            break
        except psycopg.OperationalError as error:
            if not server.alive() or time.monotonic() > deadline:
                raise _start_error(server) from error
        time.sleep(_POLL)
    with connection:
        # The port may be that of another run's server, which came from the same archive.
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        if Path(data) != server.folder / "data":
            raise _PortTakenError("Another server has the port.", remedy="Run again.")
        set_password(connection, cluster.USER, str(server.url.password))


def _pid(folder: Path) -> int | None:
    try:
        return int((folder / "pid").read_text())
    except (OSError, ValueError):  # the guard has not written it yet
        return None


def _start_error(server: Embedded) -> PostgresError:
    path = server.folder / "log"
    log = path.read_text(errors="replace") if path.exists() else f"There is no {path}: is the disk full?"
    kind = _PortTakenError if "Address already in use" in log else PostgresError
    return kind(
        "The embedded PostgreSQL server did not start.",
        evidence="\n".join(log.splitlines()[-15:]),
        remedy="See its log above; --postgres=container or --postgres=URL uses another server.",
    )


def _end_server(folder: Path) -> None:
    """SIGQUIT to the folder's postmaster, told from any later process of that pid by its working directory."""
    pid = _pid(folder)
    with contextlib.suppress(psutil.Error):
        postmaster = psutil.Process(pid)
        if pid is not None and Path(postmaster.cwd()) == folder / "data":
            postmaster.send_signal(signal.SIGQUIT)
            postmaster.wait(_STOP_TIMEOUT)
