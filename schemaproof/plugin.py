"""The pytest plugin: options, fixtures for :mod:`schemaproof.postgres`, and how a failing test's database is reported.

It is loaded in every pytest run of every project that has the harness installed, so it imports late, and no server is
started before a test asks for one.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from schemaproof.postgres import Choice, Database, Options, Server, Template
    from schemaproof.postgres.broker import Broker
    from schemaproof.project.subject import Subject
    from schemaproof.run.items.items import Examination
    from schemaproof.run.items.plan import Plan

_DATABASES = pytest.StashKey[list["Database"]]()
_FAILED = pytest.StashKey[bool]()
_STATE = pytest.StashKey["_State"]()


@dataclasses.dataclass
class _State:
    """What the plugin knows of this run.

    ``broker`` is made when it is first needed, and never in an xdist worker; ``plan`` when a module asks for checks.
    """

    options: Options
    choice: Choice | None = None
    broker: Broker | None = None
    plan: Plan | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("schemaproof", "throwaway PostgreSQL")
    group.addoption(
        "--postgres",
        metavar="auto|container|embedded|URL",
        help="Where the tests' PostgreSQL comes from. auto (the default): a container if a Docker engine answers, else"
        " embedded. With a URL, databases are created beside the one it names. If not given: SCHEMAPROOF_POSTGRES, then"
        " postgres in [tool.schemaproof].",
    )
    group.addoption(
        "--postgres-image",
        metavar="IMAGE",
        help="The container's image. If not given: SCHEMAPROOF_POSTGRES_IMAGE, then postgres-image in"
        " [tool.schemaproof].",
    )
    group.addoption(
        "--postgres-bindir",
        metavar="DIR",
        help="The folder of the embedded server's programs, instead of the wheel's. If not given:"
        " SCHEMAPROOF_POSTGRES_BINDIR, then postgres-bindir in [tool.schemaproof].",
    )


def pytest_configure(config: pytest.Config) -> None:
    from schemaproof.postgres.errors import PostgresError
    from schemaproof.postgres.options import Options

    _refuse_separate_bindir(config)
    try:
        options = Options.read(
            config.rootpath,
            provider=config.getoption("--postgres"),
            image=config.getoption("--postgres-image"),
            bindir=config.getoption("--postgres-bindir"),
        )
    except PostgresError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[_STATE] = _State(options)


@pytest.hookimpl(optionalhook=True)  # xdist's
def pytest_configure_node(node: Any) -> None:
    address = _broker(node.config).address
    node.workerinput["schemaproof"] = list(dataclasses.astuple(address))


def pytest_unconfigure(config: pytest.Config) -> None:
    from schemaproof.postgres.errors import PostgresError

    state = config.stash.get(_STATE, None)
    if state is not None and state.broker is not None:
        try:
            state.broker.close()
        except PostgresError as error:  # a server that a test killed, say: the tests' own outcome stands
            print(f"schemaproof: {error}", file=sys.stderr)


def pytest_report_header(config: pytest.Config) -> str | None:
    state = config.stash[_STATE]
    if not state.options.given:
        return None  # a project that only happens to have the harness installed
    from schemaproof.postgres import PostgresError, choose

    try:
        state.choice = choose(state.options)
    except PostgresError as error:
        return f"postgres: none ({error.cause})"
    return f"postgres: {state.choice}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    broker = config.stash[_STATE].broker
    if broker is not None and broker.server is not None:
        terminalreporter.write_line(f"postgres: ran on {broker.server.release}, {broker.server.about}")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[pytest.Item] | None:
    """Make items for the checks that a test module imported from ``schemaproof.testing``."""
    if type(obj).__module__ != "schemaproof.testing":  # of any object of any project, so nothing else is asked of it
        return None
    from schemaproof.run.items.items import make
    from schemaproof.testing import Checks

    assert isinstance(obj, Checks)  # noqa: S101 (nothing else in that module has instances)
    return [*make(collector, name, obj, _plan(collector.config))]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.stash[_STATE].plan is not None:
        from schemaproof.run.items.items import sort

        sort(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    databases = item.stash.get(_DATABASES, [])
    if report.failed and databases:
        item.stash[_FAILED] = True
        lines = ["Kept until the session ends (--pdb stops before that):", *(database.psql for database in databases)]
        report.sections.append(("PostgreSQL", "\n".join(lines)))
        if item.config.getoption("usepdb"):  # the debugger opens before the report is shown
            item.config.get_terminal_writer().line("\n".join(lines))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Drop the test's databases after all of its fixtures, any of which may fail in its teardown."""
    try:
        result = yield
    except BaseException:
        item.stash[_FAILED] = True
        raise
    if not item.stash.get(_FAILED, False):
        _drop(item.stash.get(_DATABASES, []))
    return result


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Server:
    """The run's throwaway PostgreSQL server; all xdist workers share it."""
    server = _ask(request.config)
    request.config.add_cleanup(server.close)  # not in a finalizer: the last test's databases are dropped after those
    return server


