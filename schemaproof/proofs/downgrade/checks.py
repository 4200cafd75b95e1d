"""Whether every revision can be downgraded, and upgraded to again: judged from its stairway."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from schemaproof.catalog import Difference, diff
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.coming_down import ComingDown, Judgement, is_harmless
from schemaproof.migration.environment import Run
from schemaproof.migration.failing import Failure, failure, fate
from schemaproof.migration.fixed import fixed_at_the_time
from schemaproof.migration.history import History
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.downgrade.remedies import left_alone, restoring
from schemaproof.proofs.downgrade.unnamed import naming

_STAIRWAY = ("stairway",)


def _judge(history: History, revision: str) -> Judgement:
    return Judgement.of(history.stairs(revision))


def _missing(history: History, revision: str) -> Iterator[Finding]:
    judgement = _judge(history, revision)
    down = judgement.stairs.down
    if judgement.fault == "does nothing":
        acts = down is not None and not down.redirection.words <= _READING
        sent = down.statements.get(revision, 0) if down is not None and acts else 0
        yield DOWNGRADE_MISSING.finding(
            _without_effect(revision, sent),
            kind="empty",
            revision=revision,
            evidence="It leaves what the upgrade did:\n" + _listed(judgement.left),
            remedy=_if_one(judgement) or (_CORRECT if sent else None),
        )
    elif judgement.fault == "no function":
        yield DOWNGRADE_MISSING.finding(
            f"{revision} has no function downgrade().", kind="no function", revision=revision
        )
    elif judgement.fault == "refuses" and down is not None:
        yield DOWNGRADE_MISSING.finding(
            f"The downgrade of {revision} refuses to run: {down.error}",
            kind="refuses",
            severity=Severity.NOTE,
            revision=revision,
            evidence=down.told,
            consequence="A release with this revision can't be rolled back by `alembic downgrade`.",
            remedy="If that is intended, back up the database before you deploy it; otherwise replace the error in"
            " downgrade() by what undoes the upgrade.",
        )


# Statements by their first word that do nothing to the schema.
_READING = frozenset({"SELECT", "SHOW"})


def _without_effect(revision: str, sent: int) -> str:
    """What is wrong with a downgrade that sends so many statements, none of which changes the schema."""
    if not sent:
        return f"The downgrade of {revision} does nothing."
    statements = "its statement changes nothing" if sent == 1 else f"its {sent:,} statements change nothing"
    return f"The downgrade of {revision} does not change the schema: {statements} there."


_CORRECT = (
    "Correct downgrade(): what its statements ask for, the schema has already after the upgrade. Let them restore what"
    ' it had before; or, if the upgrade can\'t be undone, say why: `raise NotImplementedError("...")`.'
)


def _if_one(judgement: Judgement) -> str | None:
    """The whole downgrade, where it is of one object; of several, the order is the author's to know."""
    one_object = len({difference.identity for difference in judgement.left}) == 1
    lines = restoring(judgement.left, judgement.stairs) if one_object else None
    refuse = 'If it can\'t be undone, say why: `raise NotImplementedError("...")`.'
    return None if lines is None else f"{lines} {refuse}"


def _runs(history: History, revision: str) -> Iterator[Finding]:
    judgement = _judge(history, revision)
    down = judgement.stairs.down
    if down is None:
        return
    if judgement.fault in {"fails", "no function"}:
        yield DOWNGRADE_RUNS.finding(
            f"The downgrade of {revision} {fate(down)}.",
            kind="fails",
            revision=revision,
            **_failure(judgement.stairs),
            causes=[Cause(DOWNGRADE_MISSING.id, revision)] if judgement.fault == "no function" else (),
        )
    elif judgement.fault == "not recorded":
        yield DOWNGRADE_RUNS.finding(
            f"The downgrade of {revision} leaves the version table different from what it was before the upgrade.",
            kind="version table",
            revision=revision,
            evidence=down.told,
            consequence="Alembic believes that the database is at another revision than it is.",
            remedy="Leave the version table to Alembic; and let env.py run context.run_migrations() inside"
            " context.begin_transaction(), on a connection whose transaction is committed.",
        )


def _failure(stairs: Stairs) -> Failure:
    """What goes into a finding on the downgrade, which fails."""
    assert stairs.down is not None  # noqa: S101 (it was run)
    told = failure(stairs.down)
    return {**told, "remedy": told["remedy"] or naming(stairs.down.error, stairs)}


