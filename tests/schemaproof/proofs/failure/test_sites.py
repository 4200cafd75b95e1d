"""Where a run can fail: its statements and COMMITs, whichever the driver."""

from collections.abc import Sequence

import pytest

from schemaproof.proofs.failure.sites import Site
from tests.schemaproof.projects import ENV, Step, table
from tests.schemaproof.proofs.failure.conftest import ASYNC_ENV, Open, StageOf, sent

PREAMBLE = 'connection.execute(sa.text("SELECT 1")); connection.commit()'
AFTERWORD = 'connection.execute(sa.text("SELECT 2")); connection.commit()'
BLOCK = """
op.execute("CREATE TABLE x (i int)")
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY i ON t (id)")
op.execute("CREATE TABLE y (i int)")
"""

both_drivers = pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])


def surrounded(env: str) -> str:
    """The env.py with statements of its own around the revisions."""
    configured = "context.configure(connection=connection, **OPTIONS)\n"
    indent = " " * (env.index(configured) - env.rindex("\n", 0, env.index(configured)) - 1)
    ended = f"{indent}with context.begin_transaction():\n{indent}    context.run_migrations()\n"
    head, tail = env.rsplit(ended, 1)
    head = head[: head.index(configured)] + f"{PREAMBLE}\n{indent}" + head[head.index(configured) :]
    return f"import sqlalchemy as sa\n{head}{ended}{indent}{AFTERWORD}\n{tail}"


def ids(sites: Sequence[Site]) -> list[str]:
    return [site.id for site in sites]


def of(sites: Sequence[Site], text: str) -> Site:
    """The one site whose statement holds ``text``."""
    (found,) = (site for site in sites if text in site.statement)
    return found


@both_drivers
def test_statements_and_commits_are_numbered_by_part(open_: Open, stage_of: StageOf, driver: str) -> None:
    env = surrounded(ASYNC_ENV if driver == "asyncpg" else ENV)
    sites = stage_of(open_(table("t"), table("u"), driver=driver, env=env)).sites("0002")
    mine = [site for site in sites if site.part == "revision"]
    assert ids(mine) == ["statement-01", "statement-02", "commit-01"]
    assert ["CREATE TABLE u" in mine[0].statement, "alembic_version" in mine[1].statement] == [True, True]
    before = ids([site for site in sites if site.revision is None])
    assert before[0] == "env-statement-01"
    assert "env-commit-01" in before
    assert [site.part for site in sites if site.place > mine[-1].place] == ["env.py", "env.py"]
    assert [site.place for site in sites] == list(range(1, len(sites) + 1))


@both_drivers
def test_statements_in_an_autocommit_block_are_outside(open_: Open, stage_of: StageOf, driver: str) -> None:
    sites = stage_of(open_(table("t"), BLOCK, driver=driver)).sites("0002")
    seen = {text: of(sites, text) for text in ("TABLE x", "CONCURRENTLY", "TABLE y")}
    assert {text: (site.outside, site.autocommit) for text, site in seen.items()} == {
        "TABLE x": (False, False),
        "CONCURRENTLY": (True, True),
        "TABLE y": (False, False),
    }
    assert [site.wants_no_transaction for site in seen.values()] == [False, True, False]
    assert [site.id for site in sites if site.kind == "commit" and site.part == "revision"] == [
        "commit-01",
        "commit-02",
    ]


@both_drivers
def test_commit_that_is_sent_as_a_statement_ends_the_transaction(open_: Open, stage_of: StageOf, driver: str) -> None:
    sites = stage_of(open_(table("t"), sent("SELECT 7", "COMMIT"), driver=driver)).sites("0002")
    found = of([site for site in sites if site.kind == "statement"], "COMMIT")
    assert (found.ends_transaction, found.outside, found.wants_no_transaction) == (True, True, False)


@pytest.mark.parametrize(
    ("statement", "ends"),
    [
        ("COMMIT", True),
        (" end;", True),
        ("ABORT", True),
        ("ROLLBACK AND CHAIN", True),
        ("ROLLBACK TO SAVEPOINT s", False),
        ("COMMIT PREPARED 'x'", False),
        ("ENDING", False),
    ],
)
def test_statements_that_end_a_transaction_are_told_by_their_first_word(statement: str, ends: bool) -> None:
    assert Site(1, "statement", "revision", 1, "a", statement).ends_transaction is ends


@both_drivers
def test_only_locks_on_what_was_there_before_are_recorded(open_: Open, stage_of: StageOf, driver: str) -> None:
    code = sent("CREATE TABLE n (i int)", "ALTER TABLE n ADD j int", "ALTER TABLE t ADD j int")
    sites = stage_of(open_(table("t"), code, driver=driver)).sites("0002")
    assert not of(sites, "CREATE TABLE n").locks
    assert not of(sites, "TABLE n ADD").locks
    assert of(sites, "TABLE t ADD").locks == {("public", "t"): frozenset({"AccessExclusiveLock"})}


def test_lock_that_is_held_already_is_no_new_one(open_: Open, stage_of: StageOf) -> None:
    code = sent("LOCK TABLE t IN SHARE MODE", "LOCK TABLE t IN EXCLUSIVE MODE", "SELECT 7 FROM t")
    sites = stage_of(open_(table("t"), code)).sites("0002")
    second = of(sites, "EXCLUSIVE")
    assert (second.locks, second.held) == (
        {("public", "t"): frozenset({"ExclusiveLock"})},
        {("public", "alembic_version"): frozenset({"AccessShareLock"}), ("public", "t"): frozenset({"ShareLock"})},
    )
    assert of(sites, "SELECT 7").locks == {("public", "t"): frozenset({"AccessShareLock"})}


@both_drivers
def test_statements_past_the_compiler_count(open_: Open, stage_of: StageOf, driver: str) -> None:
    sites = stage_of(open_(table("t"), 'op.get_bind().exec_driver_sql("SELECT 7")', driver=driver)).sites("0002")
    assert of(sites, "SELECT 7").id == "statement-01"


def test_revision_without_statements_has_the_version_tables(open_: Open, stage_of: StageOf) -> None:
    sites = stage_of(open_(table("t"), "pass")).sites("0002")
    assert ids([site for site in sites if site.part == "revision"]) == ["statement-01", "commit-01"]


def test_downgrade_has_sites_of_its_own(open_: Open, stage_of: StageOf) -> None:
    sites = stage_of(open_(table("t"), table("u"))).sites("0002", "downgrade")
    assert of(sites, "DROP TABLE u").id == "statement-01"


def test_site_is_named_with_the_beginning_of_its_statement(open_: Open, stage_of: StageOf) -> None:
    long = Step("CREATE TABLE u (id int PRIMARY KEY,\n " + ", ".join(f"c{n} int" for n in range(40)) + ")")
    told = str(of(stage_of(open_(long)).sites("0001"), "TABLE u"))
    assert told.startswith("statement 1 (CREATE TABLE u (id int PRIMARY KEY, c0 int, ")
    assert told.endswith(" ...)")
