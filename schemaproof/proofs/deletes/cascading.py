"""What a delete of a table's rows reaches, as the links of a finding."""

from collections.abc import Iterator

from schemaproof.figure import Link
from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, TableName

_MOST = 24  # links that a drawing holds


def cascade(graph: Graph, table: TableName, *meant: ForeignKey) -> tuple[Link, ...]:
    """The keys that a delete from ``table`` meets, the nearest first: it goes on where it cascades, and ends elsewhere.

    ``meant``: those that the finding is about.
    """
    about = {key.link for key in meant}
    found = []
    for key in _met(graph, table):
        found.append(Link(str(key.parent), str(key.table), key.columns, str(key.on_delete), key.link in about))
    # Those that the finding is about are drawn, however far away.
    return tuple(one for place, one in enumerate(found) if place < _MOST or one.meant)


def _met(graph: Graph, table: TableName) -> Iterator[ForeignKey]:
    waiting, seen = [table], {table}
    while waiting:
        for key in graph.children(waiting.pop(0)):
            yield key
            if key.on_delete is Action.CASCADE and key.table not in seen:
                seen.add(key.table)
                waiting.append(key.table)
