"""One revision, applied while the release before it works on filled tables."""

from collections.abc import Callable
from contextlib import ExitStack
from time import sleep

from schemaproof.errors import ProofError
from schemaproof.migration.history import History, open_history
from schemaproof.migration.populated import PopulatedStates
from schemaproof.postgres import Database, Server
from schemaproof.project.subject import Subject
from schemaproof.rows.growing import grow
from schemaproof.run.rehearsal.record import Rehearsal
from schemaproof.run.rehearsal.traffic import Clock, Statements, Traffic, connected, reader
from schemaproof.run.rehearsal.workload import Task, concerned, workload
from schemaproof.run.scope import Wanted

_BEFORE, _AFTER = 2.0, 1.0  # seconds of traffic before the migration and after it
_READER = 1.0  # seconds for which the reader holds on when the migration sends its first statement


def of_project(  # noqa: PLR0913 (as ``rehearse``)
    subject: Subject, server: Server, revision: str, *, rows: int, sessions: int, told: Callable[[str], None]
) -> Rehearsal:
    """As ``rehearse``, for the project ``subject`` on ``server``; ``revision`` is what Alembic takes for one.

    Raises:
        ProofError: likewise, and where there is no such revision.
    """
    with open_history(subject, server) as history:
        if history.chain.defects:
            defect = history.chain.defects[0]
            raise ProofError(defect.message, evidence=defect.evidence, remedy="Run `schemaproof verify`.")
        scope = Wanted(revisions=(revision,)).scope(history.chain.script, history.revisions, subject.project)
        asked = scope.asked if scope is not None else ()
        return rehearse(history, asked[-1], rows=rows, sessions=sessions, told=told)


def rehearse(  # noqa: PLR0913 (what is applied, to how much, under how much)
    history: History,
    revision: str,
    *,
    rows: int,
    sessions: int,
    told: Callable[[str], None] = lambda _: None,
    before: float = _BEFORE,
) -> Rehearsal:
    """What the release before ``revision`` meets while it is applied.

    Args:
        history: the subject's.
        revision: its id.
        rows: how many each table that it concerns shall hold.
        sessions: how many sessions work on them.
        told: called with what takes long.
        before: seconds of traffic before the migration, which all is compared with.

    Raises:
        ProofError: where there is nothing that could be worked on, or the revision can't be applied at all.
    """
    if history.alone:
        raise ProofError(
            "The revisions create and drop roles, which belong to the whole server, so none can be applied to a copy.",
            remedy="Create the roles outside of migrations and name them in [tool.schemaproof], roles = [...].",
        )
    index = history.positions[revision]
    stairs = history.stairs(revision)
    if stairs.first is None:
        raise ProofError(
            f"The upgrade to {revision} fails on empty tables.",
            evidence=stairs.up.told,
            remedy="Fix that first; `schemaproof verify` checks every revision.",
        )
    names = concerned(stairs.before, stairs.first)
    if not names:
        raise ProofError(f"There is no table before {revision}.", remedy="Name a later revision: --revision ID.")
    states = history.kept(PopulatedStates)
    with states.at(index).clone() as database:
        told(f"{rows:,} rows in each of {', '.join('.'.join(one) for one in names)}")
        with connected(database.dsn) as connection:
            grown = grow(connection, names, rows)
        with connected(database.dsn) as connection:  # growing leaves settings behind
            connection.execute("CHECKPOINT")
            tasks = workload(connection, names, sessions, history.application_driver)
        if not any(tasks):
            raise ProofError(
                f"No table that {revision} concerns takes or holds a row that the harness knows how to make.",
                remedy="Give it some: rows in [tool.schemaproof] names strategies for values that only you know.",
            )
        told(f"{sessions} sessions work, and {revision} is applied")
        counts = {".".join(name): count for name, count in grown.counts.items()}
        remarks = tuple(f"{'.'.join(name)} could not be filled: {why}" for name, why in grown.refused.items())
        return _applied(states, database, (index, revision), tasks, before, counts, remarks)


def _applied(  # noqa: PLR0913, PLR0917 (what is applied where, and what is known already)
    states: PopulatedStates,
    database: Database,
    which: tuple[int, str],
    tasks: list[list[Task]],
    before: float,
    counts: dict[str, int],
    remarks: tuple[str, ...],
) -> Rehearsal:
    index, revision = which
    tables = sorted({one.table for each in tasks for one in each})
    clock = Clock()
    statements = Statements(clock)
    with ExitStack() as stack:
        traffic = stack.enter_context(Traffic(database.dsn, tasks, clock))
        traffic.migrating = statements.pids
        sleep(before)
        held = clock()
        with reader(database.dsn, tables, statements.first, _READER):
            begin = clock()
            run = states.run(database, index, "upgrade", statements)
            end = clock()
        sleep(_AFTER)
    return Rehearsal(
        revision,
        {table: counts.get(table, 0) for table in tables},
        len(tasks),
        tuple(traffic.answers),
        tuple(statements.sent),
        tuple(traffic.looks),
        (held, min(end, _first(statements, begin) + _READER)),
        (begin, end),
        run.told if run.error is not None else "",
        remarks,
    )


def _first(statements: Statements, begin: float) -> float:
    """When the migration sent its first statement."""
    return statements.sent[0].begin if statements.sent else begin
