"""The JSON is what its schema says, and holds nothing that the schema does not tell of."""

import dataclasses
import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from schemaproof.finding import Place, Severity
from schemaproof.project.baseline import Entry
from schemaproof.project.severities import Grade, Regraded
from schemaproof.report import early
from schemaproof.report.json import render
from schemaproof.report.outcome import Known, Obstacle, Part, Recalled, Report, Scope
from tests.schemaproof.report.histories import a_history
from tests.schemaproof.report.hostile import a_hostile_report
from tests.schemaproof.report.reports import a_finding, a_report

SCHEMA = json.loads((files("schemaproof.report") / "schema.json").read_text(encoding="utf-8"))


def strict(schema: Any) -> Any:
    """``schema``, which then admits no key that it does not describe."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: strict(value) for key, value in schema.items()}
    if "properties" in told and "additionalProperties" not in told:
        told["unevaluatedProperties"] = False
    return told


def whole() -> Report:
    """A report with something of everything."""
    grade = Regraded(Grade("downgrade-restores", Severity.NOTE, "Old."), {Severity.ERROR: 2})
    obstacle = Obstacle("impossible", "No server.", "refused", "Start it.", "single-head", "0001")
    part = Part(1, 2, ("single-head",), ("0001",), "", "d", {})
    found = dataclasses.replace(a_finding(), where=Place("a.py", 3), also_found_by=("single-head",))
    return dataclasses.replace(
        a_report(found, allowed=((found, "Old rows."),), obstacles=(obstacle,), skipped={"single-head": "No."}),
        regraded=(grade,),
        scope=Scope(("0003",), "new", ("env.py was edited",), part),
        recalled=Recalled(("0001",), ("nothing was kept",), ("lock-unbounded",)),
        known=Known(((found, "Old rows."),), (Entry.of(found),), (Entry.of(found),)),
        subject={"project": "/p", "alembic_ini": "a.ini", "metadata": "m:a", "driver": "asyncpg", "driver_from": "x"}
        | {"revisions": 3, "heads": ["0003"], "parts": 2, "down_revisions": {"0002": ["0001"]}},
    )


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(render(a_report()), id="sound"),
        pytest.param(render(whole()), id="whole"),
        pytest.param(render(a_history(37, 100)), id="long"),
        pytest.param(render(a_hostile_report()), id="hostile"),
        pytest.param(early.as_json("/p", "interrupted"), id="early"),
    ],
)
def test_json_is_what_its_schema_says(text: str) -> None:
    schema = strict(SCHEMA)
    allowed = schema["properties"]["allowed"]["items"]["allOf"]  # what the one does not describe, the other does
    found = schema["properties"]["findings"]["items"]["allOf"]
    for one in (schema["$defs"]["finding"], allowed[1], found[1]):
        del one["unevaluatedProperties"]
    schema["properties"]["allowed"]["items"]["unevaluatedProperties"] = False
    schema["properties"]["findings"]["items"]["unevaluatedProperties"] = False
    jsonschema.validate(json.loads(text), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_schema_requires_each_key(key: str) -> None:
    document = json.loads(render(whole()))
    del document[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_json_of_hostile_texts_is_ascii_and_tells_them_as_they_are() -> None:
    report = a_hostile_report()
    text = render(report)
    assert text.isascii()
    assert not set(text) & {chr(number) for number in range(32) if chr(number) != "\n"}
    assert json.loads(text)["findings"][0]["message"] == report.findings[0].message