def _restores(history: History, revision: str) -> Iterator[Finding]:
    judgement = _judge(history, revision)
    causes = _causes(ComingDown(judgement.fault, ()), revision)
    again, down = judgement.stairs.again, judgement.stairs.down
    if down is not None and judgement.fault in _STOPS:
        yield DOWNGRADE_RESTORES.finding(
            f"The downgrade of {revision} {fate(down)}, so the schema before it is not restored.",
            kind="fails",
            revision=revision,
            **_failure(judgement.stairs),
            causes=causes,
        )
    in_the_way = judgement.in_the_way
    for difference in judgement.left:
        harmless = difference not in judgement.harmful and difference not in in_the_way
        first = difference in in_the_way[:1]
        then = f"\nThe upgrade can't be run again: {again.told}" if again is not None and first else ""
        of_it = [one for one in judgement.left if one.identity == difference.identity]
        yield DOWNGRADE_RESTORES.finding(
            f"The downgrade of {revision} {_WRONG[difference.kind].format(difference.identity)}.",
            kind=difference.what,
            severity=Severity.NOTE if harmless else Severity.ERROR,
            revision=revision,
            object=difference.identity,
            evidence=f"before the upgrade -> after the downgrade: {difference}{then}",
            consequence="None: it does not keep the upgrade from being run again." if harmless else None,
            remedy=left_alone(difference) if harmless else restoring(of_it, judgement.stairs),
            causes=causes if judgement.fault == "does nothing" else (),
        )


# What a downgrade does to an object that is other than before: it is gone, it is new, or it is not the same.
_WRONG = {"missing": "does not bring back {}", "extra": "leaves {}", "changed": "leaves {} changed"}


def _again(history: History, revision: str) -> Iterator[Finding]:
    judgement = _judge(history, revision)
    again, down = judgement.stairs.again, judgement.stairs.down
    # What the error names is in the way; where it names nothing that is left, the failure is a defect of its own.
    left = judgement.in_the_way if judgement.again_fails else judgement.harmful
    causes = _causes(ComingDown(judgement.fault, tuple(one.identity for one in left)), revision)
    if down is not None and judgement.fault in _STOPS:
        yield UPGRADE_AFTER_DOWNGRADE.finding(
            f"{revision} can't be upgraded to again: its downgrade {fate(down)}.",
            kind="downgrade fails",
            revision=revision,
            **_failure(judgement.stairs),
            causes=causes,
        )
    if again is not None and again.error is not None:
        yield UPGRADE_AFTER_DOWNGRADE.finding(
            f"The second upgrade to {revision}, after its downgrade, {fate(again)}.",
            kind="fails",
            revision=revision,
            **failure(again),
            causes=causes,
        )
    fixed = history.fixed_at_the_time(revision)
    yield from (fixed_at_the_time(UPGRADE_AFTER_DOWNGRADE, one, revision) for one in fixed)
    for difference in (one for one in judgement.stairs.differs if one not in fixed):
        yield UPGRADE_AFTER_DOWNGRADE.finding(
            f"The second upgrade to {revision}, after its downgrade, gives a different schema.",
            kind=difference.what,
            revision=revision,
            object=difference.identity,
            evidence=f"first upgrade -> second upgrade: {difference}",
            causes=causes,
        )


# Faults of a downgrade that has to stop there.
_STOPS = frozenset({"fails", "no function"})


def _causes(down: ComingDown, revision: str) -> list[Cause]:
    """What tells why ``revision`` does not come down as it should, by its ``fault`` and the objects it leaves."""
    match down.fault:
        case "does nothing" | "no function" | "refuses":
            return [Cause(DOWNGRADE_MISSING.id, revision)]
        case "fails" | "not recorded":
            return [Cause(DOWNGRADE_RUNS.id, revision)]
    return [Cause(DOWNGRADE_RESTORES.id, revision, str(identity)) for identity in down.left]


def _to_base(history: History) -> Iterator[Finding]:
    """Down from head, and where a revision stops or spoils that, also from below it: there may be more to find."""
    whole = len(history.revisions)
    asked_alone = history.asked is not None and not _spoilt(history, history.asked_indexes)
    if asked_alone and not any(_taken_down(history, whole, {})):
        return  # the others need not be looked at one by one
    spoilt = _spoilt(history, range(whole))
    clean = min((history.positions[revision] for revision in spoilt), default=whole)
    found = [*_taken_down(history, whole, spoilt), *(_taken_down(history, clean, {}) if 0 < clean < whole else ())]
    told: set[tuple[str | None, str | None]] = set()
    for finding in found:
        if (finding.revision, finding.object) not in told:
            told.add((finding.revision, finding.object))
            yield finding


def _spoilt(history: History, indexes: Iterable[int]) -> dict[str, ComingDown]:
    """Of the revisions at ``indexes``, those whose downgrade is faulty by itself, and what is wrong with it."""
    down = {history.revisions[index].revision: history.coming_down(index) for index in indexes}
    return {revision: one for revision, one in down.items() if one.fault}


def _taken_down(history: History, count: int, spoilt: Mapping[str, ComingDown]) -> Iterator[Finding]:
    """What is wrong when the lowest ``count`` revisions are taken back in one call; ``spoilt`` are so by themselves."""
    station = history.station(count)
    try:
        with station.lent() as database:
            run = history.downgrade_to_base(database)
        left = diff(history.base_catalog, station.read(station.catalog))
    finally:
        station.close()
    if run.error is not None:
        yield _stopped(run, history, spoilt)
        return
    for difference in left:
        if is_harmless(difference):
            continue
        yield DOWNGRADE_TO_BASE.finding(
            f"`alembic downgrade base` {_WRONG[difference.kind].format(difference.identity)}.",
            kind=difference.what,
            object=difference.identity,
            evidence=f"empty -> after the downgrade: {difference}",
            causes=[cause for revision, one in spoilt.items() for cause in _leaving(one, difference, revision)],
        )


