"""Where models and migrations agree nothing is told, whatever Alembic's comparison would report."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Enum,
    FetchedValue,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Sequence,
    String,
    Table,
    Text,
    UniqueConstraint,
    desc,
    func,
    text,
)

from schemaproof.postgres import Database
from tests.schemaproof.proofs.parity.project import SERIAL, Project, declared, with_events

SEQUENCE_OF_X = "CREATE SEQUENCE s OWNED BY t.x; ALTER TABLE t ALTER x SET DEFAULT nextval('s')"

type Case = tuple[Callable[[], MetaData], str]


def x(kind: Any = Integer, *items: Any, **options: Any) -> Column[Any]:
    """A column x."""
    return Column("x", kind, *items, **options)


def t(*lines: str) -> str:
    """The statement that makes the table t with a serial key and ``lines``."""
    return f"{', '.join([SERIAL, *lines])});"


def in_schema(*items: Any) -> MetaData:
    """Metadata of a schema "app" with a table t."""
    metadata = MetaData(schema="app")
    Table("t", metadata, Column("id", Integer, primary_key=True), *items)
    return metadata


def with_sequence(schema: str | None = None) -> MetaData:
    """A column that takes its value from a sequence of its own."""
    metadata = MetaData()
    sequence = Sequence("s", metadata=metadata, schema=schema)
    Table("t", metadata, x(BigInteger, sequence, server_default=sequence.next_value()))
    return metadata


def partitioned() -> MetaData:
    metadata = MetaData()
    Table("t", metadata, x(Date, index=True), postgresql_partition_by="RANGE (x)")
    return metadata


def fetched(*items: Any) -> MetaData:
    """A column x whose value comes from the database, the model does not say how."""
    return declared(x(BigInteger, *items, server_default=FetchedValue()))


class ByTrigger(FetchedValue):
    """A project's own kind."""


def quoted() -> MetaData:
    metadata = MetaData(schema="My%Schema")
    table = Table('Or%der "1" b', metadata, Column("Key", Integer, primary_key=True), Column("per%cent", String(3)))
    table.append_constraint(CheckConstraint("\"per%cent\" <> '%s'", name="Check%"))
    Index("Index%", table.c["per%cent"], postgresql_where=table.c["per%cent"] != "%")
    return metadata


def deferrable_cycle() -> MetaData:
    metadata = MetaData()
    options: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED", "use_alter": True}
    Table("a", metadata, Column("id", Integer, primary_key=True), Column("b", ForeignKey("b.id", name="ab", **options)))
    Table("b", metadata, Column("id", Integer, primary_key=True), Column("a", ForeignKey("a.id", name="ba", **options)))
    return metadata


FALSE_REPORTS: dict[str, Case] = {
    "default of a json": (lambda: declared(x(JSON, server_default="{}")), t("x json DEFAULT '{}'")),
    "random()": (lambda: declared(x(Float, server_default=func.random())), t("x float DEFAULT random()")),
    "nextval of a qualified name": (
        lambda: with_sequence("public"),
        "CREATE SEQUENCE s; CREATE TABLE t (x bigint DEFAULT nextval('s'))",
    ),
    "nextval of a bare name": (
        with_sequence,
        "CREATE SEQUENCE s; CREATE TABLE t (x bigint DEFAULT nextval('public.s'))",
    ),
    "partitions": (
        partitioned,
        """CREATE TABLE t (x date) PARTITION BY RANGE (x);
        CREATE INDEX ix_t_x ON t (x);
        CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE t_2 (x date NOT NULL CHECK (x > '2025-01-01'));
        CREATE INDEX mine ON t_2 (x);
        ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM ('2025-01-02') TO ('2026-01-01')""",
    ),
    "now() and CURRENT_TIMESTAMP": (
        lambda: declared(x(DateTime(timezone=True), server_default=func.now())),
        t("x timestamptz DEFAULT CURRENT_TIMESTAMP"),
    ),
    "UTC in two ways": (
        lambda: declared(x(DateTime, server_default=text("timezone('utc', now())"))),
        t("x timestamp DEFAULT (now() AT TIME ZONE 'utc')"),
    ),
    "length on neither side": (lambda: declared(x(String)), t("x varchar")),
    "serial": (declared, t()),
    "identity": (
        lambda: declared(x(Integer, Identity(always=True, start=5))),
        t("x int GENERATED ALWAYS AS IDENTITY (START 5)"),
    ),
    "boolean defaults": (
        lambda: declared(x(Boolean, server_default="1"), Column("y", Boolean, server_default=text("'f'"))),
        t("x boolean DEFAULT true", "y boolean DEFAULT false"),
    ),
    "numbers with and without quotes": (
        lambda: declared(x(BigInteger, server_default="0"), Column("y", Numeric(4, 1), server_default="0.0")),
        t("x bigint DEFAULT 0", "y numeric(4,1) DEFAULT 0.0"),
    ),
    "enum in another schema": (
        lambda: declared(x(Enum("a", "b", name="kind", schema="other"), server_default="a")),
        "CREATE SCHEMA other; CREATE TYPE other.kind AS ENUM ('a', 'b');" + t("x other.kind DEFAULT 'a'"),
    ),
    "constraints without names": (
        lambda: declared(x(Integer, ForeignKey("t.id"), CheckConstraint("x > 0"), unique=True)),
        t("x int REFERENCES t CHECK (x > 0) UNIQUE"),
    ),
    "quoted names": (
        quoted,
        """CREATE SCHEMA "My%Schema";
        CREATE TABLE "My%Schema"."Or%der ""1"" b" ("Key" serial PRIMARY KEY, "per%cent" varchar(3),
            CONSTRAINT "Check%" CHECK ("per%cent" <> '%s'));
        CREATE INDEX "Index%" ON "My%Schema"."Or%der ""1"" b" ("per%cent") WHERE "per%cent" <> '%'""",
    ),
    "default that the model leaves to the database": (fetched, t("x bigint DEFAULT 5")),
    "serial that the model leaves to the database": (fetched, t("x bigint") + SEQUENCE_OF_X),
    "expression that the model leaves to the database": (
        lambda: declared(x(BigInteger, server_default=ByTrigger())),
        t("x bigint GENERATED ALWAYS AS (id * 2) STORED"),
    ),
    "no default where the model leaves it to the database": (fetched, t("x bigint")),
    "a check that was copied from PostgreSQL's output": (
        lambda: declared(x(String), CheckConstraint("x IN ('a', 'b')", name="c")),
        t("x varchar", "CONSTRAINT c CHECK (x::text = ANY (ARRAY['a'::varchar, 'b'::varchar]::text[]))"),
    ),
    "a predicate that was copied from PostgreSQL's output": (
        lambda: declared(x(String), Index("i", "x", postgresql_where=text("x IN ('a', 'b')"))),
        t("x varchar") + "CREATE INDEX i ON t (x) WHERE x::text = ANY (ARRAY['a'::varchar, 'b'::varchar]::text[])",
    ),
}

