"""Whether the upgrades reach head from an empty database, and the same schema when run again or in one call."""

from collections.abc import Iterator

from schemaproof.catalog import diff
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.empty import EmptyDatabaseError
from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.failing import Failure, failure, fate
from schemaproof.migration.fixed import fixed_at_the_time
from schemaproof.migration.history import History
from schemaproof.migration.lines.blocks import with_env
from schemaproof.migration.roles import created
from schemaproof.migration.stairway import Stairs
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.proofs.upgrade.branches import stranded
from schemaproof.proofs.upgrade.calls import Parting, first_parting
from schemaproof.proofs.upgrade.enums import made_again, made_already

COMMITTED = (
    "Let env.py run context.run_migrations() in context.begin_transaction(), on a connection whose transaction is"
    " committed."
)

_UNDEFINED_TABLE = "42P01"  # Manual, Appendix A
_MADE_ANOTHER_WAY = (
    "No revision before this one creates a table. If the first databases were made another way (create_all, a dump) and"
    " stamped, write what they had then into the first revision. Or give it to schemaproof:"
    ' `pg_dump --schema-only --no-owner` of such a database as schema.sql, and `prepare-sql = "schema.sql"` in'
    " [tool.schemaproof]."
)


def _from_empty(history: History, revision: str) -> Iterator[Finding]:
    stairs = history.stairs(revision)
    if stairs.up.error is not None:
        yield UPGRADE_FROM_EMPTY.finding(
            f"The upgrade to {revision} {fate(stairs.up)}.",
            kind="fails",
            revision=revision,
            **_failure(stairs),
            causes=[Cause(UPGRADE_IN_ONE_CALL.id, revision)],
        )
    elif not stairs.recorded:
        yield UPGRADE_FROM_EMPTY.finding(
            f"`alembic upgrade {revision}` succeeds, but the version table does not name {revision}: nothing was"
            " committed.",
            kind="not committed",
            revision=revision,
            evidence=stairs.up.told,
            consequence="Deployments report success and change nothing.",
            remedy=COMMITTED,
        )
    for name in created(stairs.up.roles.get(revision, ())):
        yield UPGRADE_FROM_EMPTY.finding(
            f"{revision} creates the role {name}, which belongs to the whole server.",
            kind="role",
            severity=Severity.NOTE,
            revision=revision,
            object=f"role {name}",
            consequence="On a server with two such databases, the second one finds the role that the first one made.",
            remedy="If the revision passes where the role exists, nothing has to be done; otherwise catch"
            " duplicate_object in a DO block, or create the role outside of migrations. It was dropped from this"
            " server.",
        )


def _failure(stairs: Stairs) -> Failure:
    """As ``failure``; a history that changes tables before it has made any goes on from what was made another way."""
    told = failure(stairs.up)
    tables = [one for one in stairs.before.objects if one.kind == "table"]
    if told["remedy"] is None and sqlstate(stairs.up.error) == _UNDEFINED_TABLE and not tables:
        told["remedy"] = _MADE_ANOTHER_WAY
    return told


def on_an_empty_database(error: EmptyDatabaseError) -> Finding:
    """What upgrade-from-empty says where env.py fails before the first revision."""
    return UPGRADE_FROM_EMPTY.finding(
        error.cause,
        kind="empty database",
        evidence=error.evidence,
        consequence="No new environment can be set up: developers, CI and disaster recovery stop before the first"
        " revision.",
        remedy=error.remedy,
    )


