"""Every check is seen red on a faulty project and green on a sound one: ``verify`` on each of tests/examples.

What is in a project's folder, tests/examples/README.md tells.
"""

import ast
from collections.abc import Collection, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import pytest
from packaging.version import Version

from schemaproof.catalog import Catalog
from schemaproof.postgres import Server
from schemaproof.proofs.registry import CHECKS
from tests.example import PROJECTS, ROOT, SKELETON, TAKEN, assembled, expected, from_skeleton, main
from tests.example_process import Outcome, outcome
from tests.pages import is_noted, lasting, printed, selected, shown

# These are about what happens to a project, not about what is in it, and take longest; Alembic's own env.py, which most
# examples have, gets notes from some. So an area's are asked of its own examples only; the others keep to one fault
# each. ``nox -s soundness`` asks all of every sound example.
DEPLOYING = {"failure", "locks", "releases"}

# These two share the faults; each other check of their area has an experiment of its own.
FAULTS = {"atomicity", "rerun-after-failure"}

# What they find is worth knowing, and no fault: their examples are sound, with the note and without.
NOTING = {"lock-order", "lock-unbounded", "older-release-reads-dropped"}


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


def plainest(kind: str, count: int = 1) -> list[Path]:
    """The ``count`` "faulty" or "sound" examples of each check whose revisions are the shortest, and so take least."""

    def length(project: Path) -> int:
        return sum(file.stat().st_size for file in project.glob("migrations/versions/**/*.py"))

    some = sorted((one for one in PROJECTS if one.name.startswith(kind)), key=length)
    by_check: dict[str, list[Path]] = {}
    for one in some:
        by_check.setdefault(one.parent.name, []).append(one)
    return [one for found in by_check.values() for one in found[:count]]


AREA = {check.id: check.area for check in CHECKS}


def asked_in_part() -> list[Path]:
    """All but a faulty and a sound one of each check; of locks and releases, which are sound elsewhere too, all.

    An unused allowance is about the other checks, and so are those with which nothing can be done at all.
    """
    whole = [*plainest("faulty"), *plainest("sound")]
    return [
        one
        for one in PROJECTS
        if AREA.get(one.parent.name, "configuration") != "configuration"
        and (one not in whole or AREA[one.parent.name] in {"locks", "releases"})
    ]


IN_PART = asked_in_part()


def asked(project: Path, *, whole: bool = True) -> set[str]:
    """The checks that ``project`` is asked: those of a deployment where it is an example of their area.

    A server to crash is started for the examples of crashes alone: in a container that takes longer than all the rest.

    ``whole``: whether it is asked those of all other areas too, and not only of its own and of those that have a
    finding; nor eight deployers for what faults leave, and the other way round.
    """
    own = {AREA[project.parent.name]} if project.parent.name in AREA else set()
    found = {one["check"] for one in expected(project).get("finding", ())}
    areas = {*AREA.values()} - (DEPLOYING - own)
    if not whole:
        areas &= own | {AREA[one] for one in found}
    checks = {check.id for check in CHECKS if check.area in areas} - ({"crash-recovery"} - {project.parent.name})
    if not whole and own == {"failure"}:
        apart = {"concurrent-deployers", "crash-recovery"}
        others = FAULTS if project.parent.name in apart else apart
        checks -= others - found
    return checks


def judged(example: Path, server: Server, checks: Collection[str]) -> Outcome:
    with assembled(example) as project:
        return outcome(project, server, checks)


# So many faulty examples of each check are asked in every run, and as many sound ones, besides the one that its page
# shows. What makes the others others (an attribute of the catalog, a form of statement) has tests of its own.
IN_EACH_RUN = 3


def in_each_run() -> Iterator[Any]:
    """All examples; most of a check's that has many have a session of their own (``nox -s soundness``).

    So have those into which dozens of faults are injected, but for two of each check.
    """
    chosen = {*plainest("faulty", IN_EACH_RUN), *plainest("sound", IN_EACH_RUN)}
    for one in PROJECTS:
        check = one.parent.name
        usual = one in chosen and check not in FAULTS
        always = check not in AREA or one not in IN_PART or usual or one == shown(check)
        yield pytest.param(one, marks=[] if always else [pytest.mark.soundness])


@pytest.mark.parametrize("project", [*in_each_run()], ids=name)
def test_example_is_judged_as_expected(project: Path, postgres_server: Server) -> None:
    as_expected(project, postgres_server, asked(project, whole=project not in IN_PART))


@pytest.mark.soundness
@pytest.mark.parametrize("project", IN_PART, ids=name)
def test_other_areas_have_nothing_to_say_of_an_example(project: Path, postgres_server: Server) -> None:
    """Here for all of them; one of each check is asked so in every run."""
    as_expected(project, postgres_server, asked(project))


def as_expected(project: Path, server: Server, checks: Collection[str]) -> None:
    wanted = expected(project)
    skip_where_it_lacks_something(wanted, server)
    said = judged(project, server, checks)
    assert said.verdict == wanted["verdict"], said.shown
    assert wanted.get("cause", "") in said.cause, said.shown
    assert wanted.get("remedy", "") in said.remedy, said.shown
    findings = {(one.check, str(one.severity), one.revision, one.object) for one in said.findings}
    listed = [
        (one["check"], one["severity"], one.get("revision"), one.get("object")) for one in wanted.get("finding", ())
    ]
    assert findings == set(listed), said.shown
    assert len(said.findings) == len(listed), said.shown
    nowhere = [one for one in said.findings if one.where is None and one.revision is not None]
    assert not nowhere, said.shown
    alike = [one for one in said.findings if one.ordinal]
    assert not alike, f"kind does not tell them apart: {alike}"


