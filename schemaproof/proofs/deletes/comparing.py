"""A model's graph beside a database's, and rows beside a graph."""

from dataclasses import replace

from schemaproof.proofs.deletes.graph import ForeignKey, Graph
from schemaproof.proofs.deletes.outcome import Outcome, Refusal


def orphans(graph: Graph, after: Outcome) -> bool:
    """Whether a row is left that refers to one that is not there."""
    if isinstance(after, Refusal):
        return False
    for key in graph.keys:
        if key.table in after and key.parent in after:
            there = {tuple(row[name] for name in key.referenced) for row in after[key.parent]}
            referring = {tuple(row[name] for name in key.columns) for row in after[key.table]}
            if any(None not in value for value in referring - there):
                return True
    return False


def differing_keys(model: Graph, database: Graph) -> list[ForeignKey]:
    """The keys, as either declares them, that are not the same in both."""
    theirs = {key.link: key for key in database.keys}
    own = {key.link for key in model.keys}
    changed = [key for key in model.keys if _actions(theirs.get(key.link)) != _actions(key)]
    return changed + [key for key in database.keys if key.link not in own]


def _actions(key: ForeignKey | None) -> object:
    return key and (key.on_delete, sorted(key.set_columns), key.match_full, key.deferrable, key.deferred)


def adopted(model: Graph, key: ForeignKey, database: Graph) -> Graph:
    """``model`` with the database's declaration of ``key``, or without it where the database has none."""
    theirs = {one.link: one for one in database.keys}.get(key.link)
    if key.link not in {one.link for one in model.keys}:
        return replace(model, keys=(*model.keys, key))
    kept = [theirs if one.link == key.link else one for one in model.keys]
    return replace(model, keys=tuple(one for one in kept if one is not None))
