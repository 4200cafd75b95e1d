"""Spec: "Given migration fails midway, when error occurs, then transaction rolls back cleanly"."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from schema.migrate import upgrade
from schemaproof.migration.environment import Run
from schemaproof.migration.history import History, open_history
from schemaproof.migration.redirect import Observer, Redirection, redirected
from schemaproof.postgres import Database, Server
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.locks import blocking_mode
from schemaproof.proofs.failure.single import Faults
from schemaproof.proofs.failure.sites import Recorder, Site
from schemaproof.proofs.failure.state import Watcher
from schemaproof.proofs.failure.trial import Bench, Course, Outcome, Trial, Way
from tests.migrations.rollback_cases import Case, Direction, applying, cases, revisions

CASES = list(cases())
REVISIONS = revisions()

each_revision = pytest.mark.parametrize("revision", REVISIONS)
each_direction = pytest.mark.parametrize("direction", ["upgrade", "downgrade"])


@pytest.fixture(scope="module")
def history(postgres_server: Server, schemaproof_subject: Subject) -> Iterator[History]:
    """Faceplate's revisions."""
    with open_history(schemaproof_subject, postgres_server) as history:
        yield history


@pytest.fixture(scope="module")
def faults(history: History) -> Iterator[Faults]:
    """Faults in them, on tables with rows."""
    with Faults(history) as faults:
        yield faults


def told(outcome: Outcome) -> str:
    """What ``outcome`` is, and what was left."""
    lines = [f"{outcome}", f"left: the state {outcome.left}", *outcome.differences]
    lines += [f"still busy: {one}" for one in outcome.busy]
    if outcome.hung:
        lines.append("the run waited for the lock for ever")
    if outcome.swallowed:
        lines.append("the run reported success, and applied nothing")
    if outcome.lost:
        lines.append("what the server had confirmed is undone")
    if outcome.error:
        lines.append(outcome.error)
    if outcome.rerun is not None and not outcome.rerun.recovered:
        lines += ["run again:", outcome.rerun.error, *outcome.rerun.differences, *outcome.rerun.invalid]
    return "\n  ".join(lines)


def assert_survived(outcomes: Iterable[Outcome]) -> None:
    lost = [told(outcome) for outcome in outcomes if not outcome.survived]
    if lost:
        pytest.fail("\n\n".join(lost), pytrace=False)  # the item's name and this say it all


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_rollback_is_clean(faults: Faults, case: Case) -> None:
    assert_survived([faults.inject(*case)])


def waits(site: Site) -> bool:
    """Whether another session can hold a lock that ``site`` waits for, beside those that its own session holds."""
    held = site.held
    return any(blocking_mode(modes, held.get(name, frozenset())) for name, modes in site.locks.items())


@each_direction
@each_revision
def test_rollback_is_clean_at_every_statement_that_waits_for_a_lock(
    faults: Faults, revision: str, direction: Direction
) -> None:
    """One item for all of them: which statements wait is known in a database only, after the items have names."""
    waiting = [site for site in faults.sites(revision, direction) if waits(site)]

    outcomes = [
        faults.inject(revision, direction, site.id, fault)
        for site in waiting
        for fault in applying(site)
        if fault.waits
    ]

    assert outcomes, "not even the version table's statement waits for a lock"
    assert_survived(outcomes)


# --- the items above are all there are


@each_direction
@each_revision
def test_rollback_items_are_every_fault_at_every_statement(faults: Faults, revision: str, direction: Direction) -> None:
    real = {
        Case(revision, direction, site.id, fault).id
        for site in faults.sites(revision, direction)
        for fault in applying(site)
        if not fault.waits
    }
    items = {case.id for case in CASES if (case.revision, case.direction) == (revision, direction)}

    assert items == real, f"say in rollback_cases.SENT how many statements the {direction} of {revision} sends"


def test_rollback_items_are_of_every_revision(history: History) -> None:
    assert [script.revision for script in history.revisions] == REVISIONS


# --- the application's start-up


def start_up(database: Database, observer: Observer | None) -> Run:
    """What the application does with ``database`` when it starts."""
    run = Run(Redirection(database.url(), database.name, observer=observer))
    with redirected(run.redirection):
        try:
            asyncio.run(upgrade(database.url()))
        except Exception as error:  # noqa: BLE001 (judged by what it leaves)
            run.failed(error, None)
    return run


@pytest.fixture(scope="module")
def good_start_up(postgres_server: Server, history: History) -> Course:
    """A start-up on an empty database, and the states at the borders of its revisions, which may be left too."""
    with postgres_server.create() as database, Watcher(database, history.version_table) as watcher:
        before, recorder = watcher.read(), Recorder(watcher.held)
        assert start_up(database, recorder).error is None
        watcher.end_sessions()
        after = watcher.read(before)
    way = Way("head", "upgrade", start_up, lambda database: (start_up(database, None), "after"))
    # All are judged alike: a recorder knows only from schemaproof's own runs which are the revisions'.
    sites = tuple(replace(site, part="revision") for site in recorder.sites)
    course = Course(way, sites, before, after)
    if course.is_declared:  # what a revision that is not transactional leaves is judged by the next start-up
        return course
    with postgres_server.create() as database, Watcher(database, history.version_table) as watcher:
        borders = []
        for revision in REVISIONS:
            asyncio.run(upgrade(database.url(), revision))
            borders.append(watcher.read())
    return replace(course, between=tuple(borders))


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.ERROR_AFTER, Fault.DISCONNECT, Fault.COMMIT_LOST, Fault.KILLED])
def test_rollback_of_a_start_up_is_clean_and_the_next_one_succeeds(
    history: History, good_start_up: Course, empty_database: Database, fault: Fault
) -> None:
    """At every statement of ``schema.migrate``: env.py's own, those of the deployers' lock say, can fail too."""
    sites = [site for site in good_start_up.sites if fault in applying(site)]
    with Bench(empty_database, history.version_table) as bench:
        trial = Trial(good_start_up, bench)

        outcomes = list(trial.inject((site, fault) for site in sites))

        assert [outcome.site for outcome in outcomes] == sites
        assert_survived(outcomes)
        assert trial.rerun().recovered
