"""Files as a repository knows them."""

import dataclasses
from pathlib import Path

import pytest

from schemaproof.finding import Place
from schemaproof.report.location import Locations
from tests.schemaproof.report.reports import a_finding, a_report


def located(project: Path, environ: dict[str, str], file: str = "versions/0003.py") -> str:
    report = dataclasses.replace(a_report(), subject={"project": project, "alembic_ini": "etc/a.ini"})
    finding = dataclasses.replace(a_finding(), where=Place(file, 3))
    return str(Locations.of(report, environ).of_finding(finding))


def test_file_is_from_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    project = tmp_path / "services" / "shop"
    project.mkdir(parents=True)
    assert located(project, {}) == "services/shop/versions/0003.py:3"
    assert located(project, {}, "../lib/0003.py") == "services/lib/0003.py:3"


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_file_is_from_where_a_ci_system_checked_out(tmp_path: Path, name: str) -> None:
    project = tmp_path / "services" / "shop"
    project.mkdir(parents=True)
    assert located(project, {name: str(tmp_path / "services")}) == "shop/versions/0003.py:3"


@pytest.mark.parametrize("file", ["../../../../../elsewhere.py", "/usr/lib/elsewhere.py"])
def test_what_lies_outside_is_told_at_alembic_ini(tmp_path: Path, file: str) -> None:
    (tmp_path / ".git").mkdir()
    assert located(tmp_path, {}, file) == "etc/a.ini"


def test_project_without_a_repository_is_its_own_root() -> None:
    assert located(Path("/nowhere/at/all"), {}) == "versions/0003.py:3"
