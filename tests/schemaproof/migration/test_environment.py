import builtins
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path

import pytest

from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject, SubjectError
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import ENV, Step, make_project, table

MESSY = """
import logging, os, sys
os.environ["DATABASE_URL"] = "changed"
logging.getLogger().handlers[:] = []
logging.getLogger("sqlalchemy").disabled = True
print("out"); print("err", file=sys.stderr)
"""


type Opened = Callable[[Subject], AbstractContextManager[History]]


@pytest.fixture
def opened(own_server: Server, databases: Databases) -> Opened:
    """Open a history; at its end there is no database of it any more."""

    @contextmanager
    def begin(subject: Subject) -> Iterator[History]:
        with open_history(subject, own_server) as history:
            yield history
        assert databases() == set()

    return begin


def test_env_py_leaves_the_process_as_it_was(tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mine")
    logger = logging.getLogger("sqlalchemy")
    before = (os.environ["DATABASE_URL"], Path.cwd(), logging.getLogger().handlers[:], logger.disabled, sys.stdout)
    subject = make_project(tmp_path, [table("t")], env=ENV.replace("config =", MESSY + "\nconfig =", 1))
    with opened(subject) as history:
        assert history.stairs("0001").clean
    after = (os.environ["DATABASE_URL"], Path.cwd(), logging.getLogger().handlers[:], logger.disabled, sys.stdout)
    assert after == before


def test_what_env_py_prints_is_kept(tmp_path: Path, opened: Opened, capfd: pytest.CaptureFixture[str]) -> None:
    subject = make_project(tmp_path, [table("t")], env=ENV.replace("config =", MESSY + "\nconfig =", 1))
    with opened(subject) as history:
        up = history.stairs("0001").up
    assert up.output.splitlines() == ["out", "err"]
    assert capfd.readouterr() == ("", "")


def test_env_py_is_told_the_url_by_variable_option_and_own_names(
    tmp_path: Path, opened: Opened, own_server: Server
) -> None:
    look = """
import os
print(os.environ["APP_URL"] == context.config.get_main_option("sqlalchemy.url"), os.environ["APP_URL"])
print(os.environ["APP_HOST"], os.environ["APP_PORT"], os.environ["APP_DATABASE"] in os.environ["APP_URL"])
"""
    subject = make_project(tmp_path, [table("t")], env=ENV.replace("config =", look + "\nconfig =", 1))
    names = {"APP_HOST": "{host}", "APP_PORT": "{port}", "APP_DATABASE": "{database}"}
    with opened(replace(subject, url_env="APP_URL", environment=names)) as history:
        first, second = history.stairs("0001").up.output.splitlines()
    assert first.startswith("True postgresql+psycopg://")
    assert second == f"{own_server.url.host} {own_server.url.port} True"
    assert "APP_HOST" not in os.environ


@pytest.mark.parametrize("ask", ['config.attributes["connection"]', 'config.attributes.get("connection", None)'])
def test_env_py_that_needs_a_connection_is_given_one(tmp_path: Path, opened: Opened, ask: str) -> None:
    env = f"""
from alembic import context

config = context.config
connection = {ask}
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
"""
    subject = make_project(tmp_path, [table("a"), table("b")], env=env)
    with opened(subject) as history:
        assert history.stairs("0002").clean


def test_driver_is_found_out(tmp_path: Path, opened: Opened) -> None:
    """The first that is tried is asyncpg, which serves no synchronous engine."""
    subject = make_project(tmp_path, [table("t")])
    with opened(replace(subject, driver=None)) as history:
        assert history.environment.driver == ("psycopg2" if find_spec("psycopg2") else "psycopg")


def test_driver_of_the_projects_own_url_is_taken(tmp_path: Path, opened: Opened) -> None:
    subject = make_project(tmp_path, [table("t")])
    with (tmp_path / "alembic.ini").open("a") as ini:
        ini.write("sqlalchemy.url = postgresql+psycopg://app@production/app\n")
    with opened(replace(subject, driver=None)) as history:
        assert history.environment.driver == "psycopg"
        assert history.stairs("0001").clean


def test_revision_runs_in_a_module_of_its_own_each_time(tmp_path: Path, opened: Opened) -> None:
    subject = make_project(tmp_path, [table("t")])
    file = tmp_path / "migrations" / "versions" / "0001.py"
    used_up = (
        "names = iter(['t'])\ndef upgrade():\n    op.execute(f'CREATE TABLE {next(names)} (id int PRIMARY KEY)')\n"
    )
    text = file.read_text()
    start, end = text.index("def upgrade"), text.index("def downgrade")
    file.write_text(text[:start] + used_up + text[end:])
    with opened(subject) as history:
        assert history.stairs("0001").clean


def test_error_names_the_line_of_the_revision(tmp_path: Path, opened: Opened) -> None:
    subject = make_project(tmp_path, [Step("SELECT no_such_column")])
    with opened(subject) as history:
        told = history.stairs("0001").up.told
    assert "no_such_column" in told
    assert "versions/0001.py:9: op.execute(" in told


@pytest.mark.parametrize(
    ("env", "cause"),
    [
        (
            "from sqlalchemy import create_engine\ncreate_engine('postgresql+psycopg://x@127.0.0.1:1/y').connect()",
            "127.0.0.1:1/y",
        ),
        ("1 / 0", "fails before any revision runs"),
        ("raise SystemExit('no settings')", "no settings"),
        ("pass", "never called context.run_migrations"),
    ],
)
def test_env_py_that_cannot_be_trusted_is_refused(tmp_path: Path, opened: Opened, env: str, cause: str) -> None:
    subject = make_project(tmp_path, [table("t")], env=env)
    with pytest.raises(SubjectError) as refused, opened(subject):
        pass
    assert cause in str(refused.value)
    assert refused.value.remedy


def test_env_py_that_connects_nowhere_is_refused(tmp_path: Path, opened: Opened) -> None:
    env = "from alembic import context\ncontext.configure(dialect_name='postgresql')\ncontext.run_migrations()"
    subject = make_project(tmp_path, [table("t")], env=env)
    with pytest.raises(SubjectError), opened(subject):
        pass


def test_missing_extension_is_named(tmp_path: Path, opened: Opened) -> None:
    subject = make_project(tmp_path, [Step('CREATE EXTENSION IF NOT EXISTS "no-such-extension"')])
    with pytest.raises(SubjectError, match="no-such-extension"), opened(subject) as history:
        history.stairs("0001")


def test_plain_url_of_the_project_stays_plain(tmp_path: Path, opened: Opened) -> None:
    """It leaves the driver to SQLAlchemy, or env.py puts one in."""
    look = 'print(context.config.get_main_option("sqlalchemy.url").partition(":")[0])'
    subject = make_project(tmp_path, [table("t")], env=ENV.replace("config =", look + "\nconfig =", 1))
    with (tmp_path / "alembic.ini").open("a") as ini:
        ini.write("sqlalchemy.url = postgresql://app@production/app\n")
    with opened(replace(subject, driver=None)) as history:
        assert history.stairs("0001").up.output.strip() == "postgresql"


def test_session_that_a_pool_keeps_is_ended_with_the_run(tmp_path: Path, opened: Opened, own_server: Server) -> None:
    keep = (
        "import builtins; from sqlalchemy import QueuePool\n    engine = builtins.__dict__.setdefault('kept', engine)\n"
    )
    env = ENV.replace("    with engine", f"    {keep}    with engine").replace("NullPool)", "QueuePool)")
    env = env.replace("import NullPool", "import QueuePool")
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE %s AND application_name <> 'schemaproof'"
    with opened(make_project(tmp_path, [table("t")], env=env)) as history:
        history.stairs("0001")
        row = own_server._administer(query, [own_server._name("", "").replace("_", r"\_") + "%"]).fetchone()
    engine = vars(builtins).pop("kept")
    engine.dispose()
    assert row == (0,)


def test_relative_entry_of_the_path_is_looked_up_in_the_project(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever folder it meant before: that of the shell, or of another project."""
    monkeypatch.setitem(sys.path_importer_cache, ".", FileFinder("/", (SourceFileLoader, SOURCE_SUFFIXES)))
    module = f"relative_{os.getpid()}"
    (tmp_path / f"{module}.py").touch()
    env = f"import sys\nsys.path.insert(0, '.')\nimport {module}\n" + ENV
    with opened(make_project(tmp_path, [table("t")], env=env)) as history:
        assert history.stairs("0001").up.error is None
