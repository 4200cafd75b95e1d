"""Row security that leaves the older release no rows: a superuser sees them all, so the catalog has to tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.proofs.releases.checks import OLDER_RELEASE_READS, OLDER_RELEASE_WRITES
from schemaproof.report.causes import told_once
from tests.schemaproof.projects import Step, make_project
from tests.schemaproof.rewritten import Rewritten, rewritten

# pg_monitor stands for a role of the project's: it is there on every server, and nothing depends on it.
TABLES = (
    "CREATE TABLE notes (id int PRIMARY KEY, a text);"
    "CREATE TABLE shared (id int PRIMARY KEY, a text); GRANT SELECT, INSERT ON shared TO pg_monitor;"
    "CREATE TABLE listed (id int PRIMARY KEY, a text); GRANT SELECT (id) ON listed TO PUBLIC;"
    "CREATE TABLE guarded (id int PRIMARY KEY, a text); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;"
    "ALTER TABLE guarded FORCE ROW LEVEL SECURITY; CREATE POLICY readers ON guarded FOR SELECT USING (id > 0);"
    "CREATE POLICY writers ON guarded FOR INSERT WITH CHECK (id > 0)"
)
ENABLE = "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY"
FORCE = f"{ENABLE}; ALTER TABLE {{0}} FORCE ROW LEVEL SECURITY"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """The tables, and a revision that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("tables"), postgres_server, Step(TABLES)) as history:
        yield history


def found(history: History, revision: str = "0002") -> list[Finding]:
    checks = (OLDER_RELEASE_READS, OLDER_RELEASE_WRITES)
    return [one for check in checks for one in check.examine(history, revision)]


@pytest.mark.parametrize(
    ("upgrade", "expected"),
    [
        (FORCE.format("notes"), {"reads": ("notes", "by FORCE"), "writes": ("notes", "INSERT, UPDATE or DELETE")}),
        # The owner sees its rows; others, whom a revision has granted something, see none.
        (
            ENABLE.format("shared"),
            {"reads": ("shared", "pg_monitor SELECT"), "writes": ("shared", "pg_monitor INSERT")},
        ),
        (ENABLE.format("listed"), {"reads": ("listed", "PUBLIC SELECT")}),
        (
            f"{ENABLE.format('shared')}; CREATE POLICY p ON shared TO pg_read_all_stats USING (true)",
            {},  # which pg_monitor is a member of
        ),
        (
            f"{ENABLE.format('shared')}; CREATE POLICY p ON shared TO pg_signal_backend USING (true)",
            {"reads": ("shared", "pg_monitor SELECT"), "writes": ("shared", "pg_monitor INSERT")},
        ),
        # A restrictive policy lets nobody do anything: it takes some of what others let.
        (
            f"{FORCE.format('notes')}; CREATE POLICY p ON notes AS RESTRICTIVE USING (true)",
            {"reads": ("notes", "by FORCE"), "writes": ("notes", "by FORCE")},
        ),
        (f"{FORCE.format('notes')}; CREATE POLICY p ON notes FOR SELECT USING (true)", {"writes": ("notes", "INSERT")}),
        ("DROP POLICY readers ON guarded", {"reads": ("guarded", "SELECT")}),
        ("DROP POLICY writers ON guarded", {"writes": ("guarded", "INSERT")}),
    ],
)
def test_rows_that_no_policy_shows_are_told(
    tables: Rewritten, upgrade: str, expected: dict[str, tuple[str, str]]
) -> None:
    findings = found(tables.only_up(upgrade))
    assert {one.check.removeprefix("older-release-"): one.object for one in findings} == {
        check: f"table public.{table}" for check, (table, _) in expected.items()
    }
    assert all(one.severity is Severity.WARNING and one.kind.endswith(" hidden") for one in findings)
    for one in findings:
        assert expected[one.check.removeprefix("older-release-")][1] in one.message


@pytest.mark.parametrize(
    "upgrade",
    [
        f"{FORCE.format('notes')}; CREATE POLICY p ON notes USING (true)",
        f"{FORCE.format('notes')}; CREATE POLICY p ON notes TO pg_monitor USING (true)",  # production's owner may be it
        ENABLE.format("notes"),
        "ALTER TABLE notes FORCE ROW LEVEL SECURITY",
        f"{ENABLE.format('shared')}; REVOKE ALL ON shared FROM pg_monitor",
        "DROP POLICY readers ON guarded; CREATE POLICY others ON guarded FOR SELECT USING (id > 1)",
        "DROP POLICY readers ON guarded; ALTER TABLE guarded DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE guarded ADD b text",
        f"CREATE TABLE fresh (id int); {FORCE.format('fresh')}",
    ],
)
def test_rows_that_are_still_there_for_somebody_are_not_told(tables: Rewritten, upgrade: str) -> None:
    assert found(tables.only_up(upgrade)) == []


def test_one_defect_is_told_once_with_the_policy_to_create(tables: Rewritten) -> None:
    (one,) = told_once(found(tables.only_up(FORCE.format("notes"))))
    assert (one.check, one.also_found_by) == ("older-release-reads", ("older-release-writes",))
    assert one.evidence.splitlines() == [
        "before: row security is off",
        "after 0002: row security is on, also for the owner; permissive policies: none",
    ]
    assert 'op.execute("CREATE POLICY notes_all ON notes USING (true)")' in one.remedy
    assert "leave ENABLE ROW LEVEL SECURITY to the revision that creates them" in one.remedy


def test_the_policy_to_create_is_for_what_was_possible(tables: Rewritten) -> None:
    (one,) = found(tables.only_up("DROP POLICY writers ON guarded"))
    assert 'op.execute("CREATE POLICY guarded_insert ON guarded FOR INSERT WITH CHECK (true)")' in one.remedy
    reads, _ = found(tables.only_up(ENABLE.format("shared")))
    assert "CREATE POLICY shared_select ON shared FOR SELECT TO pg_monitor USING (true)" in reads.remedy
    assert "CREATE POLICY shared_insert ON shared FOR INSERT TO pg_monitor WITH CHECK (true)" in reads.remedy


def test_row_security_is_told_of_the_revision_of_a_deployment_that_closes_the_table(
    tmp_path: Path, postgres_server: Server
) -> None:
    steps = [Step(TABLES), Step("SELECT 1"), Step(FORCE.format("notes")), Step("SELECT 1")]
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        history.together = frozenset({"0002", "0003", "0004"})
        for revision in ("0002", "0003"):
            assert found(history, revision) == []
        assert {one.revision for one in found(history, "0004")} == {"0003"}


def test_row_security_that_a_deployment_opens_again_is_not_told(tmp_path: Path, postgres_server: Server) -> None:
    steps = [Step(TABLES), Step(FORCE.format("notes")), Step("CREATE POLICY p ON notes USING (true)")]
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        history.together = frozenset({"0002", "0003"})
        assert found(history, "0003") == []