@pytest.mark.soundness
@pytest.mark.parametrize("project", [one for one in PROJECTS if one.name.startswith("sound-")], ids=name)
def test_sound_example_is_sound_with_every_check(project: Path, postgres_server: Server) -> None:
    """No false alarm, whatever is asked: in a session of its own, since the failures of 200 projects take a while."""
    skip_where_it_lacks_something(expected(project), postgres_server)
    said = judged(project, postgres_server, {check.id for check in CHECKS})
    assert said.verdict == "sound", said.shown


def faulty_ones() -> Iterator[Any]:
    """The faulty examples; those that no check's page shows have a session of their own (``nox -s soundness``).

    An unused allowance is found only together with the others: it is about them.
    """
    for one in PROJECTS:
        if one.name.startswith("faulty") and one.parent.name != "unused-allowance":
            yield pytest.param(one, marks=[] if one == shown(one.parent.name) else [pytest.mark.soundness])


@pytest.mark.parametrize("project", [*faulty_ones()], ids=name)
def test_check_by_itself_is_red_on_its_example(project: Path, postgres_server: Server) -> None:
    """Whatever other check tells the cause: nobody need select that one, or must not ignore it."""
    skip_where_it_lacks_something(expected(project), postgres_server)
    said = judged(project, postgres_server, {project.parent.name})
    assert {one.check for one in said.findings if one.faulty} == {project.parent.name}, said.shown
    if project == shown(project.parent.name):
        assert lasting(said.text) == lasting(printed(project.parent.name))


@pytest.mark.parametrize("check", [*sorted(NOTING), "unused-allowance"])
def test_page_shows_what_verify_prints_of_an_example_that_no_other_test_asks_so(
    check: str, postgres_server: Server
) -> None:
    """`uv run python -m tests.pages --refresh CHECK` takes over what it prints now."""
    said = judged(shown(check), postgres_server, set(selected(check)))
    assert lasting(said.in_full if is_noted(check) else said.text) == lasting(printed(check))


def test_what_lasts_of_a_print_is_all_but_server_seconds_and_races() -> None:
    text = "postgres: embedded\n\nrevision 0001\n  error[x] 3 of 4 rows.\n\nfaulty, in 3.1 s on PostgreSQL 17.10\n"
    other = text.replace("embedded", "container of\n  postgres:16").replace("3.1", "12.0").replace("17.10", "16.1")
    other = other.replace("faulty, ", "took the longest: x 74 s\n\nfaulty, ")
    assert lasting(text) == lasting(other)
    assert lasting(text) != lasting(text.replace("3 of 4", "2 of 4"))
    race = text.replace("[x]", "[concurrent-deployers]").replace("rows.", "failed.\n      | seen")
    assert lasting(race) == lasting(race.replace("3 of 4", "2 of 4").replace("seen", "other"))


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_check_has_a_faulty_and_a_sound_example(check: str) -> None:
    projects = [project for project in PROJECTS if project.parent.name == check]
    red = [project for project in projects if project.name.startswith("faulty-")]
    assert any(project.name.startswith("sound-") for project in projects)
    if check in NOTING:
        said = [any(one["check"] == check for one in expected(project).get("finding", ())) for project in projects]
        assert {*said} == {True, False}
        return
    assert red
    for project in red:
        faults = {one["check"] for one in expected(project)["finding"] if one["severity"] != "note"}
        assert check in faults, project


def test_examples_have_the_verdict_of_their_names() -> None:
    def kind(project: Path) -> str:
        return "impossible" if project.parent.name == "impossible" else project.name.partition("-")[0]

    assert not [project for project in PROJECTS if expected(project)["verdict"] != kind(project)]


def test_every_folder_of_examples_is_the_skeleton_or_of_a_check() -> None:
    known = {check.id for check in CHECKS} | {"impossible", SKELETON.name}
    assert {folder.name for folder in ROOT.iterdir() if folder.is_dir()} == known


def test_every_example_says_what_is_expected() -> None:
    kinds = [kind for kind in ROOT.iterdir() if kind.is_dir() and kind != SKELETON]
    assert sorted(folder for kind in kinds for folder in kind.iterdir()) == PROJECTS


def meaning(file: Path) -> object:
    """What ``file`` says, whatever its comments, docstrings and spaces."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("#", ";"))]
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(tree)


def test_no_example_has_a_copy_of_the_skeletons_files() -> None:
    usual_ones = [meaning(file) for file in SKELETON.iterdir()]
    own = [project / place for project in PROJECTS for place in TAKEN]
    assert not [file for file in own if file.exists() and meaning(file) in usual_ones]


def test_examples_choose_only_what_there_is_and_what_they_lack() -> None:
    for project in PROJECTS:
        wanted, taken = expected(project), from_skeleton(project)
        assert all(source.exists() for source in taken.values()), project
        assert "env" not in wanted or "migrations/env.py" in taken, project
        assert not [place for place in wanted.get("without", ()) if (project / place).exists()], project


def test_example_is_written_as_a_whole_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    main(["upgrade-from-empty/sound-async", str(project)])
    files = {str(file.relative_to(project)) for file in project.rglob("*.*")}
    revisions = {f"migrations/versions/{one}.py" for one in ("0001_create_users", "0002_add_the_email")}
    assert files == {"models.py", *revisions, *TAKEN}
    assert "async_engine_from_config" in (project / "migrations" / "env.py").read_text(encoding="utf-8")


def test_env_py_with_a_url_of_its_own_writes_nothing_there(postgres_server: Server) -> None:
    """The example names the server's database ``postgres``, as one that forgot its test URL names production."""
    project = ROOT / "impossible" / "other-database"
    judged(project, postgres_server, asked(project))
    dsn = postgres_server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as connection:
        catalog = Catalog.read(connection)
    assert not [str(identity) for identity in catalog.objects if identity.kind == "table"]
