"""``python -m MODULE ...`` in a fork of a process that has imported everything, for tests of what a command says.

Of such a test's seconds most would go into the imports of pytest, its plugins, SQLAlchemy and Alembic. The process that
forks has run nothing of a test, and has neither threads nor connections: a fork finds what a new process would find
after its imports, and knows what servers have proved to the process that asks: each proof costs half a second. Where
the process as such is what a test is about (its signals, what it imports), it starts one.

In a run of pytest, the process that runs the project's code (``schemaproof.run.items.process``) is such a fork too: of
what the run has been before it began, so that it knows as little of the run as a new process. So are xdist's workers.

This file is also the program of the process that forks, so it imports nothing from beside it.
"""

import fcntl
import gc
import importlib
import os
import pickle
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import chdir, nullcontext, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic, sleep
from types import ModuleType, SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    import pytest

    from schemaproof.catalog.noise import Noise

SECONDS = 240  # until a command that does not end is ended
_DESCRIPTORS = 8  # at most, that a process for a project's code is given

# What the commands import later than at their start.
_IMPORTED = [
    *("alembic.config", "alembic.command", "alembic.autogenerate", "asyncpg", "psycopg", "psycopg2"),
    *("sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.postgresql.psycopg"),
    *("schemaproof.cli", "schemaproof.run.verification", "schemaproof.run.items.items"),
    *("schemaproof.run.items.examiner", "schemaproof.postgres.broker", "schemaproof.postgres.embedded"),
    *("schemaproof.report.files", "schemaproof.report.text", "schemaproof.report.catalogue"),
    *("schemaproof.proofs.deletes.prepare", "schemaproof.proofs.deletes.flushes", "schemaproof.proofs.deletes.contest"),
]


