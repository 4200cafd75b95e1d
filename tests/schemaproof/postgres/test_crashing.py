"""Servers that are killed and started again: what survives that, what does not, and that nothing is left in the end."""

import contextlib
import pickle
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import docker
import psutil
import psycopg
import pytest

from schemaproof.postgres import (
    CrashServer,
    Database,
    Options,
    PostgresError,
    Server,
    container,
    embedded,
    ports,
    start,
    start_crashable,
)
from schemaproof.postgres.container import Container
from schemaproof.postgres.embedded import Embedded
from schemaproof.postgres.owner import Owner
from tests.schemaproof.postgres.engines import absent_engine
from tests.schemaproof.postgres.owners import Owners
from tests.schemaproof.processes import ended, wait_until

EMBEDDED = Options(provider="embedded")

# proc_sysvipc(5)
_SEGMENTS = Path("/proc/sysvipc/shm")


@pytest.fixture(scope="module")
def containers(engine: docker.DockerClient) -> Options:
    """The options for a container of the image that the run's options name."""
    image = Options.read(Path(__file__).parents[3]).image
    try:
        container.ensure_image(engine, image, progress=print)
    except PostgresError as error:
        pytest.skip(f"containers need an image: {error.cause}")
    return Options(provider="container", image=image)


@pytest.fixture(scope="module", params=["embedded", "container"])
def options(request: pytest.FixtureRequest) -> Options:
    """Either provider's."""
    return EMBEDDED if request.param == "embedded" else cast("Options", request.getfixturevalue("containers"))


@pytest.fixture(scope="module")
def crash(options: Options) -> Iterator[CrashServer]:
    """One server of either provider for all tests, each of which leaves it running."""
    with start_crashable(options) as crash:
        yield crash


@pytest.fixture
def database(crash: CrashServer) -> Iterator[Database]:
    """A database on it with an empty table ``t``."""
    with crash.server.create() as database:
        execute(database, "CREATE TABLE t (i int)")
        yield database


def execute(database: Database, statement: str) -> None:
    """Commit ``statement``."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute(statement)


def rows(database: Database) -> list[tuple[int]]:
    """What is in the table ``t``."""
    with psycopg.connect(database.dsn) as connection:
        return connection.execute("SELECT i FROM t ORDER BY i").fetchall()


def run_again(crash: CrashServer) -> None:
    """Kill the server and start it again."""
    crash.kill()
    crash.restart()


def takes_connections(server: Server) -> bool:
    """Whether the server answers at its address with its password."""
    try:
        psycopg.connect(server.url.render_as_string(hide_password=False)).close()
    except psycopg.OperationalError:
        return False
    return True


def embedded_of(crash: CrashServer) -> Embedded:
    """The embedded server behind it."""
    assert isinstance(crash._running, Embedded)
    return crash._running


def processes_in(folder: Path) -> list[psutil.Process]:
    """The server processes that run in ``folder``."""

    def runs_there(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return process.cwd().startswith(str(folder)) and not ended(process)
        return False

    return [process for process in psutil.process_iter() if runs_there(process)]


def containers_of(engine: docker.DockerClient, owner: Owner) -> set[str]:
    """The names of the containers that carry the owner's label, whether they run or not."""
    found = engine.containers.list(all=True, filters={"label": f"{container._LABEL}={owner.token}"})
    return {str(each.name) for each in found}


def test_row_that_was_committed_is_there_after_a_crash(crash: CrashServer, database: Database) -> None:
    execute(database, "INSERT INTO t VALUES (1)")
    run_again(crash)
    assert rows(database) == [(1,)]


def test_row_that_was_not_committed_is_not_there_after_a_crash(crash: CrashServer, database: Database) -> None:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(database.dsn) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        execute(database, "INSERT INTO t VALUES (2)")  # its commit brings what was written before to the disk
        run_again(crash)
    assert rows(database) == [(2,)]


def test_session_ends_with_the_server(crash: CrashServer, database: Database) -> None:
    with contextlib.closing(psycopg.connect(database.dsn)) as connection:
        run_again(crash)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_server_takes_no_connection_between_kill_and_restart(crash: CrashServer) -> None:
    crash.kill()
    taken = takes_connections(crash.server)
    crash.restart()
    assert not taken


