"""A private PgBouncer in front of a server, in transaction mode, as many replicas of an application share it."""

import contextlib
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from sqlalchemy import URL, make_url

from schemaproof.postgres.binaries import Account
from schemaproof.postgres.errors import PostgresError
from schemaproof.postgres.owner import Owner
from schemaproof.postgres.ports import lasting_port

PROGRAM_VARIABLE = "SCHEMAPROOF_PGBOUNCER"

_GUARD = Path(__file__).with_name("pgbouncer.sh")
_HOST = "127.0.0.1"
_ADMIN = "schemaproof_admin"
_START_TIMEOUT = 20.0  # seconds; measured: 0.05
_STOP_TIMEOUT = 20.0  # seconds
_POLL = 0.01  # seconds

# Distributions put it where only the administrator's PATH leads.
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")

# PgBouncer's own defaults keep a restarted server waiting: for 15 s after a refusal it asks no more.
_SETTINGS = {"max_client_conn": "1000", "server_login_retry": "1"}


@dataclass(frozen=True)
class PgBouncer:
    """A running PgBouncer, which leads to all databases of one server, for the user of the server's URL.

    Attributes:
        port: where it listens, on 127.0.0.1.
        pool_size: server connections that it has at most, of each database.
        folder: its configuration and its ``log``.
    """

    port: int
    pool_size: int
    folder: Path
    _console: psycopg.Connection = field(repr=False)

    def url(self, url: URL | str) -> URL:
        """``url``, of a database of the server, with PgBouncer in the place of the server."""
        direct = make_url(url)
        return direct.set(host=_HOST, port=self.port).difference_update_query(["host", "port"])

    @property
    def version(self) -> tuple[int, int]:
        """Its version: (1, 18)."""
        row = self._console.execute("SHOW VERSION").fetchone()
        found = re.search(r"(\d+)\.(\d+)", str(row))
        assert found  # noqa: S101 (its answer since 1.0)
        return int(found[1]), int(found[2])

    def clients(self, database: str) -> int:
        """How many connections to ``database`` it has on its clients' side."""
        return self._count("SHOW CLIENTS", database)

    def servers(self, database: str) -> int:
        """How many connections to ``database`` it has on the server's side."""
        return self._count("SHOW SERVERS", database)

    def logins(self, database: str) -> int:
        """How many connections to ``database`` its clients have opened so far, according to its log."""
        log = (self.folder / "log").read_text(errors="replace")
        return log.count(f"login attempt: db={database} user=")

    def release(self, database: str) -> None:
        """Close what it has to ``database`` on the server's side, each connection as soon as no transaction is on it.

        It would keep them for ten minutes more, whether it has clients or not.
        """
        self._console.execute(f'RECONNECT "{database}"'.encode())

    def _count(self, show: str, database: str) -> int:
        rows = self._console.execute(show.encode())
        assert rows.description  # noqa: S101 (a SHOW has columns)
        position = [column.name for column in rows.description].index("database")
        return sum(row[position] == database for row in rows)


