"""Each kind of statement, by what it does to the tables that are there: who waits for it, and for what work."""

from collections.abc import Iterator

import pytest

from schemaproof.postgres import Server
from schemaproof.proofs.locks.measuring import Locks
from tests.schemaproof.projects import Step
from tests.schemaproof.rewritten import Rewritten, rewritten

TABLES = Step("""
    CREATE TABLE customers (id int PRIMARY KEY, name varchar(50));
    CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number int NOT NULL UNIQUE,
        note varchar(50), customer int, total numeric(10, 2), state text NOT NULL DEFAULT 'new');
    CREATE INDEX ix_orders_state ON orders (state);
    CREATE MATERIALIZED VIEW numbers AS SELECT number FROM orders;
    CREATE UNIQUE INDEX uq_numbers ON numbers (number);
    CREATE TABLE logs (id int, day date NOT NULL, line text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    CREATE TABLE logs_all PARTITION OF logs DEFAULT;
    INSERT INTO customers VALUES (1, 'a'), (2, 'b');
    INSERT INTO orders (number, customer, note) VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 1, 'z');
    INSERT INTO logs VALUES (1, '2024-01-01', 'a'), (2, '2024-01-01', 'b');
    CREATE TABLE loose (id int PRIMARY KEY, word text, other bigint);
""")
ADD = "ALTER TABLE orders ADD COLUMN extra int;"

BLOCKING = {
    "type": ("ALTER TABLE orders ALTER total TYPE numeric(12, 4)", {("reads", "public.orders", "type")}),
    "shorter": ("ALTER TABLE orders ALTER note TYPE varchar(20)", {("reads", "public.orders", "type")}),
    "collation": (
        'ALTER TABLE orders ALTER state TYPE text COLLATE "C"',
        {("reads", "public.orders", "rebuilt")},
    ),
    "volatile default": (
        "ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()",
        {("reads", "public.orders", "volatile")},
    ),
    "stored": (
        "ALTER TABLE orders ADD COLUMN gross numeric GENERATED ALWAYS AS (total * 1.2) STORED",
        {("reads", "public.orders", "stored")},
    ),
    "identity": (
        "ALTER TABLE customers ADD COLUMN serial int GENERATED ALWAYS AS IDENTITY",
        {("reads", "public.customers", "identity")},
    ),
    "not null": ("ALTER TABLE orders ALTER customer SET NOT NULL", {("reads", "public.orders", "not-null")}),
    "check": ("ALTER TABLE orders ADD CONSTRAINT ok CHECK (number > 0)", {("reads", "public.orders", "check")}),
    "unique": ("ALTER TABLE orders ADD CONSTRAINT one UNIQUE (number, id)", {("reads", "public.orders", "unique")}),
    "exclusion": (
        "ALTER TABLE orders ADD CONSTRAINT one EXCLUDE USING btree (number WITH =)",
        {("reads", "public.orders", "exclude")},
    ),
    "index": ("CREATE INDEX ix ON orders (total)", {("writes", "public.orders", "index")}),
    "index of an expression": ("CREATE INDEX ix ON orders (lower(note))", {("writes", "public.orders", "index")}),
    "index of a partitioned table": ("CREATE INDEX ix ON logs (line)", {("writes", "public.logs", "index")}),
    "foreign key": (
        "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers",
        {("writes", "public.orders", "foreign-key"), ("writes", "public.customers", "foreign-key")},
    ),
    "backfill": (f"{ADD} UPDATE orders SET extra = 1", {("reads", "public.orders", "")}),
    "backfill of another table": (f"{ADD} UPDATE customers SET name = 'x'", {("reads", "public.orders", "")}),
    "validate in the same transaction": (
        "ALTER TABLE orders ADD CONSTRAINT ok CHECK (number > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT ok",
        {("reads", "public.orders", "check")},
    ),
    "refresh": ("REFRESH MATERIALIZED VIEW numbers", {("reads", "public.numbers", "refresh")}),
    "refresh of a new one": (
        f"{ADD} CREATE MATERIALIZED VIEW sums AS SELECT sum(total) FROM orders",
        {("reads", "public.orders", "")},
    ),
    "index of a materialized view": ("REINDEX TABLE numbers", {("reads", "public.numbers", "")}),
    "cluster": ("CLUSTER orders USING orders_pkey", {("reads", "public.orders", "rewrite")}),
    "unlogged": ("ALTER TABLE customers SET UNLOGGED", {("reads", "public.customers", "rewrite")}),
    "reindex": ("REINDEX TABLE orders", {("reads", "public.orders", "")}),
    "lock": ("LOCK TABLE orders IN EXCLUSIVE MODE; DELETE FROM orders", {("writes", "public.orders", "")}),
    "in a function": (
        "DO $$ BEGIN ALTER TABLE orders ADD COLUMN extra int; UPDATE orders SET extra = 1; END $$",
        {("reads", "public.orders", "")},
    ),
    "row by row": (
        f"{ADD} DO $$ DECLARE one record; BEGIN FOR one IN SELECT id FROM orders LOOP"
        " UPDATE orders SET extra = 1 WHERE id = one.id; END LOOP; END $$",
        {("reads", "public.orders", "")},
    ),
    "attach": (
        "CREATE TABLE logs_new (LIKE logs); ALTER TABLE logs ATTACH PARTITION logs_new FOR VALUES FROM ('2025-01-01')"
        " TO ('2026-01-01')",
        {("reads", "public.logs_all", "")},
    ),
    "copy below a new foreign key": (
        "CREATE TABLE notes (id bigint REFERENCES orders, note text); INSERT INTO notes SELECT id, note FROM orders",
        {("writes", "public.orders", "")},
    ),
}

