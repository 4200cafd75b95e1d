"""Cases for sequences, types, domains and views; see ``cases``."""

from tests.schemaproof.catalog.cases import Case

_T = "CREATE TABLE t (id int PRIMARY KEY, a text, b int)"
_RANGE = "CREATE TYPE r AS RANGE (subtype = {})"
_BASE = (
    "CREATE TYPE b; CREATE FUNCTION bin(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'int4in';"
    " CREATE FUNCTION bout(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';"
    " CREATE TYPE b (INPUT = bin, OUTPUT = bout, INTERNALLENGTH = 4, PASSEDBYVALUE)"
)

SEQUENCES = [
    Case("", "CREATE SEQUENCE s", ["sequence public.s: is extra"]),
    Case(
        "CREATE SEQUENCE s AS int MAXVALUE 9",
        "ALTER SEQUENCE s AS bigint MAXVALUE 9",
        ["sequence public.s: type was integer, is bigint"],
    ),
    Case("CREATE SEQUENCE s", "ALTER SEQUENCE s START 2", ["sequence public.s: start was 1, is 2"]),
    Case("CREATE SEQUENCE s", "ALTER SEQUENCE s INCREMENT 2", ["sequence public.s: increment was 1, is 2"]),
    Case("CREATE SEQUENCE s", "ALTER SEQUENCE s MINVALUE 0", ["sequence public.s: minimum was 1, is 0"]),
    Case("CREATE SEQUENCE s MAXVALUE 8", "ALTER SEQUENCE s MAXVALUE 9", ["sequence public.s: maximum was 8, is 9"]),
    Case("CREATE SEQUENCE s", "ALTER SEQUENCE s CACHE 2", ["sequence public.s: cache was 1, is 2"]),
    Case("CREATE SEQUENCE s", "ALTER SEQUENCE s CYCLE", ["sequence public.s: cycle was no, is yes"]),
    Case(
        "CREATE SEQUENCE s",
        "ALTER SEQUENCE s SET UNLOGGED",
        ["sequence public.s: persistence was permanent, is unlogged"],
        since=15,
    ),
    Case(
        f"{_T}; CREATE SEQUENCE s",
        "ALTER SEQUENCE s OWNED BY t.b",
        ["sequence public.s: owned by was none, is public.t.b"],
    ),
    Case("CREATE SEQUENCE s", "COMMENT ON SEQUENCE s IS 'c'", ["sequence public.s: comment was none, is c"]),
]

