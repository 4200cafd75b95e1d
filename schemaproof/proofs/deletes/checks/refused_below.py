"""Whether a delete that a foreign key passes on comes through."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys
from schemaproof.proofs.deletes.checks.in_sql import cursor_on, deleted_lines
from schemaproof.proofs.deletes.checks.undecided import undecided

if TYPE_CHECKING:
    from schemaproof.proofs.deletes.blocked import Blocked

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
                yield _told(blocked, deleted_lines(blocked.deleted, ground.both))


def _told(blocked: "Blocked", evidence: str) -> Finding:
    key, above = blocked.key, blocked.above
    about = f"constraint {key.table}.{key.name}"
    if blocked.required:
        return DELETE_REFUSED_BELOW.finding(
            f"No row of {key.parent} can be deleted while {key.table} refers to it: its foreign key sets"
            f" {blocked.required} to {'NULL' if key.on_delete == 'SET NULL' else 'its default'}, which is NOT NULL.",
            object=about,
            evidence=evidence,
            consequence="Each such delete fails with a violation of NOT NULL.",
            remedy=f"Let {blocked.required} be NULL, or give the foreign key another action.",
        )
    decided = key.on_delete == "RESTRICT" or blocked.elsewhere
    return DELETE_REFUSED_BELOW.finding(
        f"{above.parent} cascades to {key.parent}, but {key.table} refuses that with ON DELETE {key.on_delete}"
        f"{' unless its row goes by another way' if blocked.elsewhere else ''}.",
        severity=Severity.NOTE if decided else Severity.WARNING,
        object=about,
        evidence=evidence,
        remedy="None is needed where that is meant."
        if decided
        else "Decide: ON DELETE CASCADE or SET NULL lets the delete through; RESTRICT says that it is meant.",
    )


DELETE_REFUSED_BELOW = Check(
    id="delete-refused-below",
    area="delete",
    title="A delete that a foreign key passes on is not refused further down.",
    reason="The delete works until the first row is there further down; from then on it fails.",
    remedy="Decide what becomes of the rows further down.",
    scope="history",
    examine=_comes_through,
    keywords=("delete",),
)