# Some of the rows that the harness makes are refused: they have NULLs, duplicates, no parent, other values.
REFUSING = {
    "not null": ("ALTER TABLE loose ALTER word SET NOT NULL", {("reads", "public.loose", "not-null")}),
    "unique": ("ALTER TABLE loose ADD UNIQUE (word)", {("reads", "public.loose", "unique")}),
    "unique index": ("CREATE UNIQUE INDEX uq ON loose (word)", {("writes", "public.loose", "index")}),
    "check": ("ALTER TABLE loose ADD CHECK (word IN ('open', 'shut'))", {("reads", "public.loose", "check")}),
    "type": ("ALTER TABLE loose ALTER word TYPE int USING word::int", {("reads", "public.loose", "type")}),
    "foreign key": (
        "ALTER TABLE loose ADD FOREIGN KEY (other) REFERENCES orders",
        {("writes", "public.loose", "foreign-key"), ("writes", "public.orders", "foreign-key")},
    ),
}

SOUND = {
    "column": ADD,
    "constant default": "ALTER TABLE orders ADD COLUMN extra int NOT NULL DEFAULT 0",
    "default of the moment": "ALTER TABLE orders ADD COLUMN at timestamptz NOT NULL DEFAULT now()",
    "longer": "ALTER TABLE orders ALTER note TYPE varchar(100)",
    "text": "ALTER TABLE orders ALTER note TYPE text",
    "rename": "ALTER TABLE orders RENAME note TO remark",
    "drop column": "ALTER TABLE orders DROP COLUMN note",
    "drop table": "DROP TABLE orders CASCADE",
    "not valid": "ALTER TABLE orders ADD CONSTRAINT ok CHECK (number > 0) NOT VALID",
    "foreign key not valid": "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers NOT VALID",
    "trigger": "CREATE TRIGGER same BEFORE UPDATE ON orders FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "some rows": f"{ADD} UPDATE orders SET extra = 1 WHERE id = 2; INSERT INTO customers VALUES (1000, 'new')",
    "first rows": f"{ADD} DO $$ BEGIN PERFORM id FROM orders LIMIT 1; END $$",
    "backfill alone": "UPDATE orders SET note = 'x'",
    "new table": "CREATE TABLE fresh (id int, order_id bigint REFERENCES orders);"
    " INSERT INTO fresh SELECT n FROM generate_series(1, 5000) n; CREATE INDEX ix ON fresh (id);"
    " ALTER TABLE fresh ADD PRIMARY KEY (id); ALTER TABLE fresh ALTER order_id TYPE int",
    "copy": "CREATE TABLE copied AS SELECT * FROM orders; ALTER TABLE copied ADD PRIMARY KEY (id)",
    "copy and drop": "CREATE TABLE copied AS TABLE customers; DROP TABLE customers; UPDATE orders SET note = 'x'",
    "refresh concurrently": "REFRESH MATERIALIZED VIEW CONCURRENTLY numbers",
    "view": "CREATE VIEW shown AS SELECT id FROM orders",
    "truncate": "TRUNCATE orders",
}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """The tables, and a revision that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("kinds"), postgres_server, TABLES) as history:
        yield history


def found(history: Rewritten, up: str, small: tuple[str, ...] = ()) -> set[tuple[str, str, str]]:
    measured = Locks(history.only_up(up), small).of(1)["upgrade"]
    assert measured.failed is None, measured.failed.told
    return {
        (hold.whom, str(hold.table), next((made.kind for one in hold.growing for made in one.made), ""))
        for hold in measured.holds
    }


@pytest.mark.parametrize("kind", BLOCKING)
def test_work_under_a_lock_is_seen(kind: str, history: Rewritten) -> None:
    up, expected = BLOCKING[kind]
    assert found(history, up) == expected


@pytest.mark.parametrize("kind", REFUSING)
def test_what_refuses_some_rows_is_measured_on_others(kind: str, history: Rewritten) -> None:
    up, expected = REFUSING[kind]
    assert found(history, up) == expected


@pytest.mark.parametrize("kind", SOUND)
def test_what_takes_no_time_is_no_work(kind: str, history: Rewritten) -> None:
    assert found(history, SOUND[kind]) == set()


def test_tables_that_stay_small_are_left_out(history: Rewritten) -> None:
    up = "CREATE INDEX ix ON orders (total)"
    assert found(history, up, small=("public.orders",)) == set()
