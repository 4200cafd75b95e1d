"""What of a project's errors and output is evidence."""

import contextlib
import logging
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import cache_from_source
from pathlib import Path
from textwrap import indent

import pytest
import sqlalchemy

from schemaproof.migration.evidence import error_text, is_project_file, scrubbed, shown_path
from schemaproof.migration.history import History, open_history
from schemaproof.migration.places.revisions import line_of
from schemaproof.migration.printed import Noise, worth_showing
from schemaproof.migration.revisions import load, script_directory
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError
from schemaproof.proofs.registry import CHECKS
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.report.reports import a_finding

FAILING = Step("SELECT no_such_column")
ERROR = (
    'ProgrammingError: (psycopg.errors.UndefinedColumn) column "no_such_column" does not exist\n'
    "LINE 1: SELECT no_such_column\n               ^\n[SQL: SELECT no_such_column]\n"
    "  at migrations/versions/0002.py:9: op.execute('SELECT no_such_column')"
)

OF_THE_SECOND = "if config.cmd_opts.revision == '0002': "  # what is printed in each run is no evidence

# What projects do to see their SQL: before the engine is made, its options, and after that.
LOUD = "import logging, sys\nlogging.getLogger('sqlalchemy.engine').setLevel(logging.INFO)\n"
BASIC = LOUD + "logging.basicConfig(level=logging.INFO, force=True"
JSON = """
import json
class Json(logging.Formatter):
    def format(self, record):
        return json.dumps({"event": record.getMessage(), "level": record.levelname.lower()})
handler = logging.StreamHandler()
handler.setFormatter(Json())
"""
LISTENER = """
from sqlalchemy import Engine, event
def show(connection, cursor, statement, parameters, *more):
    SHOW
event.listen(engine, "before_cursor_execute", show)
"""
STRUCTURED = "print(f'2026-01-01T00:00:00Z [info     ] {statement!r:50} parameters={parameters} logger=app.sql')"
LOGS = {
    "echo": ("", ", echo=True", ""),
    "echo-debug": ("", ", echo='debug'", ""),
    "basic-config": (BASIC + ")", "", ""),
    "basic-config-to-stdout": (BASIC + ", stream=sys.stdout)", "", ""),
    "message-alone": (BASIC + ", format='%(message)s')", "", ""),
    "time-and-message": (BASIC + ", format='%(asctime)s %(levelname)s: %(message)s')", "", ""),
    "json": (LOUD + JSON + "logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)", "", ""),
    "two-handlers": (
        LOUD + "log = logging.getLogger('sqlalchemy.engine')\nlog.addHandler(logging.StreamHandler(sys.stdout))\n"
        "log.addHandler(logging.StreamHandler(sys.stderr))",
        "",
        "",
    ),
    "print": ("", "", LISTENER.replace("SHOW", "print(statement); print('SQL>', statement, parameters)")),
    "structured": ("", "", LISTENER.replace("SHOW", STRUCTURED)),
}
type Opened = Callable[..., History]


@pytest.fixture
def opened(tmp_path: Path, own_server: Server) -> Iterator[Opened]:
    """The history of a project of a revision that works and one that fails."""
    with ExitStack() as stack:

        def begin(env: str) -> History:
            return stack.enter_context(open_history(make_project(tmp_path, [table("t"), FAILING], env=env), own_server))

        yield begin


def with_code(before: str, options: str, after: str) -> str:
    """An env.py with code before its engine is made, options for that, and code after it."""
    engine = "    engine = engine_from_config("
    env = ENV.replace(engine, indent(before, "    ") + "\n" + engine)
    return env.replace("poolclass=NullPool)", f"poolclass=NullPool{options})\n" + indent(after, "    "))


@pytest.fixture(autouse=True)
def _loggers() -> Iterator[None]:
    """Leave no handler behind that a project has put on a logger."""
    names = ("", "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.Engine")
    before = {name: logging.getLogger(name).handlers[:] for name in names}
    logging.getLogger(names[-1]).handlers.clear()  # echo puts one there, on the first output of the process
    yield
    for name, handlers in before.items():
        logging.getLogger(name).handlers[:] = handlers


