"""The pytest plugin from outside: pytest runs on small projects, and what they show and leave behind."""

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest

from schemaproof.postgres import Database, Server
from schemaproof.postgres.binaries import Account, find, reachable
from tests.schemaproof.processes import ended, wait_until
from tests.schemaproof.projects import Step, make_project, table
from tests.schemaproof.running import Running, running
from tests.schemaproof.warm import Warm

pytestmark = pytest.mark.usefixtures("proved_server")

Run = Callable[..., pytest.RunResult]

PASSING = "def test_passes(empty_database): pass"


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inner runs use the embedded server, by the same way that a user's CI says so."""
    monkeypatch.setenv("SCHEMAPROOF_POSTGRES", "embedded")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with an empty test configuration."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


@pytest.fixture
def run(project: pytest.Pytester, warm: Warm) -> Run:
    """Runs pytest in the project."""
    return partial(warm.pytest, project)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch, postgres_server: Server) -> None:
    """The inner run uses the server of this one, since the test is not about its start or end."""
    monkeypatch.setenv("SCHEMAPROOF_POSTGRES", postgres_server.url.render_as_string(hide_password=False))


def databases(output: str) -> list[str]:
    """The connection strings that the inner tests printed."""
    return re.findall(r"\bdsn (\S+)$", output, re.MULTILINE)


