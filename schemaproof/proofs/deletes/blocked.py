"""Deletes that one foreign key passes on and another refuses further down."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemaproof.proofs.deletes.comparing import differing_keys
from schemaproof.proofs.deletes.deletes import Case, Deleted, Deletes, expected
from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.ground import Ground
from schemaproof.proofs.deletes.outcome import Refusal


@dataclass(frozen=True)
class Candidate:
    """A key that may refuse a delete.

    Attributes:
        key: the one that refuses.
        above: the one that passes the delete on; ``key`` itself where it sets a column that refuses NULL.
        required: that column; "" for none.
        elsewhere: whether the rows that refuse can also go by another way than through ``key``.
    """

    key: ForeignKey
    above: ForeignKey
    required: str = ""
    elsewhere: bool = False


@dataclass(frozen=True)
class Blocked(Candidate):
    """A candidate that was seen to refuse.

    Attributes:
        deleted: the delete, with the fewest and plainest rows.
    """

    deleted: Deleted = None  # type: ignore[assignment]  # the attributes before it have defaults


def candidates(ground: Ground) -> Iterator[Candidate]:
    """The keys of the migrated database that the graph alone makes suspicious, each once."""
    graph, known = ground.database, {TableName(*name) for name in ground.population.tables}
    differing = {key.link for key in differing_keys(ground.model, graph)}  # told for themselves
    for key in graph.keys:
        if key.link in differing or not known.issuperset({key.table, key.parent}):
            continue
        if key.on_delete.refuses:
            above = next((one for one in graph.parents(key.parent) if one.on_delete is Action.CASCADE), None)
            if above is not None and above.parent in known:
                yield Candidate(key, above, elsewhere=_reachable(graph, above.parent, key))
        elif (required := _required(graph, key)) is not None:
            yield Candidate(key, key, required)


def shown(candidate: Candidate, deletes: Deletes) -> Blocked | None:
    """The candidate with the plainest delete that it refuses; None where it refuses none."""
    key, above, graph = candidate.key, candidate.above, deletes.ground.database
    scope = list(dict.fromkeys([above.parent, above.table, key.parent, key.table]))

    def refuses(case: Case) -> bool:
        deleted = deletes.delete(above.parent, scope, case)
        return deleted is not None and _by(key, deleted) and isinstance(expected(graph, deleted, own=False), Refusal)

    case = deletes.first(scope, refuses)
    deleted = None if case is None else deletes.delete(above.parent, scope, case)
    return None if deleted is None else Blocked(key, above, candidate.required, candidate.elsewhere, deleted)


def _by(key: ForeignKey, deleted: Deleted) -> bool:
    after = deleted.after
    if not isinstance(after, Refusal):
        return False
    return after.constraint == key.name if key.on_delete.refuses else not after.constraint


def _required(graph: Graph, key: ForeignKey) -> str | None:
    """The column that the key's action sets to NULL although it refuses that."""
    if key.on_delete not in {Action.SET_NULL, Action.SET_DEFAULT}:
        return None
    table = graph.tables[key.table]
    for column in key.set_columns or key.columns:
        to_null = key.on_delete is Action.SET_NULL or table.defaults.get(column, "") is None
        if to_null and column in table.required:
            return column
    return None


def _reachable(graph: Graph, root: TableName, key: ForeignKey) -> bool:
    """Whether cascades from ``root`` reach the table of ``key`` without it."""
    reached, more = {root}, [root]
    while more:
        for one in graph.children(more.pop()):
            if one != key and one.on_delete is Action.CASCADE and one.table not in reached:
                reached.add(one.table)
                more.append(one.table)
    return key.table in reached
