"""All checks of a subject, run in order, and the verdict.

What goes wrong in one check, or with one revision, is an obstacle in the report and stops no other check. The run ends
early only if the server is lost or nothing can be checked at all; the caller's record has what was found until then.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import psycopg
import sqlalchemy.exc
from alembic.script import Script

from schemaproof.budget import LeftOut
from schemaproof.check import Check
from schemaproof.finding import Finding, Severity, together
from schemaproof.migration.empty import EmptyDatabaseError
from schemaproof.migration.footing import Footing, footing
from schemaproof.migration.history import History, open_history
from schemaproof.migration.places import Places
from schemaproof.migration.roles import SharedRoleError
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import Server
from schemaproof.project.allowances import Allowance, of_revision
from schemaproof.project.subject import Subject, SubjectError
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.chain.checks import WALKABLE, is_hidden
from schemaproof.proofs.failure.failures import Failures
from schemaproof.proofs.registry import CHECKS
from schemaproof.proofs.upgrade.checks import COMMITTED, UPGRADE_FROM_EMPTY, on_an_empty_database
from schemaproof.report.outcome import Obstacle, Report, Scope
from schemaproof.run.cache import Cache
from schemaproof.run.judging import report
from schemaproof.run.parts import BY_REVISION, digest_of
from schemaproof.run.progress import Progress
from schemaproof.run.recall import Recall
from schemaproof.run.record import Record
from schemaproof.run.scope import EVERYTHING, Wanted
from schemaproof.run.walk import tell_how_far, walk

_KNOWN = frozenset(check.id for check in CHECKS)


def verify(  # noqa: PLR0913 (what, where, how it is told)
    subject: Subject,
    server: Server,
    *,
    checks: Sequence[Check],
    allowances: Sequence[Allowance] = (),
    progress: Progress,
    wanted: Wanted = EVERYTHING,
) -> Report:
    """The report of ``checks`` on ``subject``, which run in databases of their own on ``server``.

    Args:
        subject: what is verified.
        server: where the databases are created; nothing of the run is left there.
        checks: those to run, in the order of the report.
        allowances: those of the configuration; the ones beside the revisions are added.
        progress: shows what is going on.
        wanted: which revisions are asked about.

    Raises:
        SubjectError: if the subject can't be verified, or only a part of it in which nothing is wrong.
        PostgresError: if the server fails.
    """
    start = perf_counter()
    record = Record(tuple(check.id for check in wanted.checks(checks)))
    examine(subject, server, checks=checks, progress=progress, record=record, wanted=wanted)
    return report(record, allowances, perf_counter() - start)


def examine(  # noqa: PLR0913 (as verify)
    subject: Subject,
    server: Server,
    *,
    checks: Sequence[Check],
    progress: Progress,
    record: Record,
    wanted: Wanted = EVERYTHING,
    cache: Cache | None = None,
) -> None:
    """Run ``checks`` and note in ``record`` what they find; after an error it has what they found before.

    ``cache``: what is known of revisions from earlier runs, and what is found now; None to ask everything.

    The other arguments and the errors are those of :func:`verify`.
    """
    record.start(server.version_text, server.about)
    try:
        with footing(server) as ground:
            _examine_surely(subject, _Questions(checks, wanted, cache), progress, record, ground)
    except EmptyDatabaseError as error:  # the project's own defect, where that is asked for
        if UPGRADE_FROM_EMPTY.id not in record.checks:
            raise
        record.begin({**_about_subject(subject), "driver": subject.driver}, (), (), ())
        record.add(UPGRADE_FROM_EMPTY.id, [on_an_empty_database(error)], perf_counter())
        others = [check for check in record.checks if check != UPGRADE_FROM_EMPTY.id]
        record.skip(others, "`alembic upgrade` fails on an empty database")
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError, OSError):
        server.require()  # where it is lost, that is what there is to say
        raise


@dataclass(frozen=True)
class _Questions:
    """What is asked: ``checks``, and of which revisions; and what is known already."""

    checks: Sequence[Check]
    wanted: Wanted
    cache: Cache | None = None


def _examine_surely(
    subject: Subject, questions: _Questions, progress: Progress, record: Record, ground: Footing
) -> None:
    try:
        _examine(subject, questions, progress, record, ground, alone=False)
    except SharedRoleError:  # a role that a revision makes: one database at a time then
        _examine(subject, questions, progress, record, ground, alone=True)


def _examine(  # noqa: PLR0913 (what is asked of what, and who is told)
    subject: Subject, questions: _Questions, progress: Progress, record: Record, ground: Footing, *, alone: bool
) -> None:
    server = ground.standin.server
    with open_history(subject, server, alone=alone, footing=ground) as history, _roles_dropped(history):
        beside = [
            one
            for script in history.revisions
            for one in of_revision(script.module, script.revision, _KNOWN, subject.project)
        ]
        order = [script.revision for script in history.revisions]
        scope, whole = _scopes(history, questions)
        if questions.wanted.since is not None and whole is not None:
            history.together = frozenset(whole.asked)  # what is new is deployed at once
        record.begin(_about(history), order, beside, tuple(_remarks(history)), scope)
        history.spent = record.share
        checks = questions.wanted.checks(questions.checks)
        about = order if scope is None else scope.asked
        recall = Recall(questions.cache, history, checks, about, part=questions.wanted.shard is not None)
        recall.tell(record)
        limits = _Limits(history, scope, whole, recall.proved)
        hidden = [check for check in checks if is_hidden(check, history.chain)]
        asked = [check for check in checks if check not in hidden]
        _ask_each([check for check in asked if check.area == "history"], history, record, progress, limits)
        if hidden:
            record.skip((check.id for check in hidden), "the revision files can't be loaded")
            first = history.chain.defects[0]
            _require_findings(record, SubjectError(first.message, evidence=first.evidence, remedy=WALKABLE))
        else:
            rest = [check for check in asked if check.area != "history" and check.id not in recall.answered]
            _examine_on_server(history, rest, record, progress, limits)
            recall.keep(record)
        record.count("all", history.kept(Failures).tally)
        if history.left_out:
            record.remark(_left_out(history))


@dataclass(frozen=True)
class _Limits:
    """Which revisions a check is to ask about: those of this run, or in a part of it those of all parts together.

    Attributes:
        proved: those of which all is known.
    """

    history: History
    scope: Scope | None
    whole: Scope | None
    proved: frozenset[str] = frozenset()

    def on(self, check: Check | None = None) -> None:
        """Limit what ``check`` (None: the walk) asks about."""
        history = self.history
        own = check is None or check.scope == "revision" or check.id in _OF_OWN_REVISIONS
        scope = self.scope if own else self.whole
        history.asked = None if scope is None else frozenset(scope.asked)
        if own and self.proved:
            history.asked = frozenset(history.positions if scope is None else scope.asked) - self.proved
        # For the whole of a part, all steps are made anew: the walk has not made those of the other parts.
        some = (scope is not None or bool(self.proved)) and (own or self.scope is self.whole)
        history.in_one_call.lowest = self._lowest(scope) if some else None

    def _lowest(self, scope: Scope | None) -> int:
        """How many revisions lie below the first one that is climbed."""
        asked = set(self.history.positions if scope is None else scope.asked) - self.proved
        return min((self.history.positions[one] for one in asked), default=len(self.history.revisions))


# Checks of the whole history that a part asks about its own revisions: the last looks at others where it must.
_OF_OWN_REVISIONS = BY_REVISION | {"downgrade-to-base"}


def _scopes(history: History, questions: _Questions) -> tuple[Scope | None, Scope | None]:
    """What this run asks about, and what all parts of it do together."""
    wanted, project = questions.wanted, history.subject.project
    whole = wanted.scope(history.chain.script, history.revisions, project)
    if wanted.shard is None or not history.revisions:
        return whole, whole
    environment = project / history.chain.script.dir / "env.py"
    digest = digest_of(history.subject, history.revisions, environment)
    selected = [check.id for check in questions.checks]
    return wanted.shard.scope(whole, history.revisions, selected, digest), whole


def _examine_on_server(
    history: History, checks: Sequence[Check], record: Record, progress: Progress, limits: _Limits
) -> None:
    each = [check for check in checks if check.scope == "revision"]
    once = [check for check in checks if check.scope == "history"]
    limits.on()
    for check in once:
        check.begin(history)
    history.ahead = 1 + _long(once)
    with walk(history, each, progress, record, parallel=not history.alone) as walking:
        # The others wait for nothing that the walk finds, so both are under way at once.
        early = [check for check in once if check.id not in _AFTER_THE_WALK and not walking.inline]
        failed = _ask_each(early, history, record, progress, limits)
        if failed is None and not walking.inline:
            _meanwhile([check for check in once if check not in early], history, record, progress, limits)
        answered = {check.id for check in early} if failed is None else set()
        limits.on()
        walking.finish()
    stopped = walking.stopped_at or failed
    late = [check for check in once if check not in early]
    if stopped is None and once:
        # Either is told by a check of its own. What was asked meanwhile did not know of it, and is asked again.
        if _one_call_differs(history) or history.unstable:
            record.forget(check.id for check in early)
            history.look_again()
            late = once
        progress.stage("checks of the whole history", len(late))
        failed = _ask_each(late, history, record, progress, limits, stage=True)
        stopped = failed
    if stopped is not None:
        reason = f"revision {stopped} fails"
        reached = _reaches_head(history)
        rest = [check for check in once if not reached or check.id not in answered]
        record.forget(check.id for check in rest)
        for check in rest:
            if (
                (check.needs_head and not reached)
                or check is UNUSED_ALLOWANCE  # it may be about a revision that was not reached
                or _ask_each([check], history, record, progress, limits)
                or not (check.needs_head or record.findings.get(check.id))
            ):
                record.skip([check.id], reason)
        record.skip((check.id for check in each), f"{reason}, and those after it were not reached")
        _require_findings(record, _unreached(history, stopped))


def _meanwhile(checks: Sequence[Check], history: History, record: Record, progress: Progress, limits: _Limits) -> None:
    """Let ``checks`` do what need not wait for the walk, so that no core is idle while they do it after its end."""
    for check in checks:
        if check.meanwhile is None:
            continue
        start = perf_counter()
        tell_how_far(history, check.id, progress.now)
        limits.on(check)
        try:
            check.meanwhile(history)
        except SharedRoleError:
            raise
        except Exception:  # noqa: BLE001 (it is told when the check itself is asked)
            history.server.require()
        record.spend(check.id, start)


def _require_findings(record: Record, obstacle: SubjectError) -> None:
    """Raise ``obstacle`` if nothing is wrong with what could be checked: the rest is not known to be sound."""
    if not any(one.faulty for findings in record.findings.values() for one in findings):
        raise obstacle


def _reaches_head(history: History) -> bool:
    """Whether one call from an empty database gets past a revision that fails by itself, and is committed."""
    try:
        if history.in_one_call.failure() is not None:
            return False
        station = history.station(len(history.revisions))
    except UpgradeFailedError:
        return False
    try:
        return bool(station.heads())
    finally:
        station.close()


def _unreached(history: History, stopped: str) -> SubjectError:
    """Why what comes after ``stopped`` can't be judged."""
    stairs = history.stairs(stopped)
    if stairs.up.error is not None:
        cause, remedy = f"The upgrade to {stopped} fails, so head can't be reached.", UPGRADE_FROM_EMPTY.remedy
    else:
        cause, remedy = f"The upgrade to {stopped} is never committed, so head can't be reached.", COMMITTED
    return SubjectError(cause, evidence=stairs.up.told, remedy=remedy)