def _stopped(run: Run, history: History, spoilt: Mapping[str, ComingDown]) -> Finding:
    """`alembic downgrade base` fails at a revision: by itself too, or over what one above has left, or for no such."""
    assert run.revision is not None  # noqa: S101 (an error outside of a revision is no error of these)
    itself = spoilt.get(run.revision)
    if itself is not None and itself.fault == "refuses":
        return DOWNGRADE_TO_BASE.finding(
            f"`alembic downgrade base` stops at {run.revision}, whose downgrade refuses to run.",
            kind="refuses",
            severity=Severity.NOTE,
            revision=run.revision,
            evidence=run.told,
            remedy="If that is intended, nothing has to be done; otherwise replace the error in its downgrade() by what"
            " undoes the upgrade.",
            causes=_causes(itself, run.revision),
        )
    if itself is not None and itself.fault in _STOPS:
        return DOWNGRADE_TO_BASE.finding(
            f"`alembic downgrade base` {fate(run)} at {run.revision}.",
            kind="fails",
            revision=run.revision,
            evidence=run.told,
            consequence=failure(run)["consequence"],
            remedy=failure(run)["remedy"] or DOWNGRADE_RUNS.remedy,
            causes=_causes(itself, run.revision),
        )
    return DOWNGRADE_TO_BASE.finding(
        f"`alembic downgrade base` {fate(run)} at {run.revision}, whose downgrade works by itself.",
        kind="fails in a row",
        revision=run.revision,
        **failure(run),
        causes=[
            cause
            for revision, above in spoilt.items()
            if history.positions[revision] > history.positions[run.revision]
            for cause in _causes(above, revision)
        ],
    )


def _leaving(one: ComingDown, difference: Difference, revision: str) -> list[Cause]:
    """The causes of ``difference`` in ``revision``, where that is what leaves it."""
    return _causes(replace(one, left=(difference.identity,)), revision) if difference.identity in one.left else []


def _listed(differences: tuple[Difference, ...]) -> str:
    lines = [f"- {difference}" for difference in differences[:10]]
    more = len(differences) - len(lines)
    return "\n".join([*lines, *([f"- and {more} more"] if more else [])])


DOWNGRADE_MISSING = Check(
    id="downgrade-missing",
    area="downgrade",
    title="Every revision that changes the schema has a downgrade, or one that raises an error which says why not.",
    reason="`alembic downgrade` reports success, and the database keeps what the older release does not know.",
    remedy='Write downgrade(); or, if the upgrade can\'t be undone, say why: `raise NotImplementedError("...")`.',
    scope="revision",
    examine=_missing,
    keywords=_STAIRWAY,
)

DOWNGRADE_RUNS = Check(
    id="downgrade-runs",
    area="downgrade",
    title="Every downgrade runs to its end.",
    reason="The release can't be rolled back: the downgrade fails in the middle of an incident.",
    remedy="Fix the error above: undo the upgrade's steps in reverse order, by the names that the upgrade gave.",
    scope="revision",
    examine=_runs,
    keywords=_STAIRWAY,
)

DOWNGRADE_RESTORES = Check(
    id="downgrade-restores",
    area="downgrade",
    title="Every downgrade restores the schema of the revision before, object for object.",
    reason="After a rollback the older release runs on a schema that it was never tested on, and the next upgrade may"
    " fail on the leftovers.",
    remedy="Restore the object in downgrade(): what the upgrade creates, drop there, and what it drops, create again,"
    " with the indexes, constraints, defaults and comments that went with it.",
    scope="revision",
    examine=_restores,
    keywords=_STAIRWAY,
)

UPGRADE_AFTER_DOWNGRADE = Check(
    id="upgrade-after-downgrade",
    area="downgrade",
    title="Every revision can be upgraded to again after its downgrade, with the same result.",
    reason="A release that was rolled back can't be deployed again, or gets a different schema than the first time.",
    remedy="Drop in downgrade() all that upgrade() creates, and let upgrade() depend on nothing but the schema that it"
    " finds.",
    scope="revision",
    examine=_again,
    keywords=_STAIRWAY,
)

DOWNGRADE_TO_BASE = Check(
    id="downgrade-to-base",
    area="downgrade",
    title="`alembic downgrade base` leaves nothing.",
    reason="Test databases that are migrated down and up again fail, and nobody gets back to an empty schema.",
    remedy="Let no downgrade rely on what another one left in the session or the process: SET without LOCAL, temporary"
    " tables, module variables, an open transaction.",
    scope="history",
    examine=_to_base,
)

CHECKS = (
    DOWNGRADE_MISSING,
    DOWNGRADE_RUNS,
    DOWNGRADE_RESTORES,
    UPGRADE_AFTER_DOWNGRADE,
    DOWNGRADE_TO_BASE,
)
