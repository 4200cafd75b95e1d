"""One statement that locks several tables is told once; what it does to one of them besides is told of that one."""

from collections.abc import Iterator

import pytest

from schemaproof.finding import Finding
from schemaproof.postgres import Server
from schemaproof.proofs.locks.blocked import READS_BLOCKED, WRITES_BLOCKED
from schemaproof.report.causes import told_once
from tests.schemaproof.projects import Step
from tests.schemaproof.rewritten import Rewritten, rewritten

TABLES = Step("""
    CREATE TABLE customers (id int PRIMARY KEY, name text);
    CREATE TABLE areas (id int PRIMARY KEY, name text);
    CREATE TABLE orders (id int PRIMARY KEY, customer int, area int, note text, total int);
    CREATE TABLE child (id int PRIMARY KEY, customer int REFERENCES customers, area int REFERENCES areas);
    INSERT INTO customers VALUES (1, 'a'), (2, 'b');
    INSERT INTO areas VALUES (1, 'a'), (2, 'b');
    INSERT INTO orders VALUES (1, 1, 1, 'x', 1), (2, 2, 2, 'y', 2);
""")
KEY = "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers"

# What is done, and the finding: check, table, and what the message says of whom is kept out.
TOLD_ONCE = {
    "foreign key": (KEY, ("writes-blocked", "orders", "nobody can write to public.orders or public.customers while")),
    "foreign key, and a column in the same statement": (
        f"ALTER TABLE orders ADD COLUMN extra int, {KEY.removeprefix('ALTER TABLE orders ')}",
        ("reads-blocked", "orders", "read or write public.orders, nor write to public.customers, while"),
    ),
    "foreign key on a table that was locked before": (
        f"ALTER TABLE orders ADD COLUMN extra int; {KEY}",
        ("reads-blocked", "orders", "read or write public.orders, nor write to public.customers, while"),
    ),
    "foreign key without a look, and then a backfill": (
        f"{KEY} NOT VALID; UPDATE orders SET note = ''",
        ("writes-blocked", "orders", "nobody can write to public.orders or public.customers while the 2,00"),
    ),
    "drop": (
        "DROP TABLE child; UPDATE orders SET note = ''",
        ("reads-blocked", "areas", "read or write public.areas or public.customers while the 2,00"),
    ),
    "truncate": (
        "TRUNCATE child, orders; DELETE FROM customers",
        ("reads-blocked", "child", "read or write public.child or public.orders while the 2,00"),
    ),
    "lock": (
        "LOCK TABLE orders, customers, areas; DELETE FROM child; DELETE FROM areas",
        ("reads-blocked", "orders", "read or write public.orders, public.customers or public.areas while the"),
    ),
}
# Each has a hazard or a cause of its own.
TOLD_EACH = {
    "two rewrites": (
        "DO $$ BEGIN ALTER TABLE orders ALTER total TYPE bigint; ALTER TABLE areas ALTER name TYPE varchar(9); END $$",
        [("areas", "rewritten for the new type of name"), ("orders", "rewritten for the new type of total")],
    ),
    "two statements": (
        "ALTER TABLE customers ADD a int; ALTER TABLE areas ADD a int; UPDATE orders SET note = ''",
        [("areas", "rows of public.orders are written"), ("customers", "rows of public.orders are written")],
    ),
}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """The tables, and a revision that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("joining"), postgres_server, TABLES) as history:
        yield history


def found(history: Rewritten, up: str) -> list[Finding]:
    """What is found of the revision that runs the statements ``up``, as each check by itself finds it."""
    now = history.only_up(*([up] if up.startswith("DO ") else up.split("; ")))
    return [one for check in (READS_BLOCKED, WRITES_BLOCKED) for one in check.examine(now, now.revisions[1].revision)]


@pytest.mark.parametrize("kind", TOLD_ONCE)
def test_statement_that_locks_several_tables_is_told_once(kind: str, history: Rewritten) -> None:
    up, (check, table, said) = TOLD_ONCE[kind]
    (told,) = told_once(found(history, up))
    assert (told.check, told.object) == (check, f"table public.{table}")
    assert said in told.message


@pytest.mark.parametrize("kind", TOLD_EACH)
def test_hazards_and_causes_that_differ_are_told_each(kind: str, history: Rewritten) -> None:
    up, expected = TOLD_EACH[kind]
    told = told_once(found(history, up))
    assert [one.object for one in told] == [f"table public.{table}" for table, _ in expected]
    for one, (table, said) in zip(told, expected, strict=True):
        assert f"nobody can read or write public.{table} while" in one.message
        assert said in one.message


def test_table_that_only_writers_wait_for_is_told_by_its_own_check_as_well(history: Rewritten) -> None:
    """Whoever asks no other check is told too; the evidence of the other one names each lock."""
    reads, writes = found(history, f"ALTER TABLE orders ADD COLUMN extra int; {KEY}")
    assert (reads.object, writes.object) == ("table public.orders", "table public.customers")
    assert "ACCESS EXCLUSIVE on public.orders since: ALTER TABLE orders ADD COLUMN extra int" in reads.evidence
    assert "SHARE ROW EXCLUSIVE on public.customers since: ALTER TABLE orders ADD CONSTRAINT fk" in reads.evidence
    assert reads.remedy == writes.remedy
    assert "NOT VALID" in reads.remedy


def test_fingerprint_of_the_table_that_is_changed_stays(history: Rewritten) -> None:
    """It was the same when the other tables had findings of their own."""
    (told,) = found(history, KEY)
    assert (told.kind, told.object) == ("upgrade foreign-key fk", "table public.orders")


def test_many_tables_are_counted_in_the_message_and_listed_in_the_evidence(history: Rewritten) -> None:
    (told,) = found(history, "LOCK TABLE orders, customers, areas, child; DELETE FROM orders; DELETE FROM child")
    assert "nobody can read or write public.orders or 3 other tables while" in told.message
    assert "ACCESS EXCLUSIVE on public.orders, public.customers, public.areas, public.child since" in told.evidence
