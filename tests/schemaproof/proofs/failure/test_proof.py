"""The failure proof: what faults leave, and what is said of it where the examples can't show it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import alembic.context
import pytest

from schemaproof.finding import Severity
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.proofs.failure import equivalence, proof, trial
from schemaproof.proofs.failure.checks.atomicity import ATOMICITY, RERUN_AFTER_FAILURE
from schemaproof.proofs.failure.checks.crash import CRASH_RECOVERY
from schemaproof.proofs.failure.failures import Failures
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.proof import Examined
from schemaproof.proofs.failure.single import Faults
from schemaproof.proofs.failure.state import Watcher
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.proofs.failure.conftest import Open, ProofOf, sent

COMMITS = sent("CREATE TABLE x (i int)", "COMMIT", "CREATE TABLE y (i int)")
BLOCK = "with op.get_context().autocommit_block():\n    op.execute({!r})\n"
SWALLOWS = ENV.replace(
    "        with context.begin_transaction():\n            context.run_migrations()\n",
    "        try:\n            with context.begin_transaction():\n                context.run_migrations()\n"
    "        except Exception:\n            pass\n",
)
KEEPS = ENV.replace(
    "    with engine.connect() as connection:\n",
    "    connection = context.kept = engine.connect()\n"
    "    connection.exec_driver_sql('SELECT pg_advisory_lock(7)')\n"
    "    connection.commit()\n"
    "    if True:\n",
)
UNFILLABLE = Step("CREATE TABLE t (id int); CREATE TABLE u (n int CHECK (false) NOT NULL)", "DROP TABLE t, u")


@pytest.fixture
def _sessions_end_soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Little time for sessions to end; the one that env.py keeps ends with the test."""
    monkeypatch.setattr(trial, "GONE_WITHIN", 0.1)
    yield
    if (kept := vars(alembic.context).pop("kept", None)) is not None:
        kept.invalidate()
        kept.close()


@pytest.fixture
def _errors_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error at each statement of the revision's own, and at none of env.py's."""
    monkeypatch.setattr(equivalence, "faults_at", lambda site, **_: iter([Fault.ERROR] if site.own else []))


def told(examined: tuple[Examined, ...]) -> list[str]:
    """All that is not as it should be, in words."""
    outcomes = [
        f"{one.direction}: {each} {each.left}" for one in examined for each in one.outcomes if not each.survived
    ]
    reruns = [(one.direction, one.rerun) for one in examined if one.rerun is not None]
    return outcomes + [f"{direction}: {rerun}" for direction, rerun in reruns if not rerun.recovered]


def test_revision_that_is_one_transaction_survives_everything(open_: Open) -> None:
    """Some of these faults are injected only where the subject says `everywhere`."""
    history = open_(table("t"), table("u"))
    history.subject = replace(history.subject, everywhere=True)
    examined = history.kept(Failures).of("0002")
    assert [one.direction for one in examined] == ["upgrade", "downgrade"]
    assert told(examined) == []
    seen = {each.fault for one in examined for each in one.outcomes}
    assert seen == set(Fault) - {Fault.CRASH, Fault.CRASH_AFTER, Fault.WRITER}


def test_error_that_env_swallows_is_told(open_: Open) -> None:
    with Faults(open_(table("t"), table("u"), env=SWALLOWS)) as faults:
        outcome = faults.inject("0002", "upgrade", "statement-01", Fault.ERROR)
    assert (outcome.left, outcome.error, outcome.swallowed, outcome.survived) == ("before", "", True, False)


@pytest.mark.usefixtures("_sessions_end_soon")
def test_session_that_is_left_is_told(open_: Open) -> None:
    with Faults(open_(table("t"), table("u"), env=KEEPS)) as faults:
        outcome = faults.inject("0002", "upgrade", "statement-02", Fault.ERROR)
    assert ["holds 1 locks" in one for one in outcome.busy] == [True]
    assert not outcome.survived


def test_revision_that_says_it_is_not_transactional_is_run_again(open_: Open) -> None:
    code = "op.execute('CREATE TABLE x (i int)')\n" + BLOCK.format("CREATE INDEX CONCURRENTLY i ON t (id)")
    with Faults(open_(table("t"), code)) as faults:
        outcome = faults.inject("0002", "upgrade", "statement-02", Fault.ERROR)
    assert outcome.left == "between"
    assert outcome.rerun is not None
    assert 'relation "x" already exists' in outcome.rerun.error


def test_index_that_the_rerun_accepts_although_it_is_invalid_is_named(open_: Open) -> None:
    code = BLOCK.format("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (id)")
    with Faults(open_(table("t"), code)) as faults:
        outcome = faults.inject("0002", "upgrade", "statement-01", Fault.WRITER)
    assert outcome.rerun is not None
    assert (outcome.rerun.error, outcome.rerun.invalid, outcome.survived) == ("", ("index public.i",), False)


def test_values_that_are_others_in_each_run_are_no_difference(open_: Open) -> None:
    code = sent("ALTER TABLE t ADD at timestamptz", "UPDATE t SET at = clock_timestamp()")
    with Faults(open_(table("t"), code)) as faults:
        assert faults.inject("0002", "upgrade", "commit-01", Fault.COMMIT_LOST).left == "after"


def test_values_that_seldom_change_are_no_difference(open_: Open, tmp_path: Path) -> None:
    """A time in seconds is the same in the two runs that are compared first: once that was a third state, at times."""
    runs = tmp_path / "runs"
    runs.mkdir()
    code = f"""
