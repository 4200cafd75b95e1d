"""Whether a DELETE in the migrated database leaves what the model says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from schemaproof.budget import LeftOut, spread, within
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.history import History
from schemaproof.postgres import Database
from schemaproof.proofs.deletes.cascading import cascade
from schemaproof.proofs.deletes.checks.enforced import FOREIGN_KEY_ENFORCED, enforced
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys
from schemaproof.proofs.deletes.checks.undecided import undecided

if TYPE_CHECKING:
    from schemaproof.figure import Grid
    from schemaproof.proofs.deletes.deletes import Cursor, Deleted, Disagreement
    from schemaproof.proofs.deletes.graph import ForeignKey, Graph, TableName
    from schemaproof.proofs.deletes.ground import Ground

# Drawn for all tables together, and for the tables below one parent at least and at most.
_EXAMPLES, _LEAST, _MOST = 600, 20, 100


def _as_the_model_says(history: History) -> Iterator[Finding]:
    if not history.metadata or not has_foreign_keys(history):
        return
    from schemaproof.proofs.deletes.deletes import Deletes
    from schemaproof.proofs.deletes.ground import GroundError
    from schemaproof.proofs.deletes.prepare import copied, ground_of

    try:
        ground = ground_of(history)
    except GroundError as error:
        yield undecided(DELETE_IN_SQL, error)
        return
    yield from _not_tried(ground)
    scopes = [(root, scope) for root in ground.roots() for scope in ground.scopes(root)]
    told: set[object] = set()
    with copied(history) as database, cursor_on(database) as cursor:
        deletes = Deletes(cursor, ground, examples=min(max(_EXAMPLES // max(len(scopes), 1), _LEAST), _MOST))
        until, done = history.share(), 0
        for root, scope in within(scopes if until is None else spread(scopes), until):
            done += 1
            for one in deletes.disagreements(root, scope):
                about = one.key.link if one.key else root
                if about not in told:
                    told.add(about)
                    yield _told(one, ground, () if one.key else _enforced(history, one, ground))
            if root in deletes.unsteady and root not in told:
                told.add(root)
                yield _unsteady(root, deletes.unsteady[root])
            history.told(f"deletes from {root} ({done} of {len(scopes)})")
    if done < len(scopes):
        history.left_out[DELETE_IN_SQL.id] = LeftOut(len(scopes) - done, len(scopes), "starting points of deletes")


def _not_tried(ground: "Ground") -> Iterator[Finding]:
    if ground.population.refused:
        yield DELETE_IN_SQL.finding(
            f"No rows could be inserted into {', '.join(sorted(ground.population.refused))}, so no delete there was"
            " tried.",
            kind="no rows",
            severity=Severity.NOTE,
            evidence="\n".join(f"{table}: {why}" for table, why in sorted(ground.population.refused.items())),
            consequence="Whether deletes there do what the model says is not known.",
            remedy='Give them Hypothesis strategies: rows = "MODULE:ATTRIBUTE" in [tool.schemaproof] names a dict of'
            ' them, by "schema.table" or "schema.table.column".',
        )
    if ground.absent:
        yield DELETE_IN_SQL.finding(
            f"Deletes along {len(ground.absent)} of the model's foreign keys were not tried: the database at head lacks"
            " their tables or columns.",
            kind="absent keys",
            severity=Severity.NOTE,
            evidence="\n".join(map(str, ground.absent)),
            consequence="Whether deletes there do what the model says is not known.",
            remedy='Write the revision that adds them: `alembic revision --autogenerate -m "follow the models"`.',
        )


def _unsteady(root: "TableName", why: str) -> Finding:
    return DELETE_IN_SQL.finding(
        f"Could not be decided: deleting the same rows of {root} twice had two different results.",
        kind="unsteady",
        severity=Severity.NOTE,
        object=f"table {root}",
        evidence=why,
        consequence="Whether it does what the model says is not known.",
        remedy=f"Look at the triggers of {root} and of its children: what they do depends on more than the rows.",
    )


def _enforced(history: History, one: "Disagreement", ground: "Ground") -> list[Cause]:
    """Where foreign-key-enforced names the cause: something else than the keys that swallows what they ask for."""
    near = {key.table for key in ground.both.children(one.deleted.table)}
    tables = {str(name) for name, rows in one.deleted.before.items() if rows or name in near}
    objects = [found.object or "" for found in enforced(history) if found.faulty]
    named = [about for about in objects if any(f" {table}." in f"{about}." for table in tables)]
    return [Cause(FOREIGN_KEY_ENFORCED.id, object=about) for about in named]


def _told(one: "Disagreement", ground: "Ground", causes: Sequence[Cause]) -> Finding:
    from schemaproof.proofs.deletes.declaring import as_declared
    from schemaproof.proofs.deletes.outcome import changes

    deleted, graph = one.deleted, ground.both
    evidence = [
        *deleted_lines(deleted, graph, whole=one.key is None),
        f"the model: {changes(graph, deleted.before, one.expected)}",
    ]
    if one.key is None:
        # Logic of its own is no defect as long as the keys hold: a trigger may mark rows instead of deleting them.
        return DELETE_IN_SQL.finding(
            f"Deleting rows of {deleted.table} does not do what the model says, although the keys are the same"
            f"{': it leaves orphans' if one.orphans else ''}.",
            kind="orphans" if one.orphans else "other rows",
            severity=Severity.ERROR if one.orphans else Severity.NOTE,
            object=f"table {deleted.table}",
            evidence=evidence,
            consequence=None if one.orphans else "Whoever reads only the model expects something else.",
            remedy=f"Look at the triggers and rules of {deleted.table} and of its children: one of them changes, keeps"
            " or deletes rows.",
            causes=causes,
            links=cascade(ground.database, deleted.table),
        )
    declared, found = (_key(graph, one.key) for graph in (ground.model, ground.database))
    said, does = _action(declared), _action(found)
    name = found.name if found is not None else ""
    return DELETE_IN_SQL.finding(
        f"Deleting rows of {deleted.table} does not do what the model says: for {_columns(one.key)} the model declares"
        f" {said}, the database has {does}.",
        kind=f"action of {', '.join(one.key.columns)}",
        object=f"constraint {one.key.table}.{name}" if name else f"table {one.key.table}",
        evidence=evidence,
        remedy=as_declared(declared, found),
        links=cascade(ground.database, deleted.table, one.key),
    )


@contextmanager
def cursor_on(database: Database) -> "Iterator[Cursor]":
    """A cursor for experiments in ``database``."""
    with psycopg.connect(database.dsn, autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor


def deleted_lines(deleted: "Deleted", graph: "Graph", *, whole: bool = False) -> "list[str | Grid]":
    """A delete as evidence: the rows, a line each, what was deleted, and what the database made of it."""
    from schemaproof.proofs.deletes.outcome import changes, planted, told

    chosen = ", ".join(told(graph, deleted.table, deleted.before[deleted.table][place]) for place in deleted.targets)
    return [
        planted(graph, deleted.before, whole=whole),
        f"deleted from {deleted.table}: {chosen}",
        f"the database: {changes(graph, deleted.before, deleted.after)}",
    ]


def _columns(key: "ForeignKey") -> str:
    return f"{key.table} ({', '.join(key.columns)})"


def _key(graph: "Graph", key: "ForeignKey") -> "ForeignKey | None":
    return next((one for one in graph.keys if one.link == key.link), None)


def _action(found: "ForeignKey | None") -> str:
    if found is None:
        return "no foreign key"
    listed = f" ({', '.join(found.set_columns)})" if found.set_columns and found.set_columns != found.columns else ""
    full = " MATCH FULL" if found.match_full else ""
    wait = " DEFERRABLE" * found.deferrable + " INITIALLY DEFERRED" * found.deferred
    return f"ON DELETE {found.on_delete}{listed}{full}{wait}"


DELETE_IN_SQL = Check(
    id="delete-in-sql",
    area="delete",
    title="A DELETE in the migrated database leaves exactly what the model's foreign keys say.",
    reason="Rows stay that the application expects to be gone, or are gone that it expects to stay, or the delete"
    " fails, in production only: tests on a database made by create_all see the model's keys.",
    remedy="Write a revision that drops the constraint and creates it again as the model says"
    " (op.drop_constraint, op.create_foreign_key), or adjust the model.",
    scope="history",
    examine=_as_the_model_says,
    keywords=("delete",),
)
