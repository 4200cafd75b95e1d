"""Whether a migration that fails leaves the state before or the one after, and whether it can be run again."""

from collections.abc import Iterable, Iterator, Sequence

from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import quoted
from schemaproof.proofs.failure.bystatement import by_statement
from schemaproof.proofs.failure.failures import Failures
from schemaproof.proofs.failure.proof import Examined
from schemaproof.proofs.failure.trial import Course, Outcome

_SHOWN = 12  # lines of a state's differences

_ROLES = (
    'Create the roles outside of migrations and name them in [tool.schemaproof], roles = ["..."]: faults can be'
    " injected"
    " into revisions that only use roles."
)


def _atomic(history: History, revision: str) -> Iterator[Finding]:
    if history.alone:
        if history.is_first(revision):
            yield ATOMICITY.finding(
                "No faults were injected: the revisions create and drop roles, which belong to the whole server.",
                kind="roles",
                severity=Severity.NOTE,
                consequence="Whether a failed migration leaves anything behind is not known.",
                remedy=_ROLES,
            )
        return
    for examined in history.kept(Failures).of(revision):
        yield from _obstacles(examined, revision)
        course = examined.course
        if course is not None:
            yield from _left_between(_run(examined, course), course, examined.outcomes, revision, examined.below)
            yield from _left_sessions(_run(examined, course), course, examined.outcomes, revision)
            yield from _not_told(_run(examined, course), course, examined.outcomes, revision)
            yield from _not_again(examined, course, revision)


def _run(examined: Examined, course: Course) -> str:
    """Which run of the revision it was: "upgrade", "downgrade", "upgrade together" with the one below."""
    return f"{course.way.direction}{'' if examined.below is None else ' together'}"


def _obstacles(examined: Examined, revision: str) -> Iterator[Finding]:
    if examined.obstacle and examined.below is not None and examined.course is None:
        yield ATOMICITY.finding(
            f"No faults were injected into {revision} in one call with {examined.below}: that call fails.",
            kind=f"{examined.direction} together not tried",
            severity=Severity.NOTE,
            revision=revision,
            evidence=examined.obstacle,
            consequence="What a failure leaves of both is not known; faults were injected into each by itself.",
            remedy=f"Make one `alembic upgrade {revision}` apply both: upgrade-in-one-call says why it does not.",
            causes=[Cause("upgrade-in-one-call", revision)],
        )
    elif examined.obstacle and examined.direction == "upgrade":
        injected = f"Faults were injected into the upgrade of {revision} on empty tables only"
        yield ATOMICITY.finding(
            f"{injected if examined.course else f'No faults were injected into the upgrade of {revision}'}: it fails on"
            " tables that hold rows.",
            kind="upgrade on rows",
            severity=Severity.NOTE,
            revision=revision,
            evidence=examined.obstacle,
            consequence="What a failure leaves where the tables hold rows is not known.",
            remedy="Make the upgrade pass on rows first: upgrade-with-rows says why it does not.",
        )
    elif examined.obstacle:
        injected = "faults were injected into it on empty tables only"
        yield ATOMICITY.finding(
            f"The {examined.direction} of {revision} fails on tables that hold rows, so"
            f" {injected if examined.course else 'no faults were injected into it'}.",
            kind=f"{examined.direction} on rows",
            severity=Severity.NOTE,
            revision=revision,
            evidence=examined.obstacle,
            consequence="Where the tables hold such rows, the rollback stops here.",
            remedy="If production never holds such rows, nothing has to be done; otherwise fix them in downgrade(),"
            " before the statement that fails on them.",
        )


def _left_between(
    run: str, course: Course, outcomes: Sequence[Outcome], revision: str, below: str | None
) -> Iterator[Finding]:
    between = [one for one in outcomes if one.left == "between"]
    # Of two in one call, the one below may stop in between: so may both, if the same call goes on from there.
    spoilt = [one for one in between if one.rerun is None or (below is not None and not one.rerun.recovered)]
    if not spoilt:
        return
    why, remedy = _cause(course, spoilt)
    if below is not None:
        why = f"It was applied in one call with {below}, which ends the transaction that both run in."
        remedy = (
            "Set transaction_per_migration=True in context.configure(): each revision then has a transaction of its"
            " own."
        )
    yield ATOMICITY.finding(
        f"The {course.way.direction} of {revision} is not atomic: {len(spoilt)} of {len(outcomes)} faults left neither"
        f" the state before nor the one after. {why}",
        kind=f"{run} in between",
        revision=revision,
        evidence=_told(spoilt),
        remedy=remedy,
        grids=[by_statement(outcomes)],
    )


