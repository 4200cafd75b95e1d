"""For every attribute of every kind of object a change, and what diff() must say of it: that and nothing else.

Each case: the statements before, the statements of the change, and the differences as text.
"""

from typing import NamedTuple


class Case(NamedTuple):
    """One change; ``since`` is the first release that has it."""

    setup: str
    change: str
    expected: list[str]
    since: int = 14

    def __str__(self) -> str:
        return "; ".join(self.expected).replace("\n", " ")


_T = "CREATE TABLE t (id int PRIMARY KEY, a text, b int)"
_PART = "CREATE TABLE p (id int, a text) PARTITION BY RANGE (id)"
_FDW = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w"
_FOREIGN = f"{_FDW}; CREATE FOREIGN TABLE t (a int) SERVER s"

SCHEMAS = [
    Case("", "CREATE SCHEMA z", ["schema z: is extra"]),
    Case("CREATE SCHEMA z", "DROP SCHEMA z", ["schema z: is missing"]),
    Case("CREATE SCHEMA z", "COMMENT ON SCHEMA z IS 'c'", ["schema z: comment was none, is c"]),
    Case(
        "CREATE SCHEMA z; CREATE TABLE z.t (a int)",
        "DROP SCHEMA z CASCADE",
        ["schema z: is missing", "table z.t: is missing"],
    ),
    Case(
        "DROP EXTENSION plpgsql",
        "CREATE EXTENSION plpgsql",
        ["extension plpgsql: is extra"],
    ),
    Case(
        "UPDATE pg_extension SET extversion = '0'",
        "UPDATE pg_extension SET extversion = '1'",
        ["extension plpgsql: version was 0, is 1"],
    ),
    Case(
        "",
        "UPDATE pg_extension SET extnamespace = 'public'::regnamespace",
        ["extension plpgsql: schema was pg_catalog, is public"],
    ),
    Case(
        "COMMENT ON EXTENSION plpgsql IS 'x'",
        "COMMENT ON EXTENSION plpgsql IS NULL",
        ["extension plpgsql: comment was x, is none"],
    ),
]

TABLES = [
    Case(_T, "DROP TABLE t", ["table public.t: is missing"]),
    Case(
        "",
        "CREATE TABLE t (id serial PRIMARY KEY, a int CHECK (a > 0)); CREATE INDEX ON t (a)",
        ["table public.t: is extra"],
    ),
    Case(_T, "ALTER TABLE t SET UNLOGGED", ["table public.t: persistence was permanent, is unlogged"]),
    Case(
        _PART,
        "DROP TABLE p; CREATE TABLE p (id int, a text) PARTITION BY LIST (a)",
        ["table public.p: partition key was RANGE (id), is LIST (a)"],
    ),
    Case(
        f"{_PART}; CREATE TABLE q (id int, a text)",
        "ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (1) TO (2)",
        [
            "table public.q: partition bound was none, is FOR VALUES FROM (1) TO (2)",
            "table public.q: partition of was none, is public.p",
            "column public.q.a: inherited was no, is yes",
            "column public.q.a: local was yes, is no",
            "column public.q.id: inherited was no, is yes",
            "column public.q.id: local was yes, is no",
        ],
    ),
    Case(
        f"{_PART}; CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (2)",
        "UPDATE pg_inherits SET inhdetachpending = true",
        ["table public.q: partition detach pending was no, is yes"],
    ),
    Case(
        "CREATE TABLE t (a int); CREATE TABLE c (a int)",
        "ALTER TABLE c INHERIT t",
        ["table public.c: inherits was none, is (public.t)", "column public.c.a: inherited was no, is yes"],
    ),
    Case(
        "CREATE TYPE ty AS (a int); CREATE TABLE t (a int)",
        "ALTER TABLE t OF ty",
        ["table public.t: of type was none, is public.ty"],
    ),
    Case(_T, "ALTER TABLE t REPLICA IDENTITY FULL", ["table public.t: replica identity was default, is full"]),
    Case(
        _T, "ALTER TABLE t SET (fillfactor = 50)", ["table public.t: storage parameters was none, is (fillfactor=50)"]
    ),
    Case(
        _T,
        "ALTER TABLE t SET (toast.autovacuum_enabled = false)",
        ["table public.t: TOAST storage parameters was none, is (autovacuum_enabled=false)"],
    ),
    Case(_T, "ALTER TABLE t ENABLE ROW LEVEL SECURITY", ["table public.t: row security was no, is yes"]),
    Case(_T, "ALTER TABLE t FORCE ROW LEVEL SECURITY", ["table public.t: force row security was no, is yes"]),
    Case(
        f"{_T}; CREATE ACCESS METHOD h TYPE TABLE HANDLER heap_tableam_handler",
        "ALTER TABLE t SET ACCESS METHOD h",
        ["table public.t: access method was heap, is h"],
        since=15,
    ),
    Case(
        _T,
        "UPDATE pg_class SET reltablespace = 1664 WHERE relname = 't'",
        ["table public.t: tablespace was none, is pg_global"],
    ),
    Case(_T, "COMMENT ON TABLE t IS 'c'", ["table public.t: comment was none, is c"]),
    Case(
        f"{_FOREIGN}; CREATE SERVER s2 FOREIGN DATA WRAPPER w",
        "DROP FOREIGN TABLE t; CREATE FOREIGN TABLE t (a int) SERVER s2",
        ["foreign table public.t: server was s, is s2"],
    ),
    Case(_FOREIGN, "ALTER FOREIGN TABLE t OPTIONS (a 'b')", ["foreign table public.t: options was none, is (a=b)"]),
    Case(
        _FOREIGN,
        "ALTER FOREIGN TABLE t ALTER a OPTIONS (a 'b')",
        ["column public.t.a: foreign options was none, is (a=b)"],
    ),
]