def _again(history: History) -> Iterator[Finding]:
    station = history.station(len(history.revisions))
    try:
        before, rows = station.catalog, station.rows()
        with station.lent() as database:
            run = history.upgrade_to_heads(database)
        differences = diff(before, station.read(before))
        rows_now = station.rows() if not differences else rows
    finally:
        station.close()
    if run.error is not None:
        yield UPGRADE_AGAIN.finding(f"A second `alembic upgrade heads` {fate(run)}.", kind="fails", **failure(run))
    for difference in differences:
        yield UPGRADE_AGAIN.finding(
            "A second `alembic upgrade heads` changes the schema.",
            kind=difference.what,
            object=difference.identity,
            evidence=str(difference),
        )

    for table in (table for table in rows if rows[table] != rows_now[table]):
        yield UPGRADE_AGAIN.finding(
            f"A second `alembic upgrade heads` changes the rows of {table}.",
            kind="rows",
            severity=Severity.NOTE,  # a log of deployments should grow, seed data should not
            object=table,
            evidence=f"rows before: {rows[table][0]}, after: {rows_now[table][0]}",
            consequence="Every start of the application, and every replica, changes them again.",
            remedy="If that is intended, as for a log of deployments, nothing has to be done; move seed data from"
            " env.py into a revision.",
        )


def _in_one_call(history: History) -> Iterator[Finding]:
    try:
        yield from _against_single_steps(history)
    except UpgradeFailedError as error:
        revision = history.revisions[error.index].revision
        if history.in_one_call.passes(revision):
            yield _fails_by_itself(history, error.index, error.run)
        else:
            raise


def _fails_by_itself(history: History, index: int, run: Run) -> Finding:
    """What is said of the revision at ``index`` whose upgrade, ``run``, a call from an empty database gets past."""
    revision = history.revisions[index].revision
    return UPGRADE_IN_ONE_CALL.finding(
        f"The upgrade to {revision} by itself {fate(run)}; `alembic upgrade heads` on an empty database gets past it.",
        kind="passes in one call",
        revision=revision,
        evidence=run.told,
        consequence="A new environment can be set up, and no existing one can be upgraded.",
        remedy=made_already(run),
        # Where the one below is never committed, this one finds nothing to build on.
        causes=[Cause(UPGRADE_FROM_EMPTY.id, one.revision) for one in history.revisions[:index][-1:]],
    )


def _against_single_steps(history: History) -> Iterator[Finding]:
    failed = history.in_one_call.failure()
    if failed is not None:
        told = failure(failed)
        yield UPGRADE_IN_ONE_CALL.finding(
            f"`alembic upgrade heads` on an empty database {fate(failed)} at {failed.revision}; each revision by itself"
            " works.",
            kind="fails",
            revision=failed.revision,
            evidence=told["evidence"],
            consequence=told["consequence"],
            remedy=made_again(history, failed) or told["remedy"],
        )
        return
    found = history.in_one_call.differences()
    if found is None:
        yield from _from_earlier(history)
        return
    revision, differences = found
    fixed = history.in_one_call.fixed_at_the_time(revision, differences)
    yield from (fixed_at_the_time(UPGRADE_IN_ONE_CALL, one, revision) for one in fixed)
    for difference in (one for one in differences if one not in fixed):
        yield UPGRADE_IN_ONE_CALL.finding(
            f"`alembic upgrade heads` on an empty database gives a different schema than one call for each revision,"
            f" from {revision} on.",
            kind=difference.what,
            revision=revision,
            object=difference.identity,
            evidence=f"one by one -> in one call: {difference}",
        )


def _parting(history: History) -> Parting | None:
    return first_parting(history, commits_each=history.in_one_call.commits_each_revision())


def _look_for_parting(history: History) -> None:
    """Most of what takes time: single steps are compared with it when they have been made."""
    if history.in_one_call.failure() is None:
        history.kept(_parting)


