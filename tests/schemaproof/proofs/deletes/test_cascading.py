"""What a delete reaches."""

from schemaproof.figure import Link
from schemaproof.proofs.deletes.cascading import cascade
from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, TableName

A, B, C, D = (TableName("public", name) for name in "abcd")
CASCADES = ForeignKey(B, ("a_id",), A, ("id",), on_delete=Action.CASCADE)
REFUSES = ForeignKey(C, ("b_id",), B, ("id",), on_delete=Action.RESTRICT)
BELOW = ForeignKey(D, ("c_id",), C, ("id",), on_delete=Action.CASCADE)
BACK = ForeignKey(A, ("b_id",), B, ("id",), on_delete=Action.CASCADE)
GRAPH = Graph({}, (BELOW, REFUSES, CASCADES, BACK))


def test_delete_goes_on_where_it_cascades_and_ends_elsewhere() -> None:
    assert cascade(GRAPH, A, REFUSES) == (
        Link("public.a", "public.b", ("a_id",), "CASCADE"),
        Link("public.b", "public.c", ("b_id",), "RESTRICT", meant=True),
        Link("public.b", "public.a", ("b_id",), "CASCADE"),
    )


def test_of_many_keys_those_are_told_that_the_finding_is_about() -> None:
    many = [ForeignKey(TableName("public", f"t{number}"), ("a_id",), A, ("id",)) for number in range(90)]
    found = cascade(Graph({}, tuple(many)), A, many[-1])
    assert len(found) == 25
    assert [one.child for one in found if one.meant] == ["public.t89"]
