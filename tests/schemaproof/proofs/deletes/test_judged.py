"""Which outcomes of a race are wrong."""

from itertools import product

import pytest

from schemaproof.proofs.deletes.graph import Action, ForeignKey, TableName
from schemaproof.proofs.deletes.interleaving import DEADLOCK, HUNG, Course, End, Step
from schemaproof.proofs.deletes.races import Final, Race, Result, Wrong, judged
from schemaproof.proofs.deletes.specimens import Specimen

CHILD, PARENT = TableName("public", "child"), TableName("public", "parent")
KEY = ForeignKey(CHILD, ("parent_id",), PARENT, ("id",), on_delete=Action.CASCADE)
IDLE = Specimen(KEY, (), {}, {})


def judge(*finals: Final, refusable: bool = False, entwined: bool = False) -> Result:
    """The verdict on outcomes of orders that are not serial, where serial ones delete both or refuse the child."""
    race = Race(IDLE, (), (), lambda _: None, lambda _: None, refusable=refusable, entwined=entwined)
    courses = {
        True: Course((Step(0, "DELETE"), Step(0, "COMMIT"), Step(1, "INSERT")), (End(), End())),
        False: Course((Step(0, "DELETE"), Step(1, "INSERT"), Step(0, "COMMIT")), (End(), End())),
    }
    serial = [Final(("", ""), parent=False, children=(), orphans=0), final("", "23503")]
    return judged(race, [*((courses[True], one) for one in serial), *((courses[False], one) for one in finals)])


def final(deleted: str, other: str, *, orphans: int = 0, parent: bool = False) -> Final:
    return Final((deleted, other), parent, (), orphans)


def test_outcome_of_a_serial_order_is_right() -> None:
    assert judge(final("", "23503")).faults == ()


@pytest.mark.parametrize(
    ("outcome", "wrong"),
    [
        (final("", "", orphans=1), Wrong.ORPHAN),
        (final("", "", parent=True), Wrong.KEPT),
        (final("23503", "", parent=True), Wrong.REFUSED),
        (final("P0001", "", parent=True), Wrong.REFUSED),
        (final(DEADLOCK, "", parent=True), Wrong.DEADLOCK),
        (final("", DEADLOCK), Wrong.DEADLOCK),
        (final("", "23505"), Wrong.CHILD),
        (final("", HUNG), Wrong.HUNG),
    ],
    ids=str,
)
def test_outcome_of_no_serial_order_is_wrong(outcome: Final, wrong: Wrong) -> None:
    assert [fault.wrong for fault in judge(outcome).faults] == [wrong]


@pytest.mark.parametrize("state", ["23503", "23001"])
def test_delete_may_be_refused_where_its_key_refuses(state: str) -> None:
    assert judge(final(state, "", parent=True), refusable=True).faults == ()


def test_delete_may_not_be_refused_for_another_reason() -> None:
    assert judge(final("P0001", "", parent=True), refusable=True).faults != ()


def test_deadlock_that_is_bound_to_be_is_no_fault() -> None:
    result = judge(final("", DEADLOCK), entwined=True)
    assert (result.faults, result.deadlock is not None) == ((), True)


def test_each_kind_is_told_once() -> None:
    outcomes = [final(*states, parent=True) for states in product(["23503", "P0001"], [""])]
    assert len(judge(*outcomes).faults) == 1
