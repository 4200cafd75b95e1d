"""Each attribute of each kind of object: what changes it is told, by its name and with nothing else."""

import re

import pytest

from schemaproof.catalog import diff
from schemaproof.catalog.aspect import Aspect
from schemaproof.catalog.aspects import ASPECTS
from tests.schemaproof.catalog import cases, constraint_cases, more_cases, rare_cases, routine_cases
from tests.schemaproof.catalog.cases import Case
from tests.schemaproof.catalog.conftest import Change, Connection

# Where the kind is no constant.
_KINDS = {
    "tables": ["table", "foreign table"],
    "views": ["view", "materialized view"],
    "routines": ["function", "procedure"],
    "aggregates": ["aggregate"],
}

CASES: list[Case] = [
    *cases.SCHEMAS,
    *cases.TABLES,
    *cases.COLUMNS,
    *constraint_cases.CONSTRAINTS,
    *constraint_cases.INDEXES,
    *more_cases.SEQUENCES,
    *more_cases.TYPES,
    *more_cases.VIEWS,
    *routine_cases.ROUTINES,
    *routine_cases.IN_TABLES,
    *rare_cases.RARE,
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_change_is_told_by_its_attribute_and_nothing_else(
    case: Case, change: Change, shared_connection: Connection
) -> None:
    release = shared_connection.info.server_version // 10000
    if release < case.since:
        pytest.skip(f"PostgreSQL {release} has no such thing")

    before, after = change(case.setup, case.change)

    assert sorted(map(str, diff(before, after))) == sorted(case.expected)


@pytest.mark.parametrize("aspect", [one for one in ASPECTS if not one.privileges_only], ids=lambda one: one.name)
def test_every_attribute_of_every_aspect_has_a_case(aspect: Aspect) -> None:
    kinds = "|".join(_KINDS.get(aspect.name, [aspect.identity[0].strip("'")]))
    lines = [line.replace("\n", " ") for case in CASES for line in case.expected]
    told = {match[1] for line in lines if (match := re.match(rf"(?:{kinds}) .*?: (.*?) was ", line))}
    assert {*aspect.names(18, privileges=False)} - told == set()
