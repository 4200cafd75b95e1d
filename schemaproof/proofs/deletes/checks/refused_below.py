"""Whether a delete that cascades gets through."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.proofs.deletes.cascading import cascade
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys
from schemaproof.proofs.deletes.checks.in_sql import cursor_on, deleted_lines
from schemaproof.proofs.deletes.checks.undecided import undecided

if TYPE_CHECKING:
    from schemaproof.proofs.deletes.blocked import Blocked
    from schemaproof.proofs.deletes.ground import Ground

_EXAMPLES = 60


def _comes_through(history: History) -> Iterator[Finding]:
    if not has_foreign_keys(history):
        return
    from schemaproof.proofs.deletes.blocked import candidates, shown
    from schemaproof.proofs.deletes.deletes import Deletes
    from schemaproof.proofs.deletes.ground import GroundError
    from schemaproof.proofs.deletes.prepare import copied, ground_of

    try:
        ground = ground_of(history)
    except GroundError as error:
        yield undecided(DELETE_REFUSED_BELOW, error)
        return
    possible = list(candidates(ground))
    if not possible:
        return
    with copied(history) as database, cursor_on(database) as cursor:
        deletes = Deletes(cursor, ground, examples=_EXAMPLES)
        for candidate in possible:
            blocked = shown(candidate, deletes)
            if blocked is not None:
                yield _told(blocked, ground)


def _told(blocked: "Blocked", ground: "Ground") -> Finding:
    key, above = blocked.key, blocked.above
    evidence = deleted_lines(blocked.deleted, ground.both)
    links = cascade(ground.database, above.parent, key)
    about = f"constraint {key.table}.{key.name}"
    if blocked.required:
        return DELETE_REFUSED_BELOW.finding(
            f"No row of {key.parent} can be deleted while {key.table} refers to it: its foreign key sets"
            f" {blocked.required} to {'NULL' if key.on_delete == 'SET NULL' else 'its default'}, which is NOT NULL.",
            kind="required column",
            object=about,
            evidence=evidence,
            links=links,
            consequence="Each such delete fails with a violation of NOT NULL.",
            remedy=f'Make {blocked.required} nullable, or declare another action: ondelete="CASCADE" deletes these rows'
            ' too, "RESTRICT" says that the refusal is intended.',
        )
    decided = key.on_delete == "RESTRICT" or blocked.elsewhere
    return DELETE_REFUSED_BELOW.finding(
        f"Deletes from {above.parent} cascade to {key.parent}, where {key.table} refuses them with ON DELETE"
        f" {key.on_delete}{' unless its row is deleted another way' if blocked.elsewhere else ''}.",
        kind="below a cascade",
        severity=Severity.NOTE if decided else Severity.WARNING,
        object=about,
        evidence=evidence,
        links=links,
        remedy=f"If that is intended, nothing has to be done; otherwise declare {_LETS_THROUGH}"
        if decided
        else f'Declare {_LETS_THROUGH} ondelete="RESTRICT" says that the refusal is intended.',
    )


_LETS_THROUGH = 'ondelete="CASCADE" or "SET NULL" in the model, and in a revision, to let the delete through.'

DELETE_REFUSED_BELOW = Check(
    id="delete-refused-below",
    area="delete",
    title="A delete that cascades is not refused further down.",
    reason="The delete works until there is a row further down; from then on it fails.",
    remedy="Decide what happens to the rows further down, and declare it as their foreign key's ondelete.",
    scope="history",
    examine=_comes_through,
    keywords=("delete",),
)