class Warm:
    """The process that forks; as a context manager it is ended at the end."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        self._process = subprocess.Popen([sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()])
        theirs.close()

    def run(
        self,
        module: str,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        printed: Path | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """What ``python -m module arguments...`` printed in ``cwd`` (default: here) with ``env``, and its exit status.

        What it prints is in the files ``out`` and ``err`` of the folder ``printed``, if there is one, while it runs.

        Raises:
            TimeoutError: when it has not ended after 240 s; it is ended then.
        """
        from schemaproof.catalog import noise  # noqa: PLC0415 (the process that forks imports it in its own way)

        with nullcontext(printed) if printed else tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("out", "err")]
            environment = dict(os.environ if env is None else env)
            asked = (dict(noise._proved), module, arguments, str(cwd or Path.cwd()), environment)
            self._connection.send((*asked, [str(file) for file in files]))
            status = self._status()
            out, err = (file.read_text(encoding="utf-8", errors="replace") for file in files)
        return subprocess.CompletedProcess(["python", "-m", module, *arguments], status, out, err)

    def pytest(self, pytester: "pytest.Pytester", *arguments: str) -> "pytest.RunResult":
        """As ``pytester.runpytest_subprocess(*arguments)``."""
        import pytest  # noqa: PLC0415 (as above)

        base = tempfile.mkdtemp(prefix="runpytest-", dir=pytester.path)
        path = os.pathsep.join(filter(None, [str(pytester.path), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {"PYTHONPATH": path}
        done = self.run("pytest", f"--basetemp={base}", *arguments, cwd=pytester.path, env=environment)
        print(done.stdout, done.stderr, sep="\n")  # for a test that fails
        return pytest.RunResult(done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), 0.0)

    def _status(self) -> int:
        pid: int = self._connection.recv()
        if not self._connection.poll(SECONDS):
            os.kill(pid, signal.SIGKILL)
            self._connection.recv()
            raise TimeoutError(f"no end after {SECONDS} s")
        status: int = self._connection.recv()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.wait()


def _serve(descriptor: int) -> None:
    """Fork for each command until none comes any more; in a fork, return what its command does in the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a Ctrl-C the process that asks hears too, and then it is gone
    _import_all()
    gc.collect()
    gc.freeze()  # what a collection does not look at stays shared
    with Connection(descriptor) as connection, suppress(EOFError):
        while True:
            asked = connection.recv()
            pid = os.fork()
            if not pid:
                break
            connection.send(pid)
            connection.send(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    if not pid:
        proved, *command = asked
        _remember(proved)
        _run(*command)


def _remember(proved: "Mapping[str, tuple[Noise, ...]]") -> None:
    """Take over what servers have proved, by their version()."""
    from schemaproof.catalog import noise  # noqa: PLC0415 (as above)

    for release, found in proved.items():
        noise.remember(release, found)


def _import_all() -> None:
    """Import what pytest imports, by a run of it, since it rewrites the asserts of its plugins; then the rest."""
    import pytest  # noqa: PLC0415 (as above)

    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("test_imports.py").write_text("def test_passes(tmp_path, capfd): assert True\n")
        pytest.main(["-p", "no:cacheprovider", "-W", "ignore", folder])
    os.dup2(out, 1)
    for name in _IMPORTED:
        with suppress(ImportError):  # not each environment has each driver
            importlib.import_module(name)


class _Spare:
    """A fork that waits until it is made ``python -c CODE``, and ends with the process that it was forked for.

    In that one, this has what ``schemaproof.run.items.process`` and xdist ask of a :class:`subprocess.Popen`.
    """

    def __init__(self, path: Sequence[str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._status: int | None = None
        self.pid = os.fork()
        if not self.pid:
            self._socket.close()
            _be(theirs, path)
        theirs.close()

    def become(self, code: str, files: Mapping[int, int], *, worker: bool = False) -> None:
        """Be ``python -c code`` with ``files``: ours by the descriptors that they have there.

        A ``worker`` of xdist has spares of its own; what is none is in a session of its own.
        """
        told = pickle.dumps((code, str(Path.cwd()), dict(os.environ), list(files), worker))
        socket.send_fds(self._socket, [len(told).to_bytes(4)], list(files.values()))
        self._socket.sendall(told)
        self._socket.close()

    def poll(self) -> int | None:
        """The exit status; None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def kill(self) -> None:
        """End it."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float = SECONDS) -> int:
        """The exit status.

        Raises:
            subprocess.TimeoutExpired: when there is none after ``timeout`` seconds.
        """
        deadline = monotonic() + timeout
        while (status := self.poll()) is None:
            if monotonic() > deadline:
                raise subprocess.TimeoutExpired("python -c", timeout)
            sleep(0.005)
        return status


def _be(connection: socket.socket, path: Sequence[str]) -> NoReturn:
    """Wait to be told, and be it."""
    size, received, _, _ = socket.recv_fds(connection, 4, _DESCRIPTORS)
    if not size:
        os._exit(0)
    with connection.makefile("rb") as file:
        code, cwd, environment, numbers, worker = pickle.loads(file.read(int.from_bytes(size)))  # noqa: S301 (our own)
    connection.close()
    null = os.open(os.devnull, os.O_RDWR)
    # First out of the way of the numbers that they are to have; else nobody would see the end of a pipe.
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in (null, null, *received)]
    for descriptor in (null, *received):
        os.close(descriptor)
    for descriptor, number in zip(high, (0, 1, *numbers), strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if worker:
        _lend_spares()
    else:
        os.setsid()
    _enter(cwd, environment, ["", *path])
    sys.argv = ["-c"]
    sys.modules["__main__"] = ModuleType("__main__")
    exec(code, vars(sys.modules["__main__"]))  # noqa: S102 (as python -c does)
    sys.exit(0)


def _lend_spares() -> None:
    """Let the first few processes for a project's code be spares."""
    from schemaproof.run.items import process  # noqa: PLC0415 (as above)

    path = sys.path[:]
    spares = [_Spare(path) for _ in range(3)]  # more than most runs need; each costs some milliseconds

    def popen(command: Sequence[str], **how: Any) -> Any:
        if not spares:
            return subprocess.Popen(command, **how)
        spare = spares.pop()
        spare.become(command[-1], {2: how["stderr"].fileno(), **{one: one for one in how["pass_fds"]}})
        return spare

    standing_in = {"Popen": popen, "DEVNULL": subprocess.DEVNULL, "TimeoutExpired": subprocess.TimeoutExpired}
    vars(process)["subprocess"] = SimpleNamespace(**standing_in)


def _lend_workers() -> None:
    """Let xdist's first workers be spares."""
    from execnet.gateway_io import Popen2IOMaster  # noqa: PLC0415 (for runs with workers)

    path = sys.path[:]
    spares = [_Spare(path) for _ in range(2)]
    begin = Popen2IOMaster.__init__

    def begin_with_spare(master: Any, command: list[str], execmodel: Any) -> None:
        if not spares:
            begin(master, command, execmodel)
            return
        master.popen = spare = spares.pop()
        (stdin, write), (read, stdout) = os.pipe(), os.pipe()
        spare.become(command[-1], {0: stdin, 1: stdout, 2: 2}, worker=True)
        os.close(stdin)
        os.close(stdout)
        super(Popen2IOMaster, master).__init__(os.fdopen(write, "wb"), os.fdopen(read, "rb"), execmodel=execmodel)

    vars_of: Any = Popen2IOMaster
    vars_of.__init__ = begin_with_spare


def _enter(cwd: str, environment: Mapping[str, str], path: Sequence[str]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path


def _run(
    module: str, arguments: Sequence[str], cwd: str, environment: Mapping[str, str], printed: Sequence[str]
) -> NoReturn:
    """Be ``python -m module arguments...``."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if module == "pytest":
        _lend_spares()
        if "-n" in arguments:
            _lend_workers()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in enumerate(printed, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    _enter(cwd, environment, [cwd, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)), *sys.path])
    sys.argv = [module, *arguments]  # its file's name comes from runpy
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit(0)


if __name__ == "__main__":
    del sys.path[0]  # this folder
    _serve(int(sys.argv[1]))