@pytest.fixture(scope="session")
def postgres_template() -> Template | None:
    """The template that ``postgres_database`` is cloned from; None for an empty database. Override it in your project.

    Make one with ``postgres_server.template(parts, build)``.
    """
    return None


@pytest.fixture
def postgres_database(
    request: pytest.FixtureRequest, postgres_server: Server, postgres_template: Template | None
) -> Database:
    """A fresh clone of ``postgres_template``, dropped after the test unless it failed."""
    return _lend(request, postgres_server.clone(postgres_template))


@pytest.fixture
def migrated_database(
    request: pytest.FixtureRequest, postgres_server: Server, schemaproof_subject: Subject
) -> Database:
    """A fresh clone of the project's database at head, which is migrated once per run; dropped unless the test failed.

    Nothing has to be configured but what ``schemaproof verify`` needs.
    """
    return _at(request, postgres_server, schemaproof_subject, "heads")


@pytest.fixture
def database_at(
    request: pytest.FixtureRequest, postgres_server: Server, schemaproof_subject: Subject
) -> Callable[[str], Database]:
    """Called with a revision ("0007", "base", what Alembic takes for one): a clone of the database in its state."""
    return lambda revision: _at(request, postgres_server, schemaproof_subject, revision)


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, postgres_server: Server) -> Database:
    """A fresh empty database, dropped after the test unless it failed."""
    return _lend(request, postgres_server.create())


@pytest.fixture(scope="session")
def schemaproof_subject(pytestconfig: pytest.Config) -> Subject:
    """The project that ``schemaproof.testing`` verifies; an override must have the revisions that pytest collected."""
    from schemaproof.run.items.items import subject_at

    return subject_at(pytestconfig.rootpath)


@pytest.fixture(scope="session")
def schemaproof_examination(pytestconfig: pytest.Config, postgres_server: Server) -> Generator[Examination]:
    """Runs the checks of ``schemaproof.testing``; when the session ends, nothing of it is left on the server."""
    from schemaproof.run.items.items import Examination

    with Examination(postgres_server, _plan(pytestconfig)) as examination:
        yield examination


def _plan(config: pytest.Config) -> Plan:
    from schemaproof.run.items.plan import Plan

    state = config.stash[_STATE]
    if state.plan is None:
        state.plan = Plan.of(config.rootpath)
    return state.plan


def _lend(request: pytest.FixtureRequest, database: Database) -> Database:
    item: pytest.Item = request.node
    item.stash.setdefault(_DATABASES, []).append(database)
    return database


def _at(request: pytest.FixtureRequest, server: Server, subject: Subject, revision: str) -> Database:
    from schemaproof.errors import ProofError
    from schemaproof.run.items.states import template_at

    try:
        return _lend(request, server.clone(template_at(subject, server, revision)))
    except ProofError as error:
        told = str(error)
    pytest.fail(told, pytrace=False)


def _refuse_separate_bindir(config: pytest.Config) -> None:
    """Refuse a folder that follows ``--postgres-bindir`` after a space.

    pytest looks for its root directory before it knows the options of plugins: it takes such a folder for a test
    folder, and finds another configuration or none.
    """
    if "--postgres-bindir" in config.invocation_params.args:
        folder = config.getoption("--postgres-bindir")
        raise pytest.UsageError(
            "--postgres-bindir and its folder must be one argument, or pytest looks for its own configuration there."
            f"\nRemedy: --postgres-bindir={folder}"
        )


def _ask(config: pytest.Config) -> Server:
    from schemaproof.postgres.broker import Address
    from schemaproof.postgres.errors import PostgresError

    address = getattr(config, "workerinput", {}).get("schemaproof")  # xdist's: there is one in its workers only
    try:
        return Address(*address).ask() if address else _broker(config).ask()
    except PostgresError as error:
        told = str(error)
    pytest.fail(told, pytrace=False)  # cause and remedy say it all; the harness' frames do not


def _drop(databases: list[Database]) -> None:
    from schemaproof.postgres.errors import PostgresError

    told = ""
    for database in databases:
        try:
            database.drop()
        except PostgresError as error:
            told = f"The database {database.name} could not be dropped; it is removed with its server.\n{error}"
    if told:
        pytest.fail(told, pytrace=False)


def _broker(config: pytest.Config) -> Broker:
    from schemaproof.postgres.broker import Broker

    state = config.stash[_STATE]
    if state.broker is None:
        state.broker = Broker(lambda: _open(config, state))
    return state.broker


def _open(config: pytest.Config, state: _State) -> AbstractContextManager[Server]:
    from schemaproof.postgres import start

    def progress(text: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"postgres: {text}")

    return start(state.options, choice=state.choice, progress=progress)