def find_program(program: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """The path of PgBouncer: ``program``, else what ``SCHEMAPROOF_PGBOUNCER`` names, else what is on PATH.

    Raises:
        PostgresError: when there is none; its evidence is where it was looked for.
    """
    named = program or environment.get(PROGRAM_VARIABLE)
    path = os.pathsep.join([environment.get("PATH", ""), *_PLACES])
    if found := shutil.which(named or "pgbouncer", path=path):
        return str(Path(found).resolve())
    raise PostgresError(
        f"No PgBouncer at {named}." if named else "PgBouncer is not installed.",
        evidence="" if named else f"Looked for pgbouncer in {path}",
        remedy=f"Install the package pgbouncer, or set {PROGRAM_VARIABLE} to the program.",
    )


@contextlib.contextmanager
def start_pgbouncer(
    server: URL, *, pool_size: int = 20, program: str | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[PgBouncer]:
    """A PgBouncer in front of ``server``, which takes connections; it ends with the block, or with this process.

    Args:
        server: with user and password, which the clients of PgBouncer give too.
        pool_size: ``default_pool_size``.
        program: its path; by default what :func:`find_program` finds.
        settings: more lines for its section ``[pgbouncer]``; they override the defaults here.

    Raises:
        PostgresError: if there is no PgBouncer, or it does not start; the end of its log is the evidence.
    """
    found = find_program(program)
    account = Account.of_server()
    folder = _make_folder(account)
    port, password = lasting_port(), secrets.token_urlsafe(24)
    try:
        own = {"listen_port": str(port), "default_pool_size": str(pool_size)}
        _write(folder / "users", _users(server, password), account)
        _write(folder / "ini", _configuration(server, folder, own | _SETTINGS | dict(settings or {})), account)
        guard = _launch(folder, found, account)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    try:
        with _console(folder, port, password) as console:
            yield PgBouncer(port, pool_size, folder, console)
    finally:
        _stop(guard, folder)


def _make_folder(account: Account) -> Path:
    """A private folder, named as those of embedded servers are: a later run sweeps it where the guard could not."""
    folder = Path(tempfile.mkdtemp(prefix=f"schemaproof-{Owner.current().token}-"))
    (folder / "data").mkdir(mode=0o700)
    for path in (folder / "data", folder):
        shutil.chown(path, account.uid, account.gid)
    return folder


def _write(path: Path, text: str, account: Account) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
    shutil.chown(path, account.uid, account.gid)


def _users(server: URL, admins: str) -> str:
    users = [(server.username or "", str(server.password or "")), (_ADMIN, admins)]
    return "".join(f"{_quoted(user)} {_quoted(password)}\n" for user, password in users)


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _configuration(server: URL, folder: Path, settings: Mapping[str, str]) -> str:
    host, port = server.host or server.query.get("host", "localhost"), server.port or server.query.get("port", 5432)
    lines = {
        "listen_addr": _HOST,
        "unix_socket_dir": "",
        # The passwords are there in clear, so that PgBouncer can give them to the server, whichever way that asks.
        "auth_type": "scram-sha-256",
        "auth_file": str(folder / "users"),
        "admin_users": _ADMIN,
        "pool_mode": "transaction",
    } | dict(settings)
    return "\n".join(
        ["[databases]", f"* = host={host} port={port}", "[pgbouncer]", *(f"{key} = {lines[key]}" for key in lines), ""]
    )


def _launch(folder: Path, program: str, account: Account) -> "subprocess.Popen[bytes]":
    command = [program, str(folder / "ini")]
    if account.uid != os.geteuid():  # it refuses to run as root; started as root, it can read all of its own files
        command += ["-u", pwd.getpwuid(account.uid).pw_name]
    return subprocess.Popen(
        ["/bin/sh", "-c", _GUARD.read_text(), "schemaproof-guard", str(folder), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder / "data",  # by which a sweep knows the process
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
        start_new_session=True,  # Ctrl-C is for the owner, which then closes the pipe
    )


def _console(folder: Path, port: int, password: str) -> psycopg.Connection:
    """The admin console of PgBouncer, as soon as that runs (PgBouncer's manual, "Admin console")."""
    deadline = time.monotonic() + _START_TIMEOUT
    dsn = f"postgresql://{_ADMIN}@{_HOST}:{port}/pgbouncer"
    while True:
        try:
            # Without a threshold nothing is prepared: it takes plain statements alone.
            return psycopg.connect(dsn, password=password, autocommit=True, prepare_threshold=None)
        except psycopg.OperationalError as error:
            if _runs(folder) and time.monotonic() < deadline:
                time.sleep(_POLL)
                continue
            path = folder / "log"
            log = path.read_text(errors="replace") if path.exists() else ""
            raise PostgresError(
                "PgBouncer did not start.",
                evidence="\n".join(log.splitlines()[-15:]),
                remedy="Fix what its log reports above; a missing library comes with the package pgbouncer.",
            ) from error


def _runs(folder: Path) -> bool:
    """Whether it runs, or is about to."""
    try:
        pid = int((folder / "pid").read_text())
    except (OSError, ValueError):  # the guard has not written it yet
        return True
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _stop(guard: "subprocess.Popen[bytes]", folder: Path) -> None:
    assert guard.stdin is not None  # noqa: S101 (for the type checker)
    with contextlib.suppress(BrokenPipeError), guard.stdin as pipe:  # BrokenPipeError: somebody ended the guard
        pipe.write(b"\n")
    try:
        guard.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise PostgresError(
            f"PgBouncer (guard pid {guard.pid}) did not stop within {_STOP_TIMEOUT:.0f} s.",
            remedy=f"Run again: the next run ends it and removes {folder}.",
        ) from error