def _from_earlier(history: History) -> Iterator[Finding]:
    """One call from where production stands; see ``first_parting`` for the revisions that it tries."""
    parting = history.kept(_parting)
    if parting is None:
        return
    called = [script.revision for script in history.revisions[parting.start : parting.stop]]
    before = f"from {history.revisions[parting.start - 1].revision}" if parting.start else "from an empty database"
    if parting.run is not None and parting.is_one_step:
        yield _fails_by_itself(history, parting.start, parting.run)
    elif parting.run is not None:
        yield UPGRADE_IN_ONE_CALL.finding(
            f"`alembic upgrade heads` {before} {fate(parting.run)} at {called[-1]}; one call for each revision works.",
            kind="fails from an earlier revision",
            revision=called[-1],
            evidence=f"applied in one call: {', '.join(called)}\n{parting.run.told}",
            consequence="A deployment that brings several revisions stops here; one deployment for each passes.",
            remedy=made_again(history, parting.run)
            or with_env(
                "Set transaction_per_migration=True in context.configure(), so that each revision is committed"
                f" before the next; or commit what {called[-1]} needs in {called[0]}: `with"
                " op.get_context().autocommit_block():`.",
                begun_outside=history.facts.begun_outside,
            ),
        )
    for difference in parting.differences:
        yield UPGRADE_IN_ONE_CALL.finding(
            f"`alembic upgrade heads` {before} gives a different schema than one call for each revision.",
            kind=f"{difference.what} from an earlier revision",
            revision=called[-1],
            object=difference.identity,
            evidence=f"applied in one call: {', '.join(called)}\none by one -> in one call: {difference}",
        )


def _by_itself(history: History) -> Iterator[Finding]:
    for one in stranded(history):
        after = f"; it passes once {one.needs} is applied" if one.needs else ""
        yield BRANCH_BY_ITSELF.finding(
            f"The upgrade to {one.revision} fails on a database that has only its ancestors{after}.",
            revision=one.revision,
            evidence=f"alembic upgrade {one.revision}\n{one.run.told}",
            remedy=f'Set `depends_on = "{one.needs}"` in {one.revision}: Alembic then applies {one.needs} first.'
            if one.needs
            else None,
        )


UPGRADE_FROM_EMPTY = Check(
    id="upgrade-from-empty",
    area="upgrade",
    title="Every revision can be applied, one after the other, to an empty database.",
    reason="No new environment can be set up: developers, CI and disaster recovery stop at this revision.",
    remedy="Fix the error above in this revision. Databases that already have it won't run it again: keep what it does"
    " for them the same.",
    scope="revision",
    examine=_from_empty,
)

UPGRADE_AGAIN = Check(
    id="upgrade-again",
    area="upgrade",
    title="A second `alembic upgrade heads` changes nothing.",
    reason="Every start of the application, and every replica, changes the schema again or fails.",
    remedy="Move what env.py changes into a revision, or have env.py check first whether it is there.",
    scope="history",
    examine=_again,
)

UPGRADE_IN_ONE_CALL = Check(
    id="upgrade-in-one-call",
    area="upgrade",
    title="`alembic upgrade heads`, on an empty database or from an earlier revision, gives the same schema as one call"
    " for each revision.",
    reason="A new environment, or one that missed a release, gets a different schema than one that was upgraded with"
    " every release, or can't be upgraded at all.",
    remedy="Let no revision rely on what another one left in the session or the process: SET without LOCAL, temporary"
    " tables, module variables, an open transaction (transaction_per_migration=True in context.configure() ends it).",
    scope="history",
    examine=_in_one_call,
    meanwhile=_look_for_parting,
    needs_head=False,
)

BRANCH_BY_ITSELF = Check(
    id="branch-by-itself",
    area="upgrade",
    title="Each branch can be upgraded without the others: what it needs of them is in depends_on.",
    reason="Alembic orders branches by their ids: a database that has only one branch can't be upgraded, and a revision"
    " added anywhere can change the order and stop every deployment.",
    remedy="Name the revision that creates what is missing in depends_on.",
    scope="history",
    examine=_by_itself,
    keywords=("branch",),
)

CHECKS = (UPGRADE_FROM_EMPTY, UPGRADE_AGAIN, UPGRADE_IN_ONE_CALL, BRANCH_BY_ITSELF)
