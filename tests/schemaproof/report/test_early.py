"""The reports of a run that was ended before anything was asked: as the others write them."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from schemaproof.report import early, gitlab, junit, sarif
from schemaproof.report import json as json_report
from schemaproof.report.files import ReportFile
from schemaproof.report.options import FORMATS
from schemaproof.report.outcome import Obstacle
from schemaproof.run.judging import report
from schemaproof.run.record import Record

CAUSE = 'interrupted before the "first" <revision>'


def whole() -> Record:
    record = Record((), about={"project": "/p", "alembic_ini": None})
    record.fail(Obstacle("interrupted", CAUSE))
    return record


def test_early_json_is_the_reports() -> None:
    assert json.loads(early.as_json("/p", CAUSE)) == json.loads(json_report.render(report(whole(), (), 0.0)))


def test_early_junit_is_the_reports_without_properties(tmp_path: Path) -> None:
    def seen(text: str) -> list[tuple[str, dict[str, str]]]:
        file = tmp_path / "r.xml"
        file.write_text(text)
        elements = ET.parse(file).getroot().iter()  # noqa: S314 (our own)
        return [(one.tag, dict(one.attrib)) for one in elements if not one.tag.startswith("propert")]

    assert seen(early.as_junit(CAUSE)) == seen(junit.render(report(whole(), (), 0.0)))


def test_early_sarif_is_the_reports() -> None:
    assert json.loads(early.as_sarif(CAUSE)) == json.loads(sarif.render(report(whole(), (), 0.0)))


def test_early_reports_are_written_in_every_format(tmp_path: Path) -> None:
    files = {form: ReportFile.at(tmp_path / form, f"--{form}") for form in FORMATS}
    early.write(files, "/p", CAUSE)
    assert {file.name for file in tmp_path.iterdir()} == set(FORMATS)
    assert (tmp_path / "gitlab").read_text() == gitlab.render(report(whole(), (), 0.0))
