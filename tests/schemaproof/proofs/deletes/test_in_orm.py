"""How the relationships with one fault are told."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from schemaproof.finding import Finding
from schemaproof.proofs.deletes.checks.in_orm import DELETE_LOADS_CHILDREN
from schemaproof.proofs.deletes.checks.in_orm import _grouped as grouped
from schemaproof.proofs.deletes.checks.in_orm import _loads as loads

if TYPE_CHECKING:
    from schemaproof.proofs.deletes.flushes import Flushed


class Relationship(str):
    """What a finding says of a relationship, by its name."""

    listened = False

    @property
    def mapper(self) -> SimpleNamespace:
        return SimpleNamespace(class_=SimpleNamespace(__name__=self.partition(".")[0]))


def told(*names: str) -> list[Finding]:
    """The findings of relationships of which each loads its children."""
    flushed = [cast("Flushed", SimpleNamespace(relation=Relationship(name), traffic="")) for name in names]
    return [
        finding
        for _, finding in grouped((DELETE_LOADS_CHILDREN, one.relation, loads(one, one, None)) for one in flushed)
    ]


def test_relationships_with_one_fault_are_told_together_and_each_once() -> None:
    (finding,) = told("C.one", "A.two", "A.one", "B.one")

    assert finding.object == "relationships A.one, A.two, B.one, C.one"
    assert finding.message.startswith("Session.delete(A) loads or writes the rows of A.one ")
    assert finding.message.endswith(" The same holds for the other 3.")


def test_few_relationships_are_told_each_by_itself() -> None:
    assert [finding.object for finding in told("B.one", "A.one")] == ["relationship A.one", "relationship B.one"]