def _one_call_differs(history: History) -> bool:
    try:
        return history.in_one_call.differs()
    except UpgradeFailedError:  # which the checks will meet too
        return False


def _long(checks: Sequence[Check]) -> int:
    """How many of ``checks`` of the whole history take so long that they share the budget."""
    return sum(check.id in {"delete-in-sql", "delete-in-orm", "crash-recovery"} for check in checks)


# What they need is known when every revision has been climbed.
_AFTER_THE_WALK = ("downgrade-to-base", "upgrade-in-one-call", "crash-recovery", "concurrent-deployers")


def _ask_each(  # noqa: PLR0913 (what is asked of what, and who is told)
    checks: Sequence[Check],
    history: History,
    record: Record,
    progress: Progress,
    limits: _Limits,
    *,
    stage: bool = False,
) -> str | None:
    """Run ``checks``; the revision at which the upgrade to head fails, if it does.

    ``stage``: whether each of them is a step of the present stage.
    """
    for done, check in enumerate(checks, 1):
        start = perf_counter()
        history.ahead = max(_long(checks[done - 1 :]), 1)
        tell_how_far(history, check.id, progress.now)
        limits.on(check)
        try:
            record.add(check.id, history.kept(Places).on(together(check.examine(history))), start)
        except UpgradeFailedError as error:
            return history.revisions[error.index].revision
        except SharedRoleError:
            raise
        except Exception as error:  # noqa: BLE001 (it is told, and keeps no other check from being asked)
            history.server.require()
            record.fail(Obstacle.of(error, check.id))
        if stage:
            progress.step(check.id, done)
    return None


