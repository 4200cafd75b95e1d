"""Every check is seen red on a faulty project and green on a sound one: ``verify`` on each of tests/examples.

A project's folder is <check>/<faulty|sound>-<why>, or impossible/<why>; its expected.toml holds the whole outcome.
"""

import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import pytest
from packaging.version import Version

from schemaproof.catalog import Catalog
from schemaproof.postgres import Server
from schemaproof.proofs.registry import CHECKS
from tests.example_process import outcome

ROOT = Path(__file__).with_name("examples")
# These are about what happens to a project, not about what is in it, and take longest; Alembic's own env.py, which most
# examples have, gets a note from one. So they are asked of their own examples only; the others keep to one fault each.
FAILURE = {check.id for check in CHECKS if check.area == "failure"}
PROJECTS = sorted(file.parent for file in ROOT.glob("*/*/expected.toml"))


def expected(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "expected.toml").read_text(encoding="utf-8"))


def name(project: Path) -> str:
    return "-".join(project.relative_to(ROOT).parts)


def skip_where_it_lacks_something(wanted: dict[str, Any], server: Server) -> None:
    """Skip what needs a newer release of a package than is installed, or an extension that the server has not."""
    for package, release in wanted.get("needs", {}).items():
        if Version(version(package)) < Version(release):
            pytest.skip(f"it needs {package} {release}")
    lacking = set(wanted.get("extensions", ())) - server.extensions()
    if lacking:
        pytest.skip(f"the server has no {', '.join(lacking)}")


def asked(project: Path) -> set[str]:
    """The checks that ``project`` is asked: those of failures where it is an example of one.

    A server to crash is started for the examples of crashes alone: in a container that takes longer than all the rest.
    """
    left_out = FAILURE if project.parent.name not in FAILURE else {"crash-recovery"} - {project.parent.name}
    return {check.id for check in CHECKS} - left_out


@pytest.mark.parametrize("project", PROJECTS, ids=name)
def test_example_is_judged_as_expected(project: Path, postgres_server: Server) -> None:
    wanted = expected(project)
    skip_where_it_lacks_something(wanted, postgres_server)
    said = outcome(project, postgres_server, asked(project))
    assert said.verdict == wanted["verdict"], said.shown
    assert wanted.get("cause", "") in said.cause, said.shown
    assert wanted.get("remedy", "") in said.remedy, said.shown
    findings = {(one.check, str(one.severity), one.revision, one.object) for one in said.findings}
    listed = [
        (one["check"], one["severity"], one.get("revision"), one.get("object")) for one in wanted.get("finding", ())
    ]
    assert findings == set(listed), said.shown
    assert len(said.findings) == len(listed), said.shown


@pytest.mark.every_check
@pytest.mark.parametrize("project", [one for one in PROJECTS if one.name.startswith("sound-")], ids=name)
def test_sound_example_is_sound_with_every_check(project: Path, postgres_server: Server) -> None:
    """No false alarm, whatever is asked: in a session of its own, since the failures of 200 projects take a while."""
    skip_where_it_lacks_something(expected(project), postgres_server)
    said = outcome(project, postgres_server, {check.id for check in CHECKS})
    assert said.verdict == "sound", said.shown


def faulty_ones() -> Iterator[Any]:
    """The faulty examples; all but the first of each check have a session of their own (``nox -s soundness``).

    An unused allowance is found only together with the others: it is about them.
    """
    met: set[str] = set()
    for one in PROJECTS:
        if one.name.startswith("faulty") and one.parent.name != "unused-allowance":
            yield pytest.param(one, marks=[pytest.mark.every_check] if one.parent.name in met else [])
            met.add(one.parent.name)


@pytest.mark.parametrize("project", [*faulty_ones()], ids=name)
def test_check_by_itself_is_red_on_its_example(project: Path, postgres_server: Server) -> None:
    """Whatever other check tells the cause: nobody need select that one, or must not ignore it."""
    skip_where_it_lacks_something(expected(project), postgres_server)
    said = outcome(project, postgres_server, {project.parent.name})
    assert {one.check for one in said.findings if one.faulty} == {project.parent.name}, said.shown


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_check_has_a_faulty_and_a_sound_example(check: str) -> None:
    projects = [project for project in PROJECTS if project.parent.name == check]
    red = [project for project in projects if project.name.startswith("faulty-")]
    assert any(project.name.startswith("sound-") for project in projects)
    assert red
    for project in red:
        faults = {one["check"] for one in expected(project)["finding"] if one["severity"] != "note"}
        assert check in faults, project


@pytest.mark.parametrize("project", PROJECTS, ids=name)
def test_example_has_the_verdict_of_its_name(project: Path) -> None:
    kind = "impossible" if project.parent.name == "impossible" else project.name.partition("-")[0]
    assert expected(project)["verdict"] == kind


def test_every_folder_of_examples_is_a_project_or_of_a_check() -> None:
    known = {check.id for check in CHECKS} | {"impossible"}
    assert {folder.name for folder in ROOT.iterdir() if folder.is_dir()} <= known
    folders = [folder for kind in ROOT.iterdir() if kind.is_dir() for folder in kind.iterdir() if folder.is_dir()]
    assert sorted(folders) == PROJECTS


def test_env_py_with_a_url_of_its_own_writes_nothing_there(postgres_server: Server) -> None:
    """The example names the server's database ``postgres``, as one that forgot its test URL names production."""
    project = ROOT / "impossible" / "other-database"
    outcome(project, postgres_server, asked(project))
    dsn = postgres_server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as connection:
        catalog = Catalog.read(connection)
    assert not [str(identity) for identity in catalog.objects if identity.kind == "table"]
