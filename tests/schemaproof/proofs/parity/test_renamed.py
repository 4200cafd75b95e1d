"""What is told as one thing by another name, and what as two."""

import pytest

from schemaproof.catalog import Difference, Identity
from schemaproof.catalog.values import Attributes
from schemaproof.proofs.parity.renamed import renamed

UNIQUE: Attributes = {"type": "UNIQUE", "columns": ("a",), "definition": "UNIQUE (a)"}
CHECK: Attributes = {"type": "CHECK", "columns": ("a",), "definition": "CHECK (a > 0)"}


def told(ours: Attributes, theirs: Attributes, *, same: bool, kind: str = "constraint") -> list[tuple[str, str]]:
    """What is told of an object of the model and one of the migrated database, on one table, by other names."""
    mine, other = Identity(kind, "public", "t", "ours"), Identity(kind, "public", "t", "theirs")
    found = [Difference(mine, "", None, None, missing=True), Difference(other, "", None, None)]
    pairs = renamed(found, {mine: ours}, {other: theirs}, lambda *_: same)
    return [(one.kind, one.identity.name) for one in pairs]


APART = [("missing", "ours"), ("extra", "theirs")]


@pytest.mark.parametrize("kind", ["constraint", "index"])
def test_equal_but_for_the_name_is_renamed(kind: str) -> None:
    assert told(UNIQUE, dict(UNIQUE), same=False, kind=kind) == [("changed", "ours")]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (UNIQUE, {**UNIQUE, "columns": ("b",)}),
        (UNIQUE, {**UNIQUE, "definition": "UNIQUE NULLS NOT DISTINCT (a)"}),  # as text it is compared of checks alone
        (CHECK, {**CHECK, "columns": ("b",)}),
        (CHECK, UNIQUE),
    ],
)
def test_what_differs_in_more_is_missing_and_extra(ours: Attributes, theirs: Attributes) -> None:
    assert told(ours, theirs, same=True) == APART


@pytest.mark.parametrize(("same", "expected"), [(True, [("changed", "ours")]), (False, APART)])
def test_checks_are_renamed_where_their_definitions_are_one(*, same: bool, expected: list[tuple[str, str]]) -> None:
    printed = {**CHECK, "definition": "CHECK ((a > 0))"}
    assert told(CHECK, printed, same=same) == expected


def test_what_is_no_constraint_and_no_index_is_never_renamed() -> None:
    assert told({}, {}, same=True, kind="trigger") == APART