TYPES = [
    Case("", "CREATE TYPE e AS ENUM ('a')", ["type public.e: is extra"]),
    Case("CREATE TYPE e AS ENUM ('a')", "DROP TYPE e", ["type public.e: is missing"]),
    Case(
        "CREATE TYPE e AS ENUM ('a', 'b')",
        "ALTER TYPE e ADD VALUE 'c' BEFORE 'b'",
        ["type public.e: labels was (a, b), is (a, c, b)"],
    ),
    Case(
        "CREATE TYPE e AS ENUM ('a', 'b')",
        "DROP TYPE e; CREATE TYPE e AS ENUM ('b', 'a')",
        ["type public.e: labels was (a, b), is (b, a)"],
    ),
    Case(
        "CREATE TYPE e AS ENUM ()",
        "DROP TYPE e; CREATE TYPE e AS ()",
        ["type public.e: form was enum, is composite"],
    ),
    Case(
        "CREATE TYPE e AS (a int)",
        'ALTER TYPE e ADD ATTRIBUTE b text COLLATE "C"',
        ['type public.e: attributes was (a integer), is (a integer, b text COLLATE "C")'],
    ),
    Case(
        "CREATE TYPE e AS (a int)",
        "COMMENT ON COLUMN e.a IS 'c'",
        ["type public.e: attribute comments was none, is (a c)"],
    ),
    Case(
        _RANGE.format("int4"),
        "DROP TYPE r; CREATE TYPE r AS RANGE (subtype = int8)",
        [
            "type public.r: operator class was int4_ops, is int8_ops",
            "type public.r: subtype was integer, is bigint",
        ],
    ),
    Case(
        _RANGE.format("int4"),
        "DROP TYPE r; CREATE TYPE r AS RANGE (subtype = int4, multirange_type_name = m)",
        ["type public.r: multirange was public.r_multirange, is public.m"],
    ),
    Case(
        _RANGE.format("text"),
        'DROP TYPE r; CREATE TYPE r AS RANGE (subtype = text, collation = "C")',
        ['type public.r: collation was none, is "C"'],
    ),
    Case(
        _RANGE.format("text"),
        "DROP TYPE r; CREATE TYPE r AS RANGE (subtype = text, subtype_opclass = text_pattern_ops)",
        ["type public.r: operator class was text_ops, is text_pattern_ops"],
    ),
    Case(
        _RANGE.format("int4"),
        "DROP TYPE r; CREATE TYPE r AS RANGE (subtype = int4, subtype_diff = int4range_subdiff)",
        ["type public.r: subtype diff was none, is int4range_subdiff"],
    ),
    Case(
        _RANGE.format("int4"),
        "UPDATE pg_range SET rngcanonical = 'int4range_canonical'::regproc WHERE rngtypid = 'r'::regtype",
        ["type public.r: canonical was none, is int4range_canonical"],
    ),
    Case(
        _BASE,
        "ALTER TYPE b SET (TYPMOD_IN = varchartypmodin)",
        [
            "type public.b: functions was (public.bin, public.bout, -, -, -, -, -),"
            " is (public.bin, public.bout, -, -, varchartypmodin, -, -)"
        ],
    ),
    Case(
        _BASE,
        "UPDATE pg_type SET typcategory = 'X' WHERE typname = 'b'",
        ["type public.b: layout was (4, true, i, p, U, false, ,), is (4, true, i, p, X, false, ,)"],
    ),
    Case(
        _BASE,
        "UPDATE pg_type SET typdefault = '7' WHERE typname = 'b'",
        ["type public.b: default was none, is 7"],
    ),
    Case("CREATE TYPE e AS ENUM ('a')", "COMMENT ON TYPE e IS 'c'", ["type public.e: comment was none, is c"]),
    Case("", "CREATE DOMAIN d AS int CHECK (value > 0) NOT NULL", ["domain public.d: is extra"]),
    Case(
        "CREATE DOMAIN d AS varchar(1)",
        "DROP DOMAIN d; CREATE DOMAIN d AS varchar(2)",
        ["domain public.d: type was character varying(1), is character varying(2)"],
    ),
    Case("CREATE DOMAIN d AS int", "ALTER DOMAIN d SET NOT NULL", ["domain public.d: not null was no, is yes"]),
    Case("CREATE DOMAIN d AS int", "ALTER DOMAIN d SET DEFAULT 1", ["domain public.d: default was none, is 1"]),
    Case(
        "CREATE DOMAIN d AS text",
        'DROP DOMAIN d; CREATE DOMAIN d AS text COLLATE "C"',
        ['domain public.d: collation was none, is "C"'],
    ),
    Case("CREATE DOMAIN d AS int", "COMMENT ON DOMAIN d IS 'c'", ["domain public.d: comment was none, is c"]),
    Case(
        "CREATE DOMAIN d AS int",
        "ALTER DOMAIN d ADD CONSTRAINT k CHECK (value > 0)",
        ["constraint public.d.k: is extra"],
    ),
    Case(
        "CREATE DOMAIN d AS int CONSTRAINT k CHECK (value > 0)",
        "ALTER DOMAIN d DROP CONSTRAINT k; ALTER DOMAIN d ADD CONSTRAINT k CHECK (value > 1)",
        ["constraint public.d.k: definition was CHECK ((VALUE > 0)), is CHECK ((VALUE > 1))"],
    ),
    Case(
        "CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT k CHECK (value > 0) NOT VALID",
        "ALTER DOMAIN d VALIDATE CONSTRAINT k",
        ["constraint public.d.k: validated was no, is yes"],
    ),
    Case(
        "CREATE DOMAIN d AS int CONSTRAINT k CHECK (value > 0)",
        "COMMENT ON CONSTRAINT k ON DOMAIN d IS 'c'",
        ["constraint public.d.k: comment was none, is c"],
    ),
    Case(
        "CREATE DOMAIN d AS int CONSTRAINT k NOT NULL",
        "ALTER DOMAIN d RENAME CONSTRAINT k TO k2",
        ["constraint public.d.k: is missing", "constraint public.d.k2: is extra"],
        since=17,
    ),
]

VIEWS = [
    Case(_T, "CREATE VIEW v AS SELECT a FROM t", ["view public.v: is extra"]),
    Case(
        f"{_T}; CREATE VIEW v AS SELECT b FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT b FROM t WHERE b > 0",
        [
            "view public.v: definition was  SELECT b\n   FROM public.t;,"
            " is  SELECT b\n   FROM public.t\n  WHERE (b > 0);"
        ],
        since=16,
    ),
    Case(
        "CREATE FUNCTION z() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT a FROM z()",
        "UPDATE pg_attribute SET atttypmod = 5, atttypid = 'varchar'::regtype, attcollation = 100"
        " WHERE attrelid = 'v'::regclass",
        ["view public.v: columns was (a integer), is (a character varying(1))"],
    ),
    Case(
        "CREATE VIEW v AS SELECT 1 AS a",
        "ALTER VIEW v ALTER a SET DEFAULT 2",
        ["view public.v: column defaults was none, is (a 2)"],
    ),
    Case(
        "CREATE VIEW v AS SELECT 1 AS a",
        "COMMENT ON COLUMN v.a IS 'c'",
        ["view public.v: column comments was none, is (a c)"],
    ),
    Case(
        "CREATE VIEW v AS SELECT 1 AS a",
        "ALTER VIEW v SET (security_barrier = true)",
        ["view public.v: options was none, is (security_barrier=true)"],
    ),
    Case("CREATE VIEW v AS SELECT 1 AS a", "COMMENT ON VIEW v IS 'c'", ["view public.v: comment was none, is c"]),
    Case(
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
        "REFRESH MATERIALIZED VIEW v WITH NO DATA",
        ["materialized view public.v: populated was yes, is no"],
    ),
    Case(
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE ACCESS METHOD h TYPE TABLE HANDLER heap_tableam_handler",
        "ALTER MATERIALIZED VIEW v SET ACCESS METHOD h",
        ["materialized view public.v: access method was heap, is h"],
        since=15,
    ),
    Case(
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
        "UPDATE pg_class SET reltablespace = 1664 WHERE relname = 'v'",
        ["materialized view public.v: tablespace was none, is pg_global"],
    ),
]