def test_server_has_its_port_and_password_after_a_crash(crash: CrashServer) -> None:
    url = crash.server.url.render_as_string(hide_password=False)
    run_again(crash)
    psycopg.connect(url).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(crash.server.url.set(password="postgres").render_as_string(hide_password=False))


@pytest.mark.parametrize("crashed", [False, True], ids=["from the start", "after a crash"])
def test_crashable_server_is_durable(crash: CrashServer, database: Database, crashed: bool) -> None:
    if crashed:
        run_again(crash)
    names = ["fsync", "synchronous_commit", "full_page_writes", "max_connections"]
    with psycopg.connect(database.dsn) as connection:
        values = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
    assert values == [("on",), ("on",), ("on",), ("300",)]


def test_second_crash_is_survived_like_the_first(crash: CrashServer, database: Database) -> None:
    for i in (1, 2):
        execute(database, f"INSERT INTO t VALUES ({i})")
        run_again(crash)
    assert rows(database) == [(1,), (2,)]


def test_crash_in_the_middle_of_a_recovery_is_survived(crash: CrashServer, database: Database) -> None:
    execute(database, "INSERT INTO t SELECT generate_series(1, 200000)")
    crash.kill()
    order_restart(crash)
    crash.kill()
    crash.restart()
    assert len(rows(database)) == 200000


def order_restart(crash: CrashServer) -> None:
    """Begin to start the killed server again, and do not wait until it has recovered."""
    if isinstance(running := crash._running, Container):
        running._container.get_wrapped_container().start()
        return
    server = embedded_of(crash)
    (server.folder / "pid").unlink()
    assert server._guard.stdin is not None
    server._guard.stdin.write(b"restart\n")
    server._guard.stdin.flush()
    wait_until(lambda: processes_in(server.folder))


def test_server_that_is_killed_twice_is_killed(crash: CrashServer) -> None:
    crash.kill()
    crash.kill()
    crash.restart()
    assert takes_connections(crash.server)


def test_server_that_runs_is_not_restarted(crash: CrashServer) -> None:
    with pytest.raises(ValueError, match="kill it first"):
        crash.restart()
    assert takes_connections(crash.server)


def make_template(server: Server) -> object:
    return server.template(["crash"], lambda _: None)


@pytest.mark.parametrize("use", [Server.create, Server.extensions, Server.require, make_template])
def test_server_connects_again_by_itself_after_a_crash(crash: CrashServer, use: Callable[[Server], object]) -> None:
    crash.server.require()
    run_again(crash)
    use(crash.server)


def test_killed_server_is_told_as_one_that_takes_no_connection(crash: CrashServer) -> None:
    crash.server.require()
    crash.kill()
    try:
        with pytest.raises(PostgresError, match="Can't connect to the PostgreSQL server"):
            crash.server.create()
    finally:
        crash.restart()


def test_server_that_does_not_recover_is_an_error_with_the_end_of_its_log(options: Options) -> None:
    with start_crashable(options) as crash:
        with psycopg.connect(crash.server.url.render_as_string(hide_password=False)) as connection:
            connection.execute("COPY (SELECT) TO PROGRAM 'rm global/pg_control'")
        crash.kill()
        with pytest.raises(PostgresError) as caught:
            crash.restart()
    assert "did not start again after it was killed" in caught.value.cause
    assert "pg_control" in caught.value.evidence


def test_kill_ends_a_session_that_looks_at_nothing_but_its_work() -> None:
    """Without a signal of its own it would find out that the postmaster is gone when it is done."""
    with start_crashable(EMBEDDED) as crash, crash.server.create() as database:
        busy = psycopg.connect(database.dsn, autocommit=True)
        busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
        backend = psutil.Process(busy.info.backend_pid)
        crash.kill()
        left = processes_in(embedded_of(crash).folder)
        busy.close()
        assert ended(backend)
        assert left == []
        crash.restart()


def test_killed_embedded_server_was_not_shut_down() -> None:
    with start_crashable(EMBEDDED) as crash:
        run_again(crash)
        assert "database system was not properly shut down" in (embedded_of(crash).folder / "log").read_text()


