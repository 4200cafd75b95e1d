"""Whether every revision can be taken back, and applied again: judged from its stairway."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemaproof.catalog import Difference, diff
from schemaproof.checks.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.history import History
from schemaproof.migration.environment import NoDowngradeError
from schemaproof.migration.intent import is_deliberate
from schemaproof.migration.stairway import Stairs

_STAIRWAY = ("stairway",)


def is_harmless(difference: Difference) -> bool:
    """Whether a downgrade may leave ``difference``, as long as the upgrade can then be run again.

    An extension may be used by others; PostgreSQL can't take a label from an enum; a constraint that was validated
    stays true.
    """
    identity, attribute = difference.identity, difference.attribute
    if identity.kind == "extension":
        return difference.kind == "extra"
    if attribute == "validated":
        return difference.after is True
    if attribute == "labels" and isinstance(difference.before, tuple) and isinstance(difference.after, tuple):
        return set(difference.before) <= set(difference.after)
    return False


def _is_reordered(difference: Difference, left: tuple[Difference, ...]) -> bool:
    """Whether a view has its columns in another order and no other difference: SELECT * follows its table."""
    columns = {one.identity: one for one in left if one.attribute == "columns"}.get(difference.identity)
    if columns is None or not isinstance(columns.before, tuple) or not isinstance(columns.after, tuple):
        return False
    return difference.attribute in {"columns", "definition"} and sorted(columns.before, key=str) == sorted(
        columns.after, key=str
    )


@dataclass(frozen=True)
class _Judgement:
    """What one stairway says: at most one of the checks tells of each defect."""

    stairs: Stairs
    left: tuple[Difference, ...]
    harmful: tuple[Difference, ...]
    empty: bool

    @classmethod
    def of(cls, stairs: Stairs) -> "_Judgement":
        # PostgreSQL adds columns at the end: one that comes back can't come back in its place.
        left = tuple(difference for difference in stairs.left if difference.attribute != "position")
        moved = len(left) < len(stairs.left)
        harmful = tuple(one for one in left if not is_harmless(one) and not (moved and _is_reordered(one, left)))
        empty = stairs.ran_down and bool(harmful) and stairs.after == stairs.first
        return cls(stairs, left, harmful, empty)

    @property
    def again_fails(self) -> bool:
        return self.stairs.again is not None and self.stairs.again.error is not None


def _judge(history: History, revision: str) -> _Judgement:
    return _Judgement.of(history.stairs(revision))


def _missing(history: History, revision: str) -> Iterator[Finding]:
    judgement = _judge(history, revision)
    down = judgement.stairs.down
    if judgement.empty:
        yield DOWNGRADE_MISSING.finding(
            f"The downgrade of {revision} does nothing.",
            revision=revision,
            evidence="It leaves what the upgrade did:\n" + _listed(judgement.left),
        )
    elif down is not None and isinstance(down.error, NoDowngradeError):
        yield DOWNGRADE_MISSING.finding(f"{revision} has no function downgrade().", revision=revision)
    elif down is not None and down.error is not None and is_deliberate(down):
        yield DOWNGRADE_MISSING.finding(
            f"The downgrade of {revision} refuses: {down.error}",
            severity=Severity.NOTE,
            revision=revision,
            evidence=down.told,
            consequence="A release with this revision can't be rolled back by `alembic downgrade`.",
            remedy="None is needed where that is meant; have a backup at hand when it is deployed.",
        )


def _runs(history: History, revision: str) -> Iterator[Finding]:
    stairs = _judge(history, revision).stairs
    down = stairs.down
    if down is None:
        return
    if down.error is not None and not is_deliberate(down) and not isinstance(down.error, NoDowngradeError):
        yield DOWNGRADE_RUNS.finding(f"The downgrade of {revision} fails.", revision=revision, evidence=down.told)
    elif down.error is None and not stairs.unrecorded:
        yield DOWNGRADE_RUNS.finding(
            f"After the downgrade of {revision} the version table is not what it was before its upgrade.",
            revision=revision,
            evidence=down.told,
            consequence="Alembic takes the database for one in another state than it is in.",
        )


def _restores(history: History, revision: str) -> Iterator[Finding]:
    judgement = _judge(history, revision)
    if judgement.empty:
        return
    again = judgement.stairs.again
    for difference in judgement.left:
        harmless = difference not in judgement.harmful and not judgement.again_fails
        then = "" if again is None or again.error is None else f"\nThe upgrade can't be run again: {again.told}"
        yield DOWNGRADE_RESTORES.finding(
            f"The downgrade of {revision} does not restore {difference.identity}.",
            severity=Severity.NOTE if harmless else Severity.ERROR,
            revision=revision,
            object=difference.identity,
            evidence=f"before the upgrade -> after the downgrade: {difference}{then}",
            consequence="None that the upgrade would notice: it can be run again." if harmless else None,
            remedy="None is needed." if harmless else None,
        )


def _again(history: History, revision: str) -> Iterator[Finding]:
    judgement = _judge(history, revision)
    again = judgement.stairs.again
    if judgement.left or again is None:
        return  # told where its cause is
    if again.error is not None:
        yield UPGRADE_AFTER_DOWNGRADE.finding(
            f"After its downgrade {revision} can't be applied again.", revision=revision, evidence=again.told
        )
    for difference in judgement.stairs.differs:
        yield UPGRADE_AFTER_DOWNGRADE.finding(
            f"After its downgrade {revision} leads to another schema than the first time.",
            revision=revision,
            object=difference.identity,
            evidence=f"the first time -> the second time: {difference}",
        )


def _to_base(history: History) -> Iterator[Finding]:
    """Down from as high as every revision by itself can be taken back: what fails above was told there."""
    count = next((i for i in range(len(history.revisions)) if not _comes_down(history, i)), len(history.revisions))
    if not count:
        return
    station = history.station(count)
    try:
        with station.lent() as database:
            run = history.downgrade_to_base(database)
        left = diff(history.base_catalog, station.read(station.catalog))
    finally:
        station.close()
    if run.error is not None:
        yield DOWNGRADE_TO_BASE.finding(
            f"`alembic downgrade base` fails at {run.revision}, whose downgrade works by itself.",
            revision=run.revision,
            evidence=run.told,
        )
        return
    for difference in left:
        if is_harmless(difference):
            continue
        yield DOWNGRADE_TO_BASE.finding(
            f"`alembic downgrade base` in one call does not restore {difference.identity}.",
            object=difference.identity,
            evidence=f"empty -> after the downgrade: {difference}",
        )


def _comes_down(history: History, index: int) -> bool:
    """Whether the revision at ``index`` can be taken back, and leaves at most what it may."""
    if history.is_clean(index):
        return True
    judgement = _judge(history, history.revisions[index].revision)
    return judgement.stairs.ran_down and judgement.stairs.unrecorded and not judgement.harmful


def _listed(differences: tuple[Difference, ...]) -> str:
    lines = [f"- {difference}" for difference in differences[:10]]
    more = len(differences) - len(lines)
    return "\n".join([*lines, *([f"- and {more} more"] if more else [])])


DOWNGRADE_MISSING = Check(
    id="downgrade-missing",
    area="downgrade",
    title="Every revision that changes the schema has a downgrade, or one that says why it has none.",
    reason="`alembic downgrade` reports success and the database keeps what the older release does not know.",
    remedy="Write the downgrade, or let it raise NotImplementedError with the reason.",
    scope="revision",
    examine=_missing,
    keywords=_STAIRWAY,
)

DOWNGRADE_RUNS = Check(
    id="downgrade-runs",
    area="downgrade",
    title="Every downgrade comes to its end.",
    reason="A release that must be rolled back can't be: the downgrade stops halfway through an incident.",
    remedy="Undo the upgrade's steps in the opposite order, under the names that they made.",
    scope="revision",
    examine=_runs,
    keywords=_STAIRWAY,
)

DOWNGRADE_RESTORES = Check(
    id="downgrade-restores",
    area="downgrade",
    title="Every downgrade restores the schema of the revision before, object for object.",
    reason="After a rollback the older release runs on a schema that it was never tested on, and the next upgrade may"
    " fail on what was left.",
    remedy="Undo in the downgrade what the upgrade does to this object, what DROP TABLE and ALTER take along included.",
    scope="revision",
    examine=_restores,
    keywords=_STAIRWAY,
)

UPGRADE_AFTER_DOWNGRADE = Check(
    id="upgrade-after-downgrade",
    area="downgrade",
    title="After its downgrade every revision can be applied again, with the same result.",
    reason="A release that was rolled back can't be deployed again, or gets another schema than the first time.",
    remedy="Let the upgrade depend on nothing but the schema before it.",
    scope="revision",
    examine=_again,
    keywords=_STAIRWAY,
)

DOWNGRADE_TO_BASE = Check(
    id="downgrade-to-base",
    area="downgrade",
    title="`alembic downgrade base` in one call leaves nothing.",
    reason="Test databases that are migrated down and up again fail, though each single downgrade works.",
    remedy="Let no downgrade depend on what another one left in the session or the process.",
    scope="history",
    examine=_to_base,
)