import pathlib, tempfile
tempfile.mkstemp(dir={str(runs)!r})
op.execute(f"INSERT INTO t VALUES ({{100 + len(list(pathlib.Path({str(runs)!r}).iterdir())) // 5}})")
"""
    with Faults(open_(table("t"), code)) as faults:
        faults.sites("0002", "upgrade")
        while len(list(runs.iterdir())) < 5:
            (runs / f"later-{len(list(runs.iterdir()))}").touch()
        assert faults.inject("0002", "upgrade", "commit-01", Fault.COMMIT_LOST).left == "after"


@pytest.mark.usefixtures("errors_only")
@pytest.mark.parametrize(
    "change",
    ["ALTER TYPE e RENAME VALUE 'a' TO 'c'", "ALTER TABLE t ALTER at TYPE timestamptz", "ALTER TABLE t RENAME e TO f"],
)
def test_rerun_of_what_lets_rows_read_otherwise_is_no_difference(open_: Open, proof_of: ProofOf, change: str) -> None:
    make = "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, e e NOT NULL, at timestamp NOT NULL)"
    assert told(proof_of(open_(Step(make), Step(change))).examine("0002", downgrade=False)) == []


@pytest.mark.usefixtures("errors_only")
def test_rows_that_triggers_make_while_tables_are_filled_are_known(open_: Open, proof_of: ProofOf) -> None:
    """The counts of the session that fills come late: once the rerun led elsewhere then."""
    body = "BEGIN INSERT INTO public.log VALUES (1); RETURN NEW; END"
    log = f"CREATE TABLE log (n int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
    watched = (
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )
    found = proof_of(open_(Step(log), Step(watched), table("u")))
    for revision in ("0001", "0002", "0003"):
        assert told(found.examine(revision, downgrade=False)) == []


@pytest.mark.usefixtures("errors_only")
def test_revision_that_rows_stop_is_examined_without_them_and_noted(open_: Open) -> None:
    history = open_(table("t"), Step("ALTER TABLE t ADD n int NOT NULL", "ALTER TABLE t DROP n"))
    examined = history.kept(Failures).of("0002")
    assert [one.direction for one in examined] == ["upgrade", "downgrade"]
    assert "contains null values" in examined[0].obstacle
    assert examined[0].course is not None
    assert told(examined) == []
    (note,) = ATOMICITY.examine(history, "0002")
    assert (note.severity, note.revision) == (Severity.NOTE, "0002")
    assert "on empty tables only" in note.message


@pytest.mark.usefixtures("errors_only")
def test_downgrade_that_rows_stop_gets_no_faults_and_is_noted(open_: Open) -> None:
    history = open_(table("t"), Step("ALTER TABLE t ADD n int", "ALTER TABLE t DROP n, ADD m int NOT NULL"))
    (note,) = ATOMICITY.examine(history, "0002")
    assert note.message == ("The downgrade of 0002 fails on tables that hold rows, so no faults were injected into it.")


@pytest.mark.usefixtures("errors_only")
def test_walk_may_begin_above_a_revision_that_rows_stop(open_: Open, proof_of: ProofOf) -> None:
    """Where a table can't be filled, once that was asked of a database which was gone already."""
    found = proof_of(open_(UNFILLABLE, Step("ALTER TABLE t ADD n int NOT NULL"), table("v")))
    assert told(found.examine("0003")) == []
    assert found.tally.unfilled.keys() == {"public.u"}


