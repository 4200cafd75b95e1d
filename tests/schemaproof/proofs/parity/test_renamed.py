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


FOREIGN: Attributes = {
    "type": "FOREIGN KEY",
    "columns": ("a",),
    "references": "public.u",
    "referenced columns": ("id",),
    "on delete": "CASCADE",
    "on update": "NO ACTION",
    "deferrable": False,
}
INDEX: Attributes = {"columns": ("a",), "unique": True, "method": "btree"}


def several(kind: str, ours: list[Attributes], theirs: list[Attributes]) -> list[str]:
    """What is told of some objects of the model and some of the migrated database, on one table."""
    model = {Identity(kind, "public", "t", f"ours{place}"): one for place, one in enumerate(ours)}
    migrated = {Identity(kind, "public", "t", f"theirs{place}"): one for place, one in enumerate(theirs)}
    found = [Difference(one, "", None, None, missing=True) for one in model]
    found += [Difference(one, "", None, None) for one in migrated]
    return [f"{one.identity.name} {one.what}" for one in renamed(found, model, migrated, lambda *_: False)]


@pytest.mark.parametrize(
    ("kind", "ours", "changes"),
    [
        ("constraint", FOREIGN, {"on delete": "NO ACTION", "deferrable": True}),
        ("constraint", FOREIGN, {"on update": "CASCADE"}),
        ("constraint", UNIQUE, {"nulls not distinct": True}),
        ("constraint", CHECK, {"validated": False}),
        ("index", INDEX, {"storage parameters": ("fillfactor=70",)}),
    ],
)
def test_what_is_about_the_same_is_told_with_all_it_differs_in(
    kind: str, ours: Attributes, changes: Attributes
) -> None:
    told_of = several(kind, [ours], [{**ours, **changes}])
    assert told_of == ["ours0 name", *(f"ours0 {one}" for one in sorted(changes))]


@pytest.mark.parametrize(
    ("kind", "ours", "changes"),
    [
        ("constraint", FOREIGN, {"references": "public.v"}),
        ("constraint", FOREIGN, {"referenced columns": ("other",)}),
        ("constraint", FOREIGN, {"columns": ("b",)}),
        ("constraint", {"type": "NOT NULL", "columns": ("a",), "validated": True}, {"validated": False}),
        ("index", INDEX, {"unique": False}),
        ("index", INDEX, {"method": "hash"}),
    ],
)
def test_what_may_be_another_is_missing_and_extra(kind: str, ours: Attributes, changes: Attributes) -> None:
    assert several(kind, [ours], [{**ours, **changes}]) == ["ours0 missing", "theirs0 extra"]


def test_the_equal_one_goes_before_one_that_is_about_the_same() -> None:
    other: Attributes = {**FOREIGN, "on delete": "SET NULL"}
    assert several("constraint", [FOREIGN], [other, FOREIGN]) == ["ours0 name", "theirs0 extra"]


def test_which_of_two_is_meant_is_not_guessed() -> None:
    some: list[Attributes] = [{**FOREIGN, "on delete": action} for action in ("SET NULL", "RESTRICT")]
    apart = ["ours0 missing", "theirs0 extra", "theirs1 extra"]
    assert several("constraint", [FOREIGN], some) == apart
    assert several("constraint", some, [FOREIGN]) == ["ours0 missing", "ours1 missing", "theirs0 extra"]


def test_what_is_no_constraint_and_no_index_is_never_renamed() -> None:
    assert told({}, {}, same=True, kind="trigger") == APART