COLUMNS = [
    Case(_T, "ALTER TABLE t DROP b", ["column public.t.b: is missing"]),
    Case(_T, "ALTER TABLE t ADD c serial", ["column public.t.c: is extra"]),
    Case(_T, "ALTER TABLE t RENAME b TO c", ["column public.t.b: is missing", "column public.t.c: is extra"]),
    Case(_T, "ALTER TABLE t ALTER b TYPE bigint", ["column public.t.b: type was integer, is bigint"]),
    Case(
        "CREATE TABLE t (a varchar(10))",
        "ALTER TABLE t ALTER a TYPE varchar(20)",
        ["column public.t.a: type was character varying(10), is character varying(20)"],
    ),
    Case(
        "CREATE TABLE t (a numeric)",
        "ALTER TABLE t ALTER a TYPE numeric(10,2)",
        ["column public.t.a: type was numeric, is numeric(10,2)"],
    ),
    Case(_T, "ALTER TABLE t ALTER b SET NOT NULL", ["column public.t.b: not null was no, is yes"]),
    Case(
        "CREATE TABLE t (b int NOT NULL)",
        "ALTER TABLE t ALTER b DROP NOT NULL",
        ["column public.t.b: not null was yes, is no"],
    ),
    Case(_T, "ALTER TABLE t ALTER b SET DEFAULT 1", ["column public.t.b: default was none, is 1"]),
    Case(
        "CREATE TABLE t (a timestamptz DEFAULT now())",
        "ALTER TABLE t ALTER a SET DEFAULT clock_timestamp()",
        ["column public.t.a: default was now(), is clock_timestamp()"],
    ),
    Case(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)",
        "ALTER TABLE t ALTER b DROP EXPRESSION",
        ["column public.t.b: generated was (a + 1) STORED, is none"],
    ),
    Case(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)",
        "ALTER TABLE t DROP b; ALTER TABLE t ADD b int GENERATED ALWAYS AS (a + 1) VIRTUAL",
        ["column public.t.b: generated was (a + 1) STORED, is (a + 1) VIRTUAL"],
        since=18,
    ),
    Case(
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
        "ALTER TABLE t ALTER a SET GENERATED BY DEFAULT",
        ["column public.t.a: identity was ALWAYS, is BY DEFAULT"],
    ),
    Case(
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
        "ALTER TABLE t ALTER a SET INCREMENT 2 SET CYCLE",
        [
            "column public.t.a: identity options was START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1,"
            " is START 1 INCREMENT 2 MINVALUE 1 MAXVALUE 2147483647 CACHE 1 CYCLE"
        ],
    ),
    Case(_T, 'ALTER TABLE t ALTER a TYPE text COLLATE "C"', ['column public.t.a: collation was none, is "C"']),
    Case(_T, "ALTER TABLE t ALTER a SET STORAGE external", ["column public.t.a: storage was none, is external"]),
    Case(_T, "ALTER TABLE t ALTER a SET COMPRESSION pglz", ["column public.t.a: compression was none, is pglz"]),
    Case(_T, "ALTER TABLE t ALTER a SET STATISTICS 10", ["column public.t.a: statistics target was none, is 10"]),
    Case(_T, "ALTER TABLE t ALTER a SET (n_distinct = 5)", ["column public.t.a: options was none, is (n_distinct=5)"]),
    Case(
        "CREATE TABLE p (a int); CREATE TABLE c (a int) INHERITS (p)",
        "ALTER TABLE c NO INHERIT p",
        ["table public.c: inherits was (public.p), is none", "column public.c.a: inherited was yes, is no"],
    ),
    Case(
        "CREATE TABLE p (a int); CREATE TABLE c (a int) INHERITS (p)",
        "DROP TABLE c; CREATE TABLE c () INHERITS (p)",
        ["column public.c.a: local was yes, is no"],
    ),
    Case(_T, "COMMENT ON COLUMN t.a IS 'c'", ["column public.t.a: comment was none, is c"]),
    Case(
        "CREATE TABLE t (a int, b int, c int, d int)",
        "ALTER TABLE t DROP a; ALTER TABLE t ADD a int",
        ["column public.t.a: position was 1, is 4"],
    ),
    Case(
        "CREATE TABLE t (a int, b int, c int, d int)",
        "DROP TABLE t; CREATE TABLE t (b int, e int, d int, a int)",
        ["column public.t.a: position was 1, is 3", "column public.t.c: is missing", "column public.t.e: is extra"],
    ),
]