def _cause(course: Course, spoilt: Sequence[Outcome]) -> tuple[str, str]:
    """Why a state in between could be left, and what to do about it."""
    mine = [site for site in course.sites if site.part == "revision"]
    ended = next((site for site in mine if site.ends_transaction), None)
    causes = [
        (
            course.env_autocommit,
            "env.py's connection is on AUTOCOMMIT, so every statement is committed by itself.",
            'Remove isolation_level="AUTOCOMMIT" from env.py; a revision that needs it uses'
            " `with op.get_context().autocommit_block():`.",
        ),
        (
            not course.transactional_ddl,
            "transactional_ddl is switched off.",
            "Remove transactional_ddl=False from context.configure(): PostgreSQL's DDL is transactional.",
        ),
        (
            ended is not None,
            f"{str(ended)[:1].upper()}{str(ended)[1:]} ends the transaction in the middle of the revision.",
            "Remove it. What PostgreSQL does not run in a transaction goes into a revision of its own, in"
            " `with op.get_context().autocommit_block():`.",
        ),
        (
            all(not one.error for one in spoilt),
            "The revision swallows the error, and the version is stamped although not all was done.",
            "Let errors through, or catch only the one that you expect, by its SQLSTATE.",
        ),
        (
            any(site.outside for site in mine),
            "Some of its statements run outside of the migration's transaction.",
            "Run them on op.get_bind(), the migration's connection, and not on one of your own.",
        ),
        (
            any(site.kind == "commit" for site in mine[:-1]),
            "Something is committed before the revision ends.",
            "Run everything on op.get_bind(), and leave the COMMIT to Alembic.",
        ),
    ]
    return next(((why, remedy) for true, why, remedy in causes if true), ("", ATOMICITY.remedy))


def _left_sessions(run: str, course: Course, outcomes: Sequence[Outcome], revision: str) -> Iterator[Finding]:
    busy = [one for one in outcomes if one.busy]
    if busy:
        yield ATOMICITY.finding(
            f"After a failed {course.way.direction} of {revision}, a session still holds locks or a transaction.",
            kind=f"{run} leaves a session",
            revision=revision,
            evidence=f"when {busy[0]}:\n" + "\n".join(busy[0].busy[:_SHOWN]),
            grids=[by_statement(outcomes)],
            consequence="Where the application runs the migrations, the locks stay until it ends, and whoever needs the"
            " tables waits for it.",
            remedy="Open the connection in env.py by `with connectable.connect() as connection:`, so that it is closed"
            " after an error too.",
        )
    endless = [one for one in outcomes if one.endless]
    if endless:
        yield ATOMICITY.finding(
            f"After a failed {course.way.direction} of {revision}, env.py {endless[0].endless}.",
            kind=f"{run} never fails",
            revision=revision,
            evidence=f"when {endless[0]}:\n{endless[0].error}",
            grids=[by_statement(outcomes)],
            consequence="A deployment that fails never ends, and nobody is told.",
            remedy="Let env.py clean up on the connection that failed, after connection.rollback(), and open a second"
            " one only then.",
        )
    hung = [one for one in outcomes if one.hung]
    if hung:
        yield ATOMICITY.finding(
            f"The {course.way.direction} of {revision} waits for a lock without end although lock_timeout is set.",
            kind=f"{run} waits for ever",
            severity=Severity.WARNING,
            revision=revision,
            evidence=f"when {hung[0]}: it did not end before the lock was released",
            grids=[by_statement(outcomes)],
            consequence="The deployment hangs for as long as another session keeps its lock, and everybody who needs"
            " the table queues up behind it.",
            remedy="Limit the retries: their number, and the seconds that they take in all.",
        )


def _not_told(run: str, course: Course, outcomes: Sequence[Outcome], revision: str) -> Iterator[Finding]:
    silent = [one for one in outcomes if one.swallowed]
    if silent:
        yield ATOMICITY.finding(
            f"env.py reports success although the {course.way.direction} of {revision} has failed and was rolled back.",
            kind=f"{run} told as success",
            revision=revision,
            evidence=f"when {silent[0]}: env.py raised nothing, and nothing is applied",
            grids=[by_statement(outcomes)],
            consequence="The deployment goes on, and the new release runs on the old schema.",
            remedy="Let env.py re-raise what it caught (`raise`).",
        )


def _not_again(examined: Examined, course: Course, revision: str) -> Iterator[Finding]:
    rerun = examined.rerun
    if rerun is not None and not rerun.recovered:
        yield ATOMICITY.finding(
            f"After failures that were rolled back, the {course.way.direction} of {revision} gives a different result.",
            kind=f"{_run(examined, course)} with another result",
            revision=revision,
            evidence="\n".join([rerun.error, *rerun.differences[:_SHOWN]]).strip(),
            consequence="A failure leaves something behind that is neither an object nor a row nor a version, and later"
            " runs depend on it.",
        )


