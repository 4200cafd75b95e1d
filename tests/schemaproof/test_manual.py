"""Each finding has a page in the documentation, and each format of report says where."""

import json
import re
from pathlib import Path

import pytest

from schemaproof import manual
from schemaproof.proofs.registry import CHECKS
from schemaproof.report import github, page, sarif
from schemaproof.report.catalogue import as_json, as_text
from schemaproof.report.json import render as as_report
from schemaproof.report.style import Style
from schemaproof.report.text import Loudness, render
from tests.schemaproof.report.reports import a_finding, a_report

ROOT = Path(__file__).parents[2]
ADDRESS = "https://docs.example.com/schemaproof"
PATH = "docs/checks/downgrade-restores.md"
URL = f"{ADDRESS}/checks/downgrade-restores.html"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(manual.VARIABLE, f"{ADDRESS}/")


@pytest.fixture(autouse=True)
def _not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(manual.VARIABLE, raising=False)


@pytest.mark.parametrize("name", [*(check.id for check in CHECKS), *manual.REMARKS])
def test_page_is_a_file_of_the_repository(name: str) -> None:
    path, _, anchor = manual.page(name, {}).partition("#")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not anchor or re.search(rf"^#+ {anchor}$", text, re.MULTILINE)


def test_page_is_at_the_address_where_the_site_is_served() -> None:
    assert manual.page("single-head", {manual.VARIABLE: ADDRESS}) == f"{ADDRESS}/checks/single-head.html"
    assert manual.page("server", {manual.VARIABLE: ADDRESS}) == f"{ADDRESS}/findings.html#server"


def test_page_as_a_path_is_said_to_be_one_of_another_repository() -> None:
    assert manual.reference("downgrade-restores") == f"{PATH} in schemaproof's repository"


@pytest.mark.usefixtures("served")
def test_page_as_an_address_speaks_for_itself() -> None:
    assert manual.reference("downgrade-restores") == URL


def test_text_tells_the_page_once_where_everything_is_told() -> None:
    report = a_report(a_finding(), a_finding("Another.", object="type public.mood"))
    assert PATH not in render(report)
    assert render(report, loudness=Loudness.ALL).count(f"= page: {PATH}") == 1


def test_annotation_ends_with_the_page() -> None:
    assert github.annotations(a_report(a_finding())).endswith(f"%0APage: {PATH} in schemaproof's repository\n")


def test_json_of_a_finding_has_the_page() -> None:
    (finding,) = json.loads(as_report(a_report(a_finding())))["findings"]
    assert finding["page"] == PATH


def test_catalogue_has_the_pages() -> None:
    (check,) = [check for check in CHECKS if check.id == "downgrade-restores"]
    assert PATH in as_text([check], Style())
    assert json.loads(as_json([check]))["checks"][0]["page"] == PATH


def rule() -> dict[str, object]:
    _, found = json.loads(sarif.render(a_report(a_finding())))["runs"][0]["tool"]["driver"]["rules"]
    assert isinstance(found, dict)
    return found


def test_sarif_tells_a_path_in_the_help_since_helpuri_takes_absolute_addresses_alone() -> None:
    found = rule()
    assert "helpUri" not in found
    assert PATH in str(found["help"])


@pytest.mark.usefixtures("served")
def test_sarif_has_the_address_as_helpuri() -> None:
    assert rule()["helpUri"] == URL


def test_html_tells_the_path() -> None:
    told = page.render(a_report(a_finding()))
    assert f"{PATH} in schemaproof&#39;s repository" in told
    assert '<a href="docs' not in told


@pytest.mark.usefixtures("served")
def test_html_links_to_the_address() -> None:
    assert f'<a href="{URL}">{URL}</a>' in page.render(a_report(a_finding()))


def test_html_takes_no_other_scheme_for_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(manual.VARIABLE, "javascript:alert(1)//")
    assert '<a href="javascript' not in page.render(a_report(a_finding()))