@pytest.mark.parametrize(("before", "options", "after"), LOGS.values(), ids=LOGS)
def test_log_of_sql_is_no_evidence(opened: Opened, before: str, options: str, after: str) -> None:
    says = f"\n{OF_THE_SECOND}print('the project says so')"
    run = opened(with_code(before, options, after + says)).stairs("0002").up
    assert "SELECT no_such_column" in run.output
    assert run.told == f"{ERROR}\n| the project says so"


@pytest.mark.parametrize(
    "report",
    [
        "import traceback; traceback.print_exc()",
        "import logging; logging.basicConfig(); logging.getLogger('app').exception('it failed')",
        "print(error)",
        "print('Migration failed:', error)",
        "import json, traceback; print(json.dumps({'event': 'failed', 'exc_info': traceback.format_exc()}))",
    ],
)
def test_error_is_told_once_though_the_project_prints_it_too(opened: Opened, report: str) -> None:
    run = "        with context.begin_transaction():\n            context.run_migrations()\n"
    caught = f"        try:\n{indent(run, '    ')}        except Exception as error:\n            {report}; raise\n"
    head, _, tail = ENV.rpartition(run)
    told_lines = opened(head + caught + tail).stairs("0002").up.told.splitlines()
    assert [line for line in told_lines if "does not exist" in line] == [ERROR.splitlines()[0]]
    assert "Traceback" not in "\n".join(told_lines)
    assert len(told_lines) == len(set(told_lines))


def test_what_the_project_says_is_kept_and_bounded(opened: Opened) -> None:
    env = with_code("", "", f"for number in range(500):\n    {OF_THE_SECOND}print('row', number, 'x' * 1000)")
    told = opened(env).stairs("0002").up.told
    assert "| row 499 " in told
    assert len(told) < 10_000


def test_addresses_are_left_out() -> None:
    assert scrubbed("<app.Thing object at 0x7f3a5c0b1d90> and <function f at 0x55d0c8a2e1f0>") == (
        "<app.Thing object> and <function f>"
    )
    assert scrubbed("Connection(0x7f3a5c0b1d90)") == "Connection(0x...)"
    assert scrubbed("the colour 0xFF00AA") == "the colour 0xFF00AA"


def test_error_text_has_no_addresses() -> None:
    assert error_text(ValueError(f"bad {object()}")) == "ValueError: bad <object object>"


def test_error_of_a_group_is_its_first() -> None:
    assert error_text(ExceptionGroup("2 errors", [ValueError("one"), ValueError("two")])) == "ValueError: one"


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("{project}/app/db/migrations/env.py", "app/db/migrations/env.py"),
        ("{project}/../libs/shared/models.py", "../libs/shared/models.py"),
        ("migrations/env.py", "migrations/env.py"),
        (sqlalchemy.__file__, "sqlalchemy/__init__.py"),
        (logging.__file__, "logging/__init__.py"),
        ("/somewhere/else/altogether.py", "/somewhere/else/altogether.py"),
    ],
)
def test_path_is_as_an_editor_opens_it(tmp_path: Path, filename: str, shown: str) -> None:
    project = tmp_path / "of" / "a" / "project"
    assert shown_path(filename.format(project=project), project) == shown


BUILT_ELSEWHERE = [
    "asyncpg/pgproto/uuid.pyx",
    "psycopg_binary/_psycopg/transform.pyx",
    "lib/sqlalchemy/cyextension/processors.pyx",
    "black/__init__.py",
    "/project/psycopg_binary/_psycopg/transform.pyx",
    "<frozen importlib._bootstrap>",
    "<string>",
]


@pytest.mark.parametrize("filename", BUILT_ELSEWHERE)
def test_file_that_an_extension_was_built_from_is_not_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filename: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_project_file(filename)