@contextmanager
def _roles_dropped(history: History) -> Iterator[None]:
    """At the end, drop the roles that revisions made, now that no database needs them."""
    try:
        yield
    finally:
        history.leave()


def _remarks(history: History) -> Iterator[Finding]:
    """A note on the attributes that the server makes differ by itself."""
    if history.noise:
        names = ", ".join(f"{one.kind} ({one.attribute})" for one in history.noise)
        yield Finding(
            check="server",
            area="server",
            severity=Severity.NOTE,
            revision=None,
            object=None,
            message=f"PostgreSQL {history.server.version_text} itself makes identical objects differ: {names}.",
            consequence="Comparisons leave this out, so a revision that changes it is not checked for it.",
            evidence="\n".join(f"{one.kind}, {one.attribute}: {one.seen}" for one in history.noise),
            remedy="Nothing has to be done unless a revision sets it; then verify on another release too:"
            " `schemaproof verify --postgres-image postgres:16`.",
        )


def _left_out(history: History) -> Finding:
    """A note on what there was no time for."""
    faults = [one for one in history.left_out.values() if one.what == "faults"]
    told = [LeftOut(sum(one.count for one in faults), sum(one.of for one in faults), "faults")] if faults else []
    told += [one for one in history.left_out.values() if one.what != "faults"]
    order = {script.revision: place for place, script in enumerate(history.revisions)}
    lines = sorted(history.left_out.items(), key=lambda one: order.get(one[0], len(order)))
    return Finding(
        check="budget",
        area="configuration",
        severity=Severity.NOTE,
        revision=None,
        object=None,
        message=f"The budget was spent before all was done; left out: {', '.join(map(str, told))}.",
        consequence="What they would have shown is not known.",
        evidence="\n".join(f"{about}: {one}" for about, one in lines),
        remedy="Give more seconds (--budget), or run all of it at night: `schemaproof verify` without --budget.",
    )


def _about_subject(subject: Subject) -> dict[str, object]:
    return {
        "project": str(subject.project),
        "alembic_ini": str(subject.alembic_ini),
        "name": subject.name,
        "metadata": subject.metadata or "target_metadata of env.py",
    }


def _about(history: History) -> dict[str, object]:
    return {
        **_about_subject(history.subject),
        "driver": history.facts.driver[0],
        "driver_from": history.facts.driver[1],
        "revisions": len(history.revisions),
        "heads": [] if history.chain.defects else list(history.chain.heads),
        "down_revisions": {script.revision: _below(script) for script in history.revisions},
    }


def _below(script: Script) -> list[str]:
    """The ids of the revisions that ``script`` builds on."""
    found = script.down_revision
    return [] if found is None else [found] if isinstance(found, str) else list(found)
