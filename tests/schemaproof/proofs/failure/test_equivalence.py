"""Which faults are injected, and which are left out because another one proves the same."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from schemaproof.proofs.failure.equivalence import crashes, faults, sole_transaction
from schemaproof.proofs.failure.fault import Fault, crashes_at, faults_at
from schemaproof.proofs.failure.proof import Examined
from schemaproof.proofs.failure.sites import Site
from tests.schemaproof.projects import ENV, table
from tests.schemaproof.proofs.failure.conftest import Open, ProofOf, sent

HELD = {("public", "t"): frozenset({"AccessExclusiveLock"})}


def statement(place: int, text: str = "ALTER TABLE t", *, outside: bool = False, locks: bool = False) -> Site:
    held = HELD if locks else {}
    return Site(place, "statement", "revision", place, "0001", text, outside=outside, locks=held)


def stamp(place: int) -> Site:
    return replace(statement(place, "UPDATE alembic_version SET version_num"), own=False)


def commit(place: int, *, own: bool = False) -> Site:
    return Site(place, "commit", "revision", 1, "0001", "COMMIT", own=own, durability="on")


ONE = (statement(1), statement(2, locks=True), stamp(3), commit(4))


def injected(sites: Sequence[Site], *, everywhere: bool = False, alike: bool = False) -> list[tuple[int, str]]:
    found = faults(sites, sites, killed=True, everywhere=everywhere, alike=alike)
    return [(site.place, str(fault)) for site, fault in found]


def crashed(sites: Sequence[Site], *, everywhere: bool = False) -> list[tuple[int, str]]:
    return [(site.place, str(fault)) for site, fault in crashes(sites, everywhere=everywhere)]


def test_one_transaction_meets_errors_everywhere_and_the_rest_at_its_end() -> None:
    assert injected(ONE) == [
        (1, "error"),
        (2, "error"),
        (2, "disconnect"),
        (2, "lock-timeout"),
        (3, "error"),
        (4, "error"),
        (4, "disconnect"),
        (4, "killed"),
        (4, "commit-lost"),
    ]


def test_one_that_is_alike_meets_what_its_own_code_sees() -> None:
    assert injected(ONE, alike=True) == [(1, "error"), (2, "error"), (2, "disconnect"), (2, "lock-timeout")]


def test_everywhere_all_faults_are_injected() -> None:
    every = [(site.place, str(fault)) for site in ONE for fault in faults_at(site, killed=True)]
    assert injected(ONE, everywhere=True) == every
    assert len(every) > 2 * len(injected(ONE))


@pytest.mark.parametrize("text", ["SELECT f()", "DO $$ ... $$", "UPDATE t SET a = pg_advisory_lock(1)", "CALL p()"])
def test_error_after_a_statement_that_may_call_a_function_is_injected(text: str) -> None:
    assert (1, "error-after") in injected((statement(1, text), commit(2)))


def test_lock_that_is_given_back_meets_no_error_of_ours() -> None:
    unlock = replace(statement(1, "SELECT pg_advisory_unlock(4711)"), part="env.py", own=False)
    assert list(faults_at(unlock, killed=True)) == [Fault.DISCONNECT]


def test_each_statement_outside_of_a_transaction_is_a_stretch() -> None:
    sites = (commit(1), statement(2, outside=True), statement(3, outside=True), stamp(4), commit(5))
    killed = [place for place, fault in injected(sites) if fault == "killed"]
    after = [place for place, fault in injected(sites) if fault == "error-after"]
    assert (killed, after) == ([1, 2, 3, 5], [2, 3])
    assert crashed(sites) == [(1, "crash"), *((place, "crash-after") for place in (1, 2, 3)), *both(5)]


def both(place: int) -> list[tuple[int, str]]:
    return [(place, "crash"), (place, "crash-after")]


def test_crashes_come_before_and_after_the_end_of_a_stretch() -> None:
    assert crashed(ONE) == both(4)
    assert crashed((statement(1), statement(2, "COMMIT"), statement(3), commit(4))) == [*both(2), *both(4)]
    assert crashed((statement(1), statement(2))) == [(2, "crash")]


def test_crashes_come_everywhere_where_that_is_asked() -> None:
    every = [(site.place, str(fault)) for site in ONE for fault in crashes_at(site)]
    assert crashed(ONE, everywhere=True) == every
    assert [place for place, _ in every] == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    "sites",
    [
        (),
        (statement(1), stamp(2)),
        (statement(1), commit(2, own=True)),
        (statement(1, outside=True), stamp(2), commit(3)),
        (statement(1), statement(2, "COMMIT"), stamp(3), commit(4)),
        (commit(1, own=True), statement(2), stamp(3), commit(4)),
        (statement(1), replace(stamp(2), renewed=True), commit(3)),
    ],
    ids=["nothing", "no-commit", "its-own-commit", "outside", "text", "block", "past-sqlalchemy"],
)
def test_what_is_no_sole_transaction_is_alike_nothing(sites: tuple[Site, ...]) -> None:
    assert sole_transaction(sites) is None


def test_sole_transactions_differ_in_what_is_around_them() -> None:
    before = replace(statement(0, "SELECT version"), part="env.py", revision=None, own=False)
    asynchronous = replace(ONE[3], durability="off")
    inserted = replace(ONE[2], statement="INSERT INTO alembic_version")
    kinds = {
        sole_transaction(one) for one in (ONE, (before, *ONE), (*ONE[:3], asynchronous), (*ONE[:2], inserted, ONE[3]))
    }
    assert len(kinds) == 4
    assert sole_transaction((statement(1, "DROP TABLE x"), *ONE[2:])) == sole_transaction(ONE)


def told(examined: Sequence[Examined]) -> list[list[str]]:
    return [[str(one.fault) for one in each.outcomes] for each in examined]


@pytest.mark.usefixtures("few_faults")
def test_second_revision_of_a_kind_is_examined_by_its_own_code_alone(open_: Open, proof_of: ProofOf) -> None:
    found = proof_of(open_(table("t"), table("u"), table("v")))
    assert [[str(Fault.KILLED) in one for one in told(found.examine(f"000{n}"))] for n in (1, 2, 3)] == [
        [True, True],
        [True, True],  # UPDATE alembic_version, where the first one had INSERT and DELETE
        [False, False],
    ]


@pytest.mark.usefixtures("errors_only")
def test_what_env_py_sends_first_is_examined_once(open_: Open, proof_of: ProofOf) -> None:
    """The first revision finds no version, so Alembic looks once more for the table; until then all is the same."""
    found = proof_of(open_(table("t"), table("u")))
    sites = [
        [one.site for one in found.examine(f"000{n}", downgrade=False)[0].outcomes if one.site.part == "env.py"]
        for n in (1, 2)
    ]
    assert len({site.place for site in sites[0]}) > 2
    assert sites[1] == []


@pytest.mark.usefixtures("few_faults")
def test_kind_that_did_not_survive_is_examined_again(open_: Open, proof_of: ProofOf) -> None:
    """Its findings come at each revision, as they do where nothing is left out."""
    silent = ENV.replace(
        "        with context.begin_transaction():\n            context.run_migrations()\n",
        "        try:\n            with context.begin_transaction():\n                context.run_migrations()\n"
        "        except Exception:\n            pass\n",
    )
    found = proof_of(open_(table("t"), table("u"), table("v"), env=silent))
    assert all(str(Fault.KILLED) in one for n in (1, 2, 3) for one in told(found.examine(f"000{n}")))


PAST = "op.get_bind().connection.dbapi_connection.commit()"


@pytest.mark.usefixtures("few_faults")
def test_commit_past_sqlalchemy_makes_it_another_kind(open_: Open, proof_of: ProofOf) -> None:
    up = sent("CREATE TABLE x (i int)") + "\n" + PAST + "\n" + sent("CREATE TABLE y (i int)")
    history = open_(table("t"), table("u"), up, table("v"))
    found = proof_of(history)
    upgrades = [found.examine(f"000{n}", downgrade=False)[0] for n in (1, 2, 3, 4)]
    kinds = [sole_transaction(one.course.sites if one.course else ()) for one in upgrades]
    assert kinds[2] is None
    assert kinds[1] == kinds[3]
    assert [one.survived for one in upgrades] == [True, True, False, True]