def _told(outcomes: Sequence[Outcome]) -> str:
    """The first of ``outcomes`` with what it left, and the places of all."""
    first = outcomes[0]
    lines = [f"when {first}:", *_indented(first.differences)]
    places = dict.fromkeys(f"{one.site.id} {one.fault}" for one in outcomes)
    if len(places) > 1:
        lines.append(f"also at: {', '.join(list(places)[1:_SHOWN])}{', ...' if len(places) > _SHOWN else ''}")
    return "\n".join(lines)


def _indented(differences: Iterable[str]) -> list[str]:
    found = list(differences)
    more = [f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return [f"  {one}" for one in found[:_SHOWN]] + more


def _recovers(history: History, revision: str) -> Iterator[Finding]:
    if history.alone:
        if history.is_first(revision):
            yield RERUN_AFTER_FAILURE.finding(
                "No revision was run again after a failure: the revisions create and drop roles, which belong to the"
                " whole server.",
                kind="roles",
                severity=Severity.NOTE,
                consequence="Whether a failed migration can be run again is not known.",
                remedy=_ROLES,
                causes=[Cause(ATOMICITY.id)],
            )
        return
    for examined in history.kept(Failures).of(revision):
        if examined.below is not None:
            continue  # atomicity tells it
        failed = [one for one in examined.outcomes if one.rerun is not None and not one.rerun.recovered]
        yield from _invalid(examined, failed, revision)
        others = [one for one in failed if one.rerun is not None and not one.rerun.invalid]
        if not others or examined.course is None:
            continue
        first = others[0]
        rerun = first.rerun
        assert rerun is not None  # noqa: S101 (chosen by it)
        what = "fails" if rerun.error else "succeeds with a different result"
        command = _command(examined, revision)
        yield RERUN_AFTER_FAILURE.finding(
            f"The {examined.direction} of {revision} can stop halfway, and then {command} {what}.",
            kind=f"{examined.direction} halfway",
            revision=revision,
            evidence="\n".join(
                [
                    _told(others),
                    f"then {command}:",
                    *_indented([rerun.error] if rerun.error else rerun.differences),
                ]
            ),
            grids=[by_statement(examined.outcomes)],
        )


def _invalid(examined: Examined, failed: Sequence[Outcome], revision: str) -> Iterator[Finding]:
    """A finding for each index that a rerun accepts although it is not valid."""
    seen: dict[str, Outcome] = {}
    for one in failed:
        for index in one.rerun.invalid if one.rerun is not None else ():
            seen.setdefault(index, one)
    for index, one in seen.items():
        yield RERUN_AFTER_FAILURE.finding(
            f"A failed {examined.direction} of {revision} leaves {index} invalid, and {_command(examined, revision)}"
            " accepts it.",
            kind=f"{examined.direction} leaves it invalid",
            revision=revision,
            object=index,
            evidence="\n".join([f"when {one}:", *_indented(one.differences)]),
            consequence="No query uses the index, a unique one does not keep out duplicates of older rows, and every"
            " write has to update it; nobody is told.",
            remedy="IF NOT EXISTS looks at the name alone. Drop the leftover first, in the autocommit_block():"
            f" `{execute(f'DROP INDEX CONCURRENTLY IF EXISTS {_name(index)}')}`.",
        )


def _name(index: str) -> str:
    """The name for SQL, from "index schema.name"."""
    schema, _, name = index.removeprefix("index ").partition(".")
    return quoted(schema, name)


def _command(examined: Examined, revision: str) -> str:
    """What is run on what a failure left."""
    command = f"`alembic upgrade {revision}`"
    return command if examined.direction == "upgrade" else "a second downgrade"


ATOMICITY = Check(
    id="atomicity",
    area="failure",
    title="A migration that fails anywhere leaves the state before or the state after, unless it says that it is not"
    " transactional.",
    reason="A statement fails, a lock times out, a connection is lost, a process is killed: what is left is a schema"
    " that no revision describes, and that neither upgrade nor downgrade gets out of.",
    remedy="Do all that a revision does in one transaction, the one in which Alembic records its version: run it on"
    " op.get_bind().",
    scope="revision",
    examine=_atomic,
    keywords=("rollback",),
)

RERUN_AFTER_FAILURE = Check(
    id="rerun-after-failure",
    area="failure",
    title="A revision that is not transactional recovers from a failure when it is run again.",
    reason="What was committed before the failure stays, the version does not record it, and the next deployment fails"
    " on it or builds on it: somebody has to repair production by hand.",
    remedy="Put what can't run in a transaction into a revision of its own, alone in its autocommit_block(), in a form"
    " that can be run again: DROP INDEX CONCURRENTLY IF EXISTS before CREATE INDEX CONCURRENTLY, ADD VALUE IF NOT"
    " EXISTS, backfills that look for the rows that are left to do.",
    scope="revision",
    examine=_recovers,
    keywords=("rollback",),
)
