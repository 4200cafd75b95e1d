"""Settings of Alembic's that can't be used: each is named with its file, and with what to write instead."""

import sys
from contextlib import chdir, nullcontext, suppress
from pathlib import Path

import pytest

from schemaproof.errors import ProofError
from schemaproof.migration.environment import Environment
from schemaproof.migration.revisions import chained, import_revisions, script_directory
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject
from schemaproof.run.items.revisions import NotPlainError, read_revisions
from tests.schemaproof.projects import make_project, table

LOCATION = "script_location = %(here)s/migrations\n"
TOML = '[tool.alembic]\nscript_location = "%(here)s/migrations"\n'


@pytest.fixture(autouse=True)
def module_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def opened(subject: Subject) -> None:
    with chdir(subject.project):
        script = script_directory(subject.config(), nullcontext)
        chained(script, import_revisions(script))


def refusal(folder: Path, *, ini: str | bytes | None = None, toml: str = "") -> str:
    subject = make_project(folder, [table("t")])
    (folder / "alembic.ini").unlink()
    if ini is not None:
        (folder / "alembic.ini").write_bytes(ini if isinstance(ini, bytes) else ini.encode())
    if toml:
        (folder / "pyproject.toml").write_text(toml)
    with pytest.raises(ProofError) as refused:
        opened(subject)
    with suppress(ProofError, NotPlainError):  # as pytest's collection does it
        read_revisions(subject)
    return f"{refused.value.cause}\n{refused.value.remedy}"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("script_location = nofolder", ["script_location = nofolder in alembic.ini", "script_location = migrations"]),
        ("script_location = no.package:there", ["'no.package'", "prepend_sys_path = ."]),
        ("script_location = :", ["script_location", "prepend_sys_path = ."]),
        ("script_location =", ["script_location", "no env.py"]),
        ("script_location = %(here)s/alembic.ini", ["script_location", "no such folder"]),
        (
            "script_location = broken:there\npath_separator = os\nprepend_sys_path = .",
            ["'broken'", "ZeroDivisionError", "python -c 'import broken'"],
        ),
        ("script_location = %(nowhere)s/migrations", ["script_location", "nowhere", "%%"]),
        (LOCATION + "file_template = %(rev)s", ["file_template = %(rev)s in alembic.ini", "%%"]),
        (LOCATION + "path_separator = comma\nversion_locations = a", ["'comma'", "path_separator = os"]),
        (LOCATION + "path_separator = os\nversion_locations = %(x)s", ["version_locations = %(x)s", "%%"]),
        (
            LOCATION + "path_separator = newline\nversion_locations = no.package:there",
            ["'no.package'", "version_locations"],
        ),
        (LOCATION + "path_separator = os\nversion_locations = gone", ["version_locations", "gone", "no such folder"]),
        (LOCATION + "path_separator = os\nprepend_sys_path = %(x)s", ["prepend_sys_path = %(x)s in alembic.ini", "%%"]),
        (
            LOCATION + "truncate_slug_length = many",
            ["truncate_slug_length = many", "Write a number, such as truncate_slug_length = 40."],
        ),
        (LOCATION + LOCATION, ["sets script_location twice (line 3)"]),
        (LOCATION + "[alembic]", ["section [alembic] twice"]),
        (LOCATION + "what is this", ["line 3", "NAME = VALUE"]),
    ],
)
def test_setting_that_cannot_be_used_is_named(tmp_path: Path, settings: str, words: list[str]) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    told = refusal(tmp_path, ini=f"[alembic]\n{settings}\n")
    assert [word for word in words if word not in told] == [], told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"script_location = migrations\n", "Put [alembic] on a line of its own"),
        (b"\xef\xbb\xbf[alembic]\n", "byte order mark"),
        (b"[alembic]\n# caf\xe9\n", "UTF-8"),
        (b"[other]\n", "has no script_location"),
    ],
)
def test_file_that_cannot_be_read_is_told_with_its_remedy(tmp_path: Path, text: bytes, words: str) -> None:
    assert words in refusal(tmp_path, ini=text)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[tool.alembic]\nscript_location = ["migrations"]', "script_location = ['migrations'] in pyproject.toml"),
        ("[tool.alembic]\nscript_location = 3", "script_location = 3 in pyproject.toml"),
        ('[tool.alembic]\nscript_location = "%(nowhere)s"', "nowhere"),
        ('[tool]\nalembic = "x"', "pyproject.toml"),
        (TOML + "version_locations = [1]", "version_locations = [1] in pyproject.toml"),
        (TOML + 'recursive_version_locations = "true"', "recursive_version_locations"),
        (TOML + 'post_write_hooks = "x"', "post_write_hooks"),
    ],
)
def test_setting_of_pyproject_that_cannot_be_used_is_named(tmp_path: Path, toml: str, words: str) -> None:
    pytest.importorskip("alembic", "1.16", reason="Alembic reads pyproject.toml from 1.16 on")
    assert words in refusal(tmp_path, toml=toml)


@pytest.mark.parametrize("url", ["postgresql://u:p%40ss@h/d", "%(DATABASE_URL)s", "postgresql://u:p@host:port/db", "x"])
def test_url_that_only_env_py_can_read_is_no_obstacle(tmp_path: Path, own_server: Server, url: str) -> None:
    subject = make_project(tmp_path, [table("t")])
    (tmp_path / "alembic.ini").write_text(f"[alembic]\n{LOCATION}sqlalchemy.url = {url}\n")
    with Environment(subject, own_server) as environment:
        assert environment.own_url == url