def test_restart_leaves_no_refused_connection_in_the_log() -> None:
    """The log's end is the evidence of a recovery that takes too long."""
    with start_crashable(EMBEDDED) as crash, crash.server.create() as database:
        execute(database, "CREATE TABLE t AS SELECT generate_series(1, 200000)")
        run_again(crash)
        assert "FATAL" not in (embedded_of(crash).folder / "log").read_text()


def test_kill_ends_every_process_of_the_container(engine: docker.DockerClient, containers: Options) -> None:
    with start_crashable(containers) as crash:
        assert isinstance(crash._running, Container)
        crash.server.close()  # a shutdown would wait for it, and end in a SIGKILL too
        crash.kill()
        state = engine.containers.get(crash._running.container_id).attrs["State"]
        assert (state["Running"], state["Pid"], state["ExitCode"]) == (False, 0, 128 + 9)


@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
def test_embedded_server_leaves_no_folder_and_no_process_at_the_end(killed: bool) -> None:
    with start_crashable(EMBEDDED) as crash:
        folder = embedded_of(crash).folder
        before = processes_in(folder)
        if killed:
            crash.kill()
    assert before != []
    assert not folder.exists()
    assert all(map(ended, before))


@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
def test_container_leaves_nothing_at_the_end(engine: docker.DockerClient, containers: Options, killed: bool) -> None:
    with start_crashable(containers) as crash:
        assert isinstance(crash._running, Container)
        name = str(engine.containers.get(crash._running.container_id).name)
        volumes = {mount["Name"] for mount in engine.containers.get(name).attrs["Mounts"]}
        assert name in containers_of(engine, Owner.current())
        if killed:
            crash.kill()
    assert name not in containers_of(engine, Owner.current())
    assert not volumes & {volume.name for volume in engine.volumes.list()}


@contextmanager
def owner_process(owners: Owners, options: Options, action: str) -> Iterator[tuple[psutil.Process, str]]:
    """Another process that starts a server, does ``action`` and waits; and what that has printed."""
    started = f"with start_crashable(Options(provider={options.provider!r}, image={options.image!r})) as crash:"
    with owners.owner(f"{started}\n    {action}") as (owner, line):
        yield owner, line


# In each the owner is killed afterwards. The two last are what a kill is after its first steps.
MOMENTS = {
    "while it runs": "pass",
    "after the kill": "crash.kill()",
    "after the restart": "crash.kill(); crash.restart()",
    "in the restart": "crash.kill(); g = crash._running._guard; g.stdin.write(b'restart\\n'); g.stdin.flush()",
    "in the kill": "embedded._postmaster(crash._running.folder).suspend()",
    "late in the kill": (
        "p = embedded._postmaster(crash._running.folder); p.suspend(); [child.kill() for child in p.children()]"
    ),
}


@pytest.mark.skipif(not _SEGMENTS.exists(), reason="only Linux lists the segments of shared memory in a file")
@pytest.mark.parametrize("action", MOMENTS.values(), ids=MOMENTS)
def test_killed_owner_leaves_nothing_of_its_embedded_server(owners: Owners, action: str) -> None:
    action += "; print(crash._running.folder)"
    with owner_process(owners, EMBEDDED, action) as (owner, line):
        folder = Path(line)
        key = segment_key(folder)
        wait_until(lambda: key in segment_keys())
        owner.kill()
        wait_until(lambda: not folder.exists())
    assert processes_in(folder) == []
    assert key not in segment_keys()


def segment_key(folder: Path) -> int:
    """The key of the segment of shared memory by which the server in ``folder`` is found to run, at every start."""
    file = folder / "data" / "postmaster.pid"
    wait_until(lambda: len(file.read_text().splitlines()) > 6)  # a server that starts is writing it
    return int(file.read_text().splitlines()[6].split()[0])


def segment_keys() -> set[int]:
    """The keys of all segments of shared memory on this machine."""
    return {int(line.split()[0]) for line in _SEGMENTS.read_text().splitlines()[1:]}


def test_embedded_server_keeps_its_other_shared_memory_in_its_folder() -> None:
    with start_crashable(EMBEDDED) as crash:
        assert any((embedded_of(crash).folder / "data" / "pg_dynshmem").iterdir())