@pytest.mark.usefixtures("errors_only")
def test_random_values_of_the_revision_below_are_no_difference(open_: Open, proof_of: ProofOf) -> None:
    """In one call both are run, and what is left may be what the one below committed."""
    make = Step("CREATE TABLE t (id uuid)")
    below = BLOCK.format("SELECT 1") + sent("INSERT INTO t VALUES (gen_random_uuid())")
    found = proof_of(open_(make, below, BLOCK.format("SELECT 1") + sent("CREATE TABLE x (i int)")))
    examined = [*found.examine("0002", downgrade=False), *found.examine("0003", downgrade=False)]
    assert [one.below for one in examined] == [None, None, "0002"]
    assert [told((one,)) for one in examined] == [[], [], []]


@pytest.mark.usefixtures("errors_only")
def test_call_of_two_that_goes_on_where_it_stopped_is_sound(open_: Open) -> None:
    """The block's COMMIT stays, the version goes with what comes after it."""
    below = BLOCK.format("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'b'")
    history = open_(Step("CREATE TYPE mood AS ENUM ('a')"), below, sent("CREATE TABLE x (m mood DEFAULT 'b')"))
    found = history.kept(Failures)
    found.of("0002")
    together = [one for one in found.of("0003") if one.below == "0002"]
    assert "between" in {each.left for one in together for each in one.outcomes}
    assert told(tuple(together)) == []
    assert list(ATOMICITY.examine(history, "0003")) == []


@pytest.mark.usefixtures("errors_only")
def test_one_below_is_settled_where_the_walk_begins_above_it(open_: Open, proof_of: ProofOf) -> None:
    below = BLOCK.format("SELECT 1") + sent("INSERT INTO t VALUES (gen_random_uuid())")
    found = proof_of(open_(Step("CREATE TABLE t (id uuid)"), below, BLOCK.format("SELECT 1")))
    assert told(found.examine("0003", downgrade=False)) == []


@pytest.mark.usefixtures("_errors_of_its_own")
@pytest.mark.parametrize(
    "place",
    [
        (proof.Proof, "_course"),
        (proof.Proof, "_settled"),
        (proof.Proof, "_tried_together"),
        (proof.Proof, "_examine_downgrade"),
        (trial.Trial, "_judged"),
        (trial.Trial, "rerun"),
        (Watcher, "read"),
        (Watcher, "attach"),
    ],
)
def test_no_database_is_left_after_an_interrupt(
    open_: Open, proof_of: ProofOf, databases: Databases, monkeypatch: pytest.MonkeyPatch, place: tuple[type, str]
) -> None:
    history = open_(table("t"), BLOCK.format("SELECT 1"), BLOCK.format("SELECT 2"))
    before, found = databases(), proof_of(history)
    found.examine("0002")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*place, interrupted)
    with pytest.raises(KeyboardInterrupt):
        found.examine("0003")
    with suppress(KeyboardInterrupt):
        found.prepare("0003", "upgrade")[1].drop()
    found.close()
    after = databases()
    assert after <= before
    assert len(before - after) <= 1  # it may have been given the one that the history began with


def alone(history: History) -> list[tuple[str, Severity]]:
    revision = history.revisions[0].revision
    checks = [*ATOMICITY.examine(history, revision), *RERUN_AFTER_FAILURE.examine(history, revision)]
    return [(one.check, one.severity) for one in [*checks, *CRASH_RECOVERY.examine(history)]]


def test_history_that_makes_roles_is_noted_and_not_examined(tmp_path: Path, own_server: Server) -> None:
    with open_history(make_project(tmp_path, [table("t"), table("u")]), own_server, alone=True) as history:
        checks = ("atomicity", "rerun-after-failure", "crash-recovery")
        assert alone(history) == [(check, Severity.NOTE) for check in checks]
        assert list(ATOMICITY.examine(history, "0002")) == []


def test_named_server_is_not_crashed(open_: Open, own_server: Server) -> None:
    own_server.options = None
    (note,) = CRASH_RECOVERY.examine(open_(table("t")))
    assert (note.severity, "never killed" in note.message) == (Severity.NOTE, True)
