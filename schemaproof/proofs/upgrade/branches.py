"""Whether each branch says what it needs of the others."""

from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Finding
from schemaproof.migration.history import History
from schemaproof.proofs.upgrade.stranded import stranded


def _by_itself(history: History) -> Iterator[Finding]:
    for one in stranded(history):
        after = f"; it passes once {one.needs} is applied" if one.needs else ""
        yield BRANCH_BY_ITSELF.finding(
            f"The upgrade of {one.revision} fails on a database that has its ancestors alone{after}.",
            revision=one.revision,
            evidence=f"alembic upgrade {one.revision}\n{one.run.told}",
            remedy=f'Write `depends_on = "{one.needs}"` into {one.revision}: Alembic then applies {one.needs} first.'
            if one.needs
            else None,
        )


BRANCH_BY_ITSELF = Check(
    id="branch-by-itself",
    area="upgrade",
    title="Each branch can be upgraded without the others: what it needs of them stands in depends_on.",
    reason="Alembic applies branches in whatever order their ids give: a database that has one branch only can't be"
    " upgraded, and a revision added anywhere can turn the order and stop every deployment.",
    remedy="Name the revision that makes what is missing in depends_on.",
    scope="history",
    examine=_by_itself,
    keywords=("branch",),
)
