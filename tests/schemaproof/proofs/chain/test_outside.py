"""Revisions are imported inside of env.py's run; what fails outside of it is told as what it is."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject, SubjectError
from schemaproof.proofs.chain.checks import REVISION_IMPORT
from tests.schemaproof.projects import ENV, make_project, table


def asking(folder: Path, line: str, *, env: str = ENV) -> Subject:
    """A project whose second revision runs ``line`` while it is imported."""
    subject = make_project(folder, [table("t"), table("u"), table("v")], env=env)
    file = folder / "migrations" / "versions" / "0002.py"
    file.write_text(f"{line}\n{file.read_text()}")
    return subject


def told(subject: Subject, server: Server) -> Sequence[Finding]:
    with open_history(subject, server) as history:
        assert len(history.revisions) == 3
        assert all(history.stairs(script.revision).clean for script in history.revisions)
        return list(REVISION_IMPORT.examine(history))


@pytest.mark.parametrize(
    "line",
    [
        "from alembic import context; context.get_x_argument()",
        "from alembic import context; context.config.get_main_option('sqlalchemy.url')",
        "import sys; sys.made_by_env",
        "import os; os.environ['MADE_BY_ENV']",
    ],
)
def test_revision_that_needs_env_py_is_walked_and_noted(tmp_path: Path, own_server: Server, line: str) -> None:
    made = "import os, sys; sys.made_by_env = 1; os.environ['MADE_BY_ENV'] = 'x'\ntry:\n"
    body = "".join(f"    {one}\n" for one in ENV.splitlines())
    env = f"{made}{body}finally:\n    del sys.made_by_env, os.environ['MADE_BY_ENV']\n"
    (note,) = told(asking(tmp_path, line, env=env), own_server)
    assert (note.severity, note.revision) == (Severity.NOTE, "0002")
    assert "`alembic heads` fails" in note.message
    assert "`alembic history`" in note.consequence


def test_history_works_where_env_py_runs_first(tmp_path: Path, own_server: Server) -> None:
    """Alembic's own setting: see command.history()."""
    subject = asking(tmp_path, "from alembic import context; context.get_x_argument()")
    with (tmp_path / "alembic.ini").open("a") as ini:
        ini.write("revision_environment = true\n")
    (note,) = told(subject, own_server)
    assert "`alembic history`" not in note.consequence


def test_revisions_that_can_be_imported_anywhere_are_not_noted(tmp_path: Path, own_server: Server) -> None:
    assert told(asking(tmp_path, "import json"), own_server) == []


def test_module_path_that_no_revision_needs_is_not_noted(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    subject = asking(tmp_path, "import json", env=f"import sys; sys.path.append({str(tmp_path)!r})\n{ENV}")
    assert told(subject, own_server) == []


def test_folder_that_env_py_adds_to_the_module_path_is_told_as_a_setting(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lib"
    folder.mkdir()
    (folder / "only_in_lib.py").touch()
    subject = asking(tmp_path, "import only_in_lib", env=f"import sys; sys.path.append({str(folder)!r})\n{ENV}")
    path = list(sys.path)
    monkeypatch.setattr(sys, "path", list(path))
    (note,) = told(subject, own_server)
    setting = note.remedy.split("`")[1]
    assert setting == "prepend_sys_path = lib"
    monkeypatch.setattr(sys, "path", list(path))
    with (tmp_path / "alembic.ini").open("a") as ini:
        ini.write(f"{setting}\npath_separator = os\n")
    assert told(subject, own_server) == []


def test_file_that_fails_inside_too_is_an_error(tmp_path: Path, own_server: Server) -> None:
    subject = asking(tmp_path, "import nothing_of_the_kind")
    (tmp_path / "migrations" / "versions" / "0003.py").write_text("revision = '0003'\n1 / 0\n")
    with open_history(subject, own_server) as history:
        found = list(REVISION_IMPORT.examine(history))
    assert [(one.severity, one.revision) for one in found] == [(Severity.ERROR, "0002"), (Severity.ERROR, "0003")]


def test_metadata_that_needs_env_py_is_imported_there(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "inside_models.py").write_text(
        "from alembic import context\nfrom sqlalchemy import MetaData\n"
        "context.get_x_argument()\nmetadata = MetaData()\n"
    )
    subject = replace(make_project(tmp_path, [table("t")]), metadata="inside_models:metadata")
    with open_history(subject, own_server) as history:
        assert history.metadata == (sys.modules["inside_models"].metadata,)


def test_metadata_that_cannot_be_imported_is_refused_whatever_env_py_catches(
    tmp_path: Path, own_server: Server
) -> None:
    caught = "import contextlib\n        with contextlib.suppress(Exception), context.begin_transaction():"
    env = ENV.replace("with context.begin_transaction():", caught)
    env = ENV[: ENV.rindex("with context")] + env[env.rindex("import contextlib") :]
    subject = replace(make_project(tmp_path, [table("t")], env=env), metadata="no_such_models:metadata")
    with pytest.raises(SubjectError, match="no_such_models"), open_history(subject, own_server):
        pass