SOUND: dict[str, Case] = {
    "composite keys": (
        lambda: declared(
            x(), Column("y", Integer), UniqueConstraint("id", "x"), ForeignKeyConstraint(["x", "y"], ["t.id", "t.x"])
        ),
        t("x int", "y int", "UNIQUE (id, x)", "FOREIGN KEY (x, y) REFERENCES t (id, x)"),
    ),
    "deferrable cycle": (
        deferrable_cycle,
        """CREATE TABLE a (id serial PRIMARY KEY, b int);
        CREATE TABLE b (id serial PRIMARY KEY,
            a int CONSTRAINT ba REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED""",
    ),
    "generated column": (
        lambda: declared(x(Integer, Computed("id * 2", persisted=True))),
        t("x int GENERATED ALWAYS AS (id * 2) STORED"),
    ),
    "several schemas": (
        lambda: in_schema(x(Integer, ForeignKey("app.t.id"))),
        "CREATE SCHEMA app; CREATE TABLE app.t (id serial PRIMARY KEY, x int REFERENCES app.t)",
    ),
    "indexes of every kind": (
        lambda: declared(
            x(Text),
            Index("a", text("lower(x)")),
            Index("b", desc("x"), unique=True, postgresql_where=text("x IS NOT NULL"), postgresql_include=["id"]),
            Index("c", "x", postgresql_using="hash"),
            Index("d", "x", postgresql_ops={"x": "text_pattern_ops"}),
        ),
        t("x text")
        + """CREATE INDEX a ON t (lower(x));
        CREATE UNIQUE INDEX b ON t (x DESC) INCLUDE (id) WHERE x IS NOT NULL;
        CREATE INDEX c ON t USING hash (x);
        CREATE INDEX d ON t (x text_pattern_ops)""",
    ),
    "view, function and trigger in both": (
        lambda: with_events(
            declared(x()),
            "after_create",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
            "CREATE VIEW v AS SELECT x FROM t WHERE x % 2 = 0",
        ),
        t("x int")
        + """CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
        CREATE VIEW v AS SELECT x FROM t WHERE x % 2 = 0""",
    ),
    "comments": (
        lambda: declared(x(comment="it's 100%"), comment="a table"),
        t("x int") + "COMMENT ON TABLE t IS 'a table'; COMMENT ON COLUMN t.x IS 'it''s 100%'",
    ),
    "arrays of enums": (
        lambda: declared(x(ARRAY(Enum("a", name="kind")))),
        "CREATE TYPE kind AS ENUM ('a');" + t("x kind[]"),
    ),
    "index that create_all builds concurrently": (
        lambda: declared(x(), Index("i", "x", postgresql_concurrently=True)),
        t("x int") + "CREATE INDEX i ON t (x)",
    ),
    "schema that a DDL event makes": (
        lambda: with_events(in_schema(), "before_create", "CREATE SCHEMA app"),
        "CREATE SCHEMA app; CREATE TABLE app.t (id serial PRIMARY KEY)",
    ),
    "extension that a DDL event makes": (
        lambda: with_events(declared(x()), "before_create", "CREATE EXTENSION pgcrypto"),
        "CREATE EXTENSION pgcrypto;" + t("x int"),
    ),
}


@pytest.mark.parametrize("case", FALSE_REPORTS.values(), ids=FALSE_REPORTS)
def test_false_report_of_alembic_is_no_error(empty_database: Database, case: Case) -> None:
    """With every comparison of Alembic switched on; it may also end in an error, as of two defaults of a json."""
    metadata, migrations = case
    options: dict[str, Any] = {"compare_server_default": True, "include_schemas": True}

    assert Project(empty_database, metadata(), migrations, **options).told() in ([], ["note autogenerate -"])


@pytest.mark.parametrize("case", SOUND.values(), ids=SOUND)
def test_sound_project_is_silent(empty_database: Database, case: Case) -> None:
    metadata, migrations = case

    assert Project(empty_database, metadata(), migrations, include_schemas=True).told() == []