@pytest.mark.parametrize(
    ("filename", "there"),
    [
        ("app/fast.pyx", "app/fast.pyx"),
        ("app/models.py", "app/models.py"),
        ("app/models.py", "app/models.pyc"),  # a project that ships no sources
        ("app/models.py", cache_from_source("app/models.py")),
    ],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_file_that_is_there_is_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filename: str, there: str, *, absolute: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(there).parent.mkdir(parents=True)
    Path(there).touch()
    assert is_project_file(str(tmp_path / filename) if absolute else filename)


@pytest.mark.parametrize("folder", [".venv/lib/python3.12/site-packages", "vendor/dist-packages"])
def test_library_in_the_projects_folder_is_not_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(folder).mkdir(parents=True)
    Path(folder, "some.py").touch()
    assert not is_project_file(f"{folder}/some.py")


def test_error_of_an_extension_is_told_by_the_projects_line(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t")])
    (tmp_path / "migrations" / "versions" / "0001.py").write_text(
        "from asyncpg.pgproto.pgproto import UUID\n\nrevision, down_revision = '0001', None\n\n\n"
        "def upgrade():\n    UUID('none')\n"
    )
    with open_history(subject, own_server) as history:
        (revision,) = history.chain.revisions
        with history.empty_database() as database:
            run = history.environment.upgrade(history.chain.script, database, [revision])
    assert run.told.splitlines()[1:] == ["  at migrations/versions/0001.py:7: UUID('none')"]


def test_paths_in_output_are_the_projects(tmp_path: Path) -> None:
    library = Path(sysconfig.get_paths()["purelib"]) / "sqlalchemy" / "sql.py"
    output = f"{tmp_path}/app/models.py:3: SAWarning: no\n{library}:9: UserWarning: {tmp_path}/x.sql\n"
    assert worth_showing(output, Noise(), project=tmp_path) == [
        "app/models.py:3: SAWarning: no",
        "sqlalchemy/sql.py:9: UserWarning: x.sql",
    ]


def test_traceback_that_the_project_survived_is_one_line(tmp_path: Path) -> None:
    output = (
        "before\nTraceback (most recent call last):\n"
        f'  File "{tmp_path}/app/cache.py", line 7, in load\n    raise OSError("no cache")\nOSError: no cache\nafter\n'
    )
    assert worth_showing(output, Noise(), project=tmp_path) == [
        "before",
        "OSError: no cache (at app/cache.py:7)",
        "after",
    ]


def test_place_of_an_error_is_relative_to_the_project(tmp_path: Path, own_server: Server) -> None:
    """Not the last three parts of the path, which no editor finds."""
    subject = make_project(tmp_path / "service", [table("t")], env="raise RuntimeError(object())")
    with pytest.raises(SubjectError) as refused, open_history(subject, own_server):
        pass
    assert (
        refused.value.evidence
        == "RuntimeError: <object object>\n  at migrations/env.py:1: raise RuntimeError(object())"
    )


def test_revision_that_cannot_be_imported_is_told_by_its_place(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t")])
    (tmp_path / "migrations" / "versions" / "0001.py").write_text("revision = '0001'\nraise ValueError(object())\n")
    with contextlib.chdir(tmp_path):
        chain = load(script_directory(subject.config(), contextlib.nullcontext), contextlib.nullcontext)
    (defect,) = chain.defects
    assert (
        defect.evidence == "ValueError: <object object>\n  at migrations/versions/0001.py:2: raise ValueError(object())"
    )


def test_revision_that_imports_what_fails_is_told_by_its_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is where its finding stands: the models may be right for all but this revision."""
    subject = make_project(tmp_path, [table("t")])
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "models_that_fail.py").write_text("import no_such_module\n")
    path = tmp_path / "migrations" / "versions" / "0001.py"
    path.write_text("revision = '0001'\nimport models_that_fail\n\n\ndef upgrade():\n    pass\n")
    with contextlib.chdir(tmp_path):
        chain = load(script_directory(subject.config(), contextlib.nullcontext), contextlib.nullcontext)
    (defect,) = chain.defects
    assert defect.evidence == (
        "ModuleNotFoundError: No module named 'no_such_module'\n"
        "  at migrations/versions/0001.py:2: import models_that_fail\n"
        "  at models_that_fail.py:1: import no_such_module"
    )
    finding = a_finding(revision="0001", evidence=defect.evidence)
    assert line_of(finding, path, tmp_path) == 2


def test_revision_that_calls_what_fails_is_told_by_its_line_too(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = make_project(tmp_path, [table("t")])
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "helper_that_fails.py").write_text("def fill():\n    raise RuntimeError('no')\n")
    path = tmp_path / "migrations" / "versions" / "0001.py"
    path.write_text(
        "from helper_that_fails import fill\n\nrevision, down_revision = '0001', None\n\n\ndef upgrade():\n    fill()\n"
    )
    with open_history(subject, own_server) as history:
        (revision,) = history.chain.revisions
        with history.empty_database() as database:
            run = history.environment.upgrade(history.chain.script, database, [revision])
    assert run.told == (
        "RuntimeError: no\n"
        "  at migrations/versions/0001.py:7: fill()\n"
        "  at helper_that_fails.py:2: raise RuntimeError('no')"
    )


def test_connection_that_was_left_open_is_no_evidence(opened: Opened, recwarn: pytest.WarningsRecorder) -> None:
    """It is collected in any later run, and Python says nothing of it either unless it is asked to."""
    with opened(ENV).environment.surroundings():
        recwarn.clear()
        warnings.warn("left open", ResourceWarning, stacklevel=1)
        warnings.warn("misused", RuntimeWarning, stacklevel=1)
    assert [str(one.message) for one in recwarn] == ["misused"]


def test_no_finding_and_no_error_has_an_address() -> None:
    finding = CHECKS[0].finding(f"of {object()}", evidence=f"seen {object()}")
    error = SubjectError(f"of {object()}", evidence=f"seen {object()}", remedy="")
    assert (finding.message, finding.evidence) == ("of <object object>", "seen <object object>")
    assert (error.cause, error.evidence) == ("of <object object>", "seen <object object>")


def test_record_that_has_no_name_yet_is_made_as_without_us() -> None:
    """As logging.makeLogRecord() makes them, and formatters that take other programs' log."""
    with Noise().listening():
        record = logging.makeLogRecord({"name": "app", "msg": "ready"})
    assert (record.name, record.getMessage()) == ("app", "ready")


TALKATIVE = (
    "print('Using', config.get_main_option('sqlalchemy.url'))\n"
    "import datetime\nprint(datetime.datetime.now(), 'WARNING no cache')\n"
)


def told_of_failing(tmp_path: Path, server: Server, up: str) -> str:
    env = ENV.replace("if context.is_offline_mode():", f"{TALKATIVE}if context.is_offline_mode():", 1)
    steps = [table("t"), Step("SELECT no_such_column")]
    subject = make_project(tmp_path, steps, env=env)
    file = tmp_path / "migrations" / "versions" / "0002.py"
    file.write_text(file.read_text().replace("    op.execute('SELECT no_such_column')", up, 1))
    with open_history(subject, server) as history:
        return history.stairs("0002").up.told


def test_what_each_run_prints_is_no_evidence(tmp_path: Path, postgres_server: Server) -> None:
    told = told_of_failing(
        tmp_path, postgres_server, "    print('7 rows are odd')\n    op.execute('SELECT no_such_column')"
    )
    assert told == ERROR.replace("0002.py:9", "0002.py:10") + "\n| 7 rows are odd"


def test_password_of_the_server_is_no_evidence(tmp_path: Path, postgres_server: Server) -> None:
    password = str(postgres_server.url.password)
    code = "    raise ValueError(op.get_bind().engine.url.render_as_string(hide_password=False))"
    told = told_of_failing(tmp_path, postgres_server, code)
    assert password not in told
    assert ":***@" in told