def test_server_that_was_left_stopped_without_a_guard_is_swept(owners: Owners) -> None:
    # In this order: the kernel lets a stopped process go on when the leader of its session ends.
    action = (
        "p = embedded._postmaster(crash._running.folder); g = crash._running._guard; g.kill(); g.wait(); p.suspend();"
        " print(crash._running.folder)"
    )
    with owner_process(owners, EMBEDDED, action) as (owner, line):
        folder = Path(line)
        assert processes_in(folder) != []
        owner.kill()
        owner.wait()
        embedded.sweep()
        wait_until(lambda: not folder.exists())  # another run on this machine may be about to remove it
        assert processes_in(folder) == []


@pytest.mark.parametrize("action", ["pass", "crash.kill()"], ids=["running", "killed"])
def test_container_of_a_killed_owner_is_swept(
    engine: docker.DockerClient, containers: Options, owners: Owners, action: str
) -> None:
    with owner_process(owners, containers, f"{action}; print(Owner.current().token)") as (process, line):
        owner = Owner.find(line)
        process.kill()
        process.wait()
    assert owner is not None
    assert len(containers_of(engine, owner)) == 1
    container.sweep(engine)
    wait_until(lambda: containers_of(engine, owner) == set())  # another run on this machine may be about to remove it


def test_named_server_is_refused_and_what_to_use_is_told() -> None:
    options = Options(provider="postgresql://me:hunter2@127.0.0.1:1/x")
    with pytest.raises(PostgresError) as caught:
        start_crashable(options).__enter__()
    assert "A server that you name is never killed" in caught.value.cause
    assert "--postgres=embedded or --postgres=container" in caught.value.remedy
    assert "hunter2" not in str(caught.value)


def test_crashable_server_is_embedded_where_the_image_is_not_to_be_had(engine: docker.DockerClient) -> None:
    del engine  # asked for so that there is one
    # No registry has this host, and none is asked: .invalid never resolves (RFC 2606).
    with start_crashable(Options(image="registry.invalid/no/such:1")) as crash:
        assert "The image registry.invalid/no/such:1 is not on this machine" in crash.server.about
        run_again(crash)


def test_options_of_a_server_lead_to_a_crashable_one_like_it(options: Options) -> None:
    with start(options) as server:
        travelled: Server = pickle.loads(pickle.dumps(server))  # noqa: S301 (our own)
        assert travelled.options is not None
        with start_crashable(travelled.options) as crash:
            assert crash.server.options == options
            assert crash.server.version == server.version
            assert crash.server.url.port != server.url.port


def test_options_of_a_server_tell_which_provider_auto_took(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that no engine is looked for again, and none that has come meanwhile gives another server."""
    monkeypatch.setenv("DOCKER_HOST", absent_engine(tmp_path))
    with start(Options()) as server:
        assert server.options == EMBEDDED


def test_server_that_the_user_named_has_no_options(crash: CrashServer) -> None:
    with start(Options(provider=crash.server.url.render_as_string(hide_password=False))) as server:
        assert server.options is None


@pytest.fixture
def taken_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that another process has, and that is tried first."""
    with socket.create_server(("127.0.0.1", ports.lasting_port())) as faster:
        taken: int = faster.getsockname()[1]
        first: dict[Any, Iterator[int]] = {module: iter([taken]) for module in (container, embedded)}
        for module in (container, embedded):
            monkeypatch.setattr(module, "lasting_port", lambda m=module: next(first[m], None) or ports.lasting_port())
        yield taken


def test_crashable_server_takes_another_port_where_the_first_is_taken(options: Options, taken_port: int) -> None:
    with start_crashable(options) as crash:
        assert crash.server.url.port != taken_port
        run_again(crash)


def test_lasting_port_is_none_that_the_system_gives_to_others() -> None:
    """While the server is down, a client's end of some connection must not get its port."""
    with socket.create_server(("127.0.0.1", 0)) as any_port:
        lowest = 32768 if sys.platform == "linux" else 49152
        assert any_port.getsockname()[1] >= lowest > ports.lasting_port()


def test_port_of_a_listening_server_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])