def test_header_says_which_server_which_version_and_why(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile("def test_passes(): pass")
    result = run("--postgres", "embedded")
    result.stdout.re_match_lines([r"postgres: embedded PostgreSQL \d+\.\d+ \(\S+\); chosen by an option"])


def test_header_says_why_there_is_no_container(
    project: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{project.path / 'none.sock'}")
    project.makepyfile("def test_passes(): pass")
    result = run("--postgres", "auto")
    result.stdout.re_match_lines(
        [r"postgres: embedded .*; no Docker engine answered within 2 s at DOCKER_HOST=unix:.*"]
    )


def test_header_is_silent_in_a_project_that_asked_for_nothing(
    project: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POSTGRES", "POSTGRES_IMAGE", "POSTGRES_BINDIR"):
        monkeypatch.delenv(f"SCHEMAPROOF_{name}", raising=False)
    project.makepyfile("def test_passes(): pass")
    result = run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("postgres:*")


def test_summary_names_the_server_that_the_tests_ran_on(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile("def test_version(postgres_server): print('version', postgres_server.version_text)")
    output = run("-s").stdout.str()
    version = re.search(r"version (\S+)", output)
    assert version is not None
    assert f"postgres: ran on {version[1]}, embedded PostgreSQL {version[1]} (" in output


def test_no_server_is_started_when_no_test_asks(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile("def test_passes(): pass")
    result = run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("postgres: ran on*")


def test_wrong_value_is_a_usage_error_that_names_the_valid_ones(run: Run) -> None:
    result = run("--postgres", "docker")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*is neither a provider nor a URL of PostgreSQL: 'docker'*", "*auto, container, embedded, or a URL*"]
    )


def test_bindir_as_an_argument_of_its_own_is_a_usage_error_with_the_right_way(run: Run) -> None:
    """It is taken for a folder of tests, long before plugins are asked, and moves its root directory there."""
    result = run("--postgres-bindir", "/")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*must be one argument*", "Remedy: --postgres-bindir=/"])


def test_bindir_is_where_the_server_is_from(project: pytest.Pytester, run: Run) -> None:
    bindir = reachable(find(None), Account.of_server()).bindir  # this clone may be in a folder that is closed to others
    project.makepyfile(PASSING)
    result = run(f"--postgres-bindir={bindir}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"postgres: embedded PostgreSQL * ({bindir});*"])
    result.stdout.fnmatch_lines([f"rootdir: {project.path}"])


def test_server_that_is_not_to_be_had_fails_the_test_with_cause_and_remedy_and_no_frames(
    project: pytest.Pytester,
    run: Run,
) -> None:
    project.makepyfile(PASSING)
    result = run("--postgres", "postgresql://me@127.0.0.1:1/x")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*Can't connect to the PostgreSQL server *127.0.0.1:1/x*", "*Remedy: Check that it runs*"]
    )
    result.stdout.no_fnmatch_line("*databases.py*")
    result.stdout.no_fnmatch_line("*During handling of the above exception*")


@pytest.mark.usefixtures("shared")
def test_database_of_a_passing_test_is_dropped_and_of_a_failing_one_kept(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        """
        import psycopg

        seen = {}

        def test_passes(empty_database):
            seen["passing"] = empty_database.name

        def test_fails(empty_database):
            seen["failing"] = empty_database.name
            assert False

        def test_looks(postgres_server):
            with psycopg.connect(postgres_server.url.render_as_string(hide_password=False)) as connection:
                names = {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}
            assert seen["failing"] in names
            assert seen["passing"] not in names
        """
    )
    run("-p", "no:randomly").assert_outcomes(passed=2, failed=1)


def test_report_of_a_failing_test_has_a_psql_command_that_connects(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        """
        import psycopg, re

        def test_fails(empty_database):
            with psycopg.connect(empty_database.dsn) as connection:
                connection.execute("CREATE TABLE evidence ()")
            assert False

        def test_follows_the_advice(pytestconfig):
            (report,) = pytestconfig.stash[KEY]
            command = re.search("psql '(.*)'", dict(report.sections)["PostgreSQL"])[1]
            with psycopg.connect(command) as connection:
                connection.execute("TABLE evidence")
        """
    )
    project.makeconftest(
        """
        import builtins, pytest

        builtins.KEY = pytest.StashKey()

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item):
            report = yield
            if report.failed:
                item.config.stash.setdefault(KEY, []).append(report)
            return report
        """
    )
    run("-p", "no:randomly").assert_outcomes(passed=1, failed=1)


@pytest.mark.usefixtures("shared")
def test_template_of_a_project_is_what_its_databases_are_cloned_from(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        """
        import psycopg, pytest

        def build(database):
            with psycopg.connect(database.dsn) as connection:
                connection.execute("CREATE TABLE from_template ()")

        @pytest.fixture(scope="session")
        def postgres_template(postgres_server):
            return postgres_server.template(["1"], build)

        @pytest.mark.parametrize("n", [1, 2])
        def test_has_its_table(postgres_database, n):
            with psycopg.connect(postgres_database.dsn) as connection:
                connection.execute("TABLE from_template")
                connection.execute("DROP TABLE from_template")
        """
    )
    run().assert_outcomes(passed=2)


def test_workers_share_one_server_and_build_a_template_once(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        """
        import os, pathlib, pytest

        @pytest.fixture(scope="session")
        def postgres_template(postgres_server):
            def build(database):
                with open("built", "a") as file:
                    file.write("once\\n")
            return postgres_server.template(["shared"], build)

        @pytest.mark.parametrize("n", range(8))
        def test_uses_it(postgres_server, postgres_database, n):
            with open("seen", "a") as file:
                print(os.environ["PYTEST_XDIST_WORKER"], postgres_server.url.port, file=file)
        """
    )
    run("-n", "2").assert_outcomes(passed=8)
    workers, ports = zip(*(line.split() for line in (project.path / "seen").read_text().splitlines()), strict=True)
    assert set(workers) == {"gw0", "gw1"}
    assert len(set(ports)) == 1
    assert (project.path / "built").read_text() == "once\n"


def test_named_server_is_left_as_it_was(project: pytest.Pytester, run: Run, empty_database: Database) -> None:
    project.makepyfile("def test_fails(empty_database):\n    print('dsn', empty_database.dsn)\n    assert False")
    url = empty_database.url().render_as_string(hide_password=False)
    result = run("--postgres", url)
    result.assert_outcomes(failed=1)
    (dsn,) = databases(result.stdout.str())
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(dsn)
    psycopg.connect(empty_database.dsn).close()


BLOCKING = """
def test_blocks(postgres_server, empty_database):
    import pathlib, time
    pathlib.Path("unfinished").write_text(empty_database.dsn)
    pathlib.Path("unfinished").rename("dsn")
    time.sleep(120)
"""


@contextmanager
def blocked_run(warm: Warm, project: pytest.Pytester, *arguments: str) -> Iterator[tuple[Running, str]]:
    """A pytest run that has its database and does not end by itself, and the connection string."""
    project.makepyfile(test_blocks=BLOCKING)
    dsn = project.path / "dsn"
    dsn.unlink(missing_ok=True)
    with running(warm, project.path, "pytest", "-p", "no:cacheprovider", *arguments, when=dsn.exists) as run:
        yield run, dsn.read_text()


def server_of(run: Running) -> tuple[psutil.Process, Path]:
    """The run's PostgreSQL server, and its folder."""
    (guard,) = psutil.Process(run.pid).children()
    (server,) = guard.children()
    return server, Path(server.cwd()).parent


def gone(server: psutil.Process, folder: Path) -> bool:
    """Whether neither is there any more."""
    return ended(server) and not folder.exists()


def test_run_that_is_interrupted_leaves_nothing(project: pytest.Pytester, warm: Warm) -> None:
    with blocked_run(warm, project) as (run, _):
        server, folder = server_of(run)
        run.send_signal(signal.SIGINT)
        assert run.wait().returncode == pytest.ExitCode.INTERRUPTED
        assert gone(server, folder)


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_run_that_is_killed_takes_its_embedded_server_along(
    project: pytest.Pytester, warm: Warm, kill: signal.Signals
) -> None:
    with blocked_run(warm, project) as (run, _):
        server, folder = server_of(run)
        run.send_signal(kill)
        wait_until(lambda: gone(server, folder))


def test_databases_that_a_killed_run_left_on_a_named_server_are_swept_by_the_next(
    project: pytest.Pytester, warm: Warm, run: Run, empty_database: Database
) -> None:
    url = empty_database.url().render_as_string(hide_password=False)
    with blocked_run(warm, project, "--postgres", url) as (killed, dsn):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    psycopg.connect(dsn).close()  # it is still there
    project.makepyfile(test_blocks=PASSING)
    run("--postgres", url).assert_outcomes(passed=1)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(dsn)


@pytest.mark.usefixtures("shared")
def test_database_is_kept_where_a_fixture_fails_in_its_teardown(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        """
        import psycopg, pytest

        seen = []

        @pytest.fixture
        def fails_later(empty_database):
            yield seen.append(empty_database.name)
            assert False

        def test_passes(fails_later): pass

        def test_looks(postgres_server):
            with psycopg.connect(postgres_server.url.render_as_string(hide_password=False)) as connection:
                assert seen[0] in {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}
        """
    )
    result = run("-p", "no:randomly")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.re_match_lines([r"psql 'postgresql://"])


@pytest.mark.usefixtures("shared")
def test_debugger_opens_with_the_psql_command(project: pytest.Pytester, run: Run) -> None:
    """It ends at once: there is nothing to read."""
    project.makepyfile("def test_fails(empty_database): assert False")
    output = run("--pdb").stdout.str()
    assert 0 < output.index("psql 'postgresql://") < output.index("(Pdb)")


def test_server_that_dies_in_the_run_is_told_and_the_summary_still_comes(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        """
        import os, psycopg, signal

        def test_kills_it(postgres_server):
            with psycopg.connect(postgres_server.url.render_as_string(hide_password=False)) as connection:
                data = connection.execute("SHOW data_directory").fetchone()[0]
            with open(data + "/postmaster.pid") as file:
                os.kill(int(file.readline()), signal.SIGQUIT)

        def test_needs_it(empty_database): pass
        """
    )
    result = run("-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*Can't connect to the PostgreSQL server*", "postgres: ran on *"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stderr.no_fnmatch_line("*Traceback*")


STATES = """
import psycopg
import pytest


def tables(database):
    with psycopg.connect(database.dsn) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [name for (name,) in rows if name != "alembic_version"]


@pytest.mark.parametrize("number", range(4))
def test_head(migrated_database, number):
    assert tables(migrated_database) == ["t", "u"]
    with psycopg.connect(migrated_database.dsn) as connection:
        connection.execute("DROP TABLE u")


STATES = [("base", []), ("0001", ["t"]), ("0002", ["t", "u"]), ("heads", ["t", "u"])]


@pytest.mark.parametrize(("revision", "expected"), STATES)
def test_state(database_at, revision, expected):
    assert tables(database_at(revision)) == expected
"""


def migrated_project(project: pytest.Pytester) -> Path:
    """A project of two revisions."""
    make_project(project.path, [table("t"), table("u")])
    project.makepyprojecttoml('[tool.schemaproof]\ndriver = "psycopg"\n')
    return project.path


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_tests_get_the_database_in_the_state_of_a_revision(
    project: pytest.Pytester, run: Run, workers: tuple[str, ...]
) -> None:
    """Each state is built once for all tests and workers: two of them have the second revision."""
    folder = migrated_project(project)
    revision = folder / "migrations" / "versions" / "0002.py"
    text = revision.read_text()
    revision.write_text(text.replace("op.execute('CREATE", "open('ran', 'a').write('x'); op.execute('CREATE"))
    project.makepyfile(STATES)
    run(*workers).assert_outcomes(passed=8)
    assert (folder / "ran").read_text() == "xx"


@pytest.mark.usefixtures("shared")
def test_state_that_cannot_be_reached_fails_the_test_with_cause_and_remedy(project: pytest.Pytester, run: Run) -> None:
    migrated_project(project)
    project.makepyfile("def test_a(database_at): database_at('0009')")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Can't locate revision identified by '0009'.", "Remedy: Name a revision *"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.usefixtures("shared")
def test_migration_that_fails_is_told_where_head_is_asked_for(project: pytest.Pytester, run: Run) -> None:
    make_project(project.path, [Step("SELECT 1/0")])
    project.makepyfile("def test_a(migrated_database): pass")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*`alembic upgrade heads` fails at 0001.", "*division by zero*"])
