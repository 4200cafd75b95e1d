"""One fault at a time, as tests of a project name it."""

import pytest

from schemaproof.postgres import Server
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.single import Faults
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import Step, table
from tests.schemaproof.proofs.failure.conftest import Open, sent

COMMITS = sent("CREATE TABLE x (i int)", "COMMIT", "CREATE TABLE y (i int)")


def test_sites_are_the_revisions_own(open_: Open) -> None:
    with Faults(open_(table("t"), table("u"))) as faults:
        assert [site.id for site in faults.sites("0002", "upgrade")] == ["statement-01", "statement-02", "commit-01"]


def test_fault_that_is_rolled_back_leaves_the_state_before(open_: Open) -> None:
    with Faults(open_(table("t"), table("u"))) as faults:
        outcome = faults.inject("0002", "upgrade", "statement-02", Fault.ERROR)
    assert (outcome.left, outcome.survived) == ("before", True)
    assert str(outcome) == (
        "statement 2 (UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001') fails"
        " (SQLSTATE 53100)"
    )


def test_lost_commit_leaves_the_state_after(open_: Open) -> None:
    with Faults(open_(table("t"), table("u"))) as faults:
        found = [faults.inject("0002", way, "commit-01", Fault.COMMIT_LOST) for way in ("upgrade", "downgrade")]
    assert [(one.left, one.survived) for one in found] == [("after", True)] * 2


def test_third_state_is_told_and_does_not_survive(open_: Open) -> None:
    with Faults(open_(table("t"), COMMITS)) as faults:
        outcome = faults.inject("0002", "upgrade", "statement-03", Fault.ERROR)
        assert faults.inject("0002", "upgrade", "statement-01", Fault.ERROR).left == "before"
    assert (outcome.left, outcome.survived, outcome.rerun) == ("between", False, None)
    assert outcome.differences == ("table public.x: is extra",)


def test_databases_are_used_again_where_nothing_was_left(open_: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    clones = 0
    clone = Server.clone

    def counted(*arguments: object) -> object:
        nonlocal clones
        clones += 1
        return clone(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Server, "clone", counted)
    with Faults(open_(table("t"), table("u"))) as faults:
        faults.inject("0002", "upgrade", "statement-01", Fault.ERROR)
        begun = clones
        for fault in (Fault.ERROR_AFTER, Fault.DISCONNECT, Fault.LOCK, Fault.KILLED):
            assert faults.inject("0002", "upgrade", "statement-02", fault).left == "before"
        assert clones == begun
        faults.inject("0002", "upgrade", "commit-01", Fault.COMMIT_LOST)
        faults.inject("0002", "upgrade", "statement-01", Fault.ERROR)
        assert clones == begun + 1


@pytest.mark.parametrize(
    ("site", "fault"),
    [
        ("statement-07", Fault.ERROR),
        ("commit-01", Fault.LOCK),
        ("statement-01", Fault.LOCK),  # it waits for nobody
        ("statement-01", Fault.CRASH),
        ("commit-01", Fault.CRASH_AFTER),
    ],
)
def test_fault_that_does_not_happen_is_refused(open_: Open, site: str, fault: Fault) -> None:
    with Faults(open_(table("t"), table("u"))) as faults, pytest.raises(ValueError, match="its sites are statement-01"):
        faults.inject("0002", "upgrade", site, fault)


def test_revision_that_fails_by_itself_is_refused(open_: Open, databases: Databases) -> None:
    history = open_(table("t"), Step("SELECT nothing"))
    before = databases()
    with Faults(history) as faults, pytest.raises(ValueError, match=r"the upgrade of 0002 fails: .*nothing"):
        faults.sites("0002", "upgrade")
    assert databases() == before


def test_no_database_is_left(open_: Open, databases: Databases) -> None:
    history = open_(table("t"), COMMITS)
    before = databases()
    with pytest.raises(ZeroDivisionError), Faults(history) as faults:  # noqa: PT012 (leaving is what is tested)
        faults.inject("0002", "upgrade", "statement-03", Fault.ERROR)
        faults.inject("0001", "downgrade", "statement-01", Fault.ERROR)
        raise ZeroDivisionError
    assert databases() == before
