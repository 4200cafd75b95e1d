"""Cases for routines, and for triggers, rules, policies and statistics; see ``cases``."""

from tests.schemaproof.catalog.cases import Case

_T = "CREATE TABLE t (id int PRIMARY KEY, a text, b int)"
_F = "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
_TF = "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'"
_TRIGGER = f"{_T}; {_TF}; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()"
_POLICY = f"{_T}; CREATE POLICY p ON t"
_STATISTICS = f"{_T}; CREATE STATISTICS s (mcv) ON a, b FROM t"
_AGGREGATE = "CREATE AGGREGATE g(int) (sfunc = int4pl, stype = int{})"
_RE_AGGREGATE = "DROP AGGREGATE g(int); " + _AGGREGATE
_FUNCTIONS = "(int4pl(integer,integer), -, -, -, -, -, -, -)"

ROUTINES = [
    Case("", _F, ["function public.f(integer): is extra"]),
    Case(
        _F,
        "CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ["function public.f(text): is extra"],
    ),
    Case("", "CREATE PROCEDURE f() LANGUAGE sql AS ''", ["procedure public.f(): is extra"]),
    Case(
        _F,
        _F.replace("CREATE", "CREATE OR REPLACE").replace("x int", "x int DEFAULT 1"),
        ["function public.f(integer): arguments was x integer, is x integer DEFAULT 1"],
    ),
    Case(
        _F,
        "DROP FUNCTION f; " + _F.replace("RETURNS int", "RETURNS bigint"),
        ["function public.f(integer): returns was integer, is bigint"],
    ),
    Case(
        _F.replace("'SELECT 1'", "'begin end'"),
        "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE plpgsql AS 'begin end'",
        ["function public.f(integer): language was sql, is plpgsql"],
    )._replace(setup="SET LOCAL check_function_bodies = off; " + _F.replace("'SELECT 1'", "'begin end'")),
    Case(
        _F,
        _F.replace("CREATE", "CREATE OR REPLACE").replace("SELECT 1", "SELECT 2"),
        ["function public.f(integer): body was SELECT 1, is SELECT 2"],
    ),
    Case(
        "CREATE FUNCTION f(x int) RETURNS int RETURN 1",
        "CREATE OR REPLACE FUNCTION f(x int) RETURNS int RETURN 2",
        ["function public.f(integer): body was RETURN 1, is RETURN 2"],
    ),
    Case(
        _F,
        "UPDATE pg_proc SET probin = 'lib' WHERE proname = 'f'",
        ["function public.f(integer): library was none, is lib"],
    ),
    Case(
        _F,
        "UPDATE pg_proc SET prokind = 'w' WHERE proname = 'f'",
        ["function public.f(integer): window was no, is yes"],
    ),
    Case(
        _F,
        "ALTER FUNCTION f IMMUTABLE",
        ["function public.f(integer): volatility was volatile, is immutable"],
    ),
    Case(_F, "ALTER FUNCTION f STRICT", ["function public.f(integer): strict was no, is yes"]),
    Case(_F, "ALTER FUNCTION f SECURITY DEFINER", ["function public.f(integer): security definer was no, is yes"]),
    Case(_F, "ALTER FUNCTION f LEAKPROOF", ["function public.f(integer): leakproof was no, is yes"]),
    Case(_F, "ALTER FUNCTION f PARALLEL SAFE", ["function public.f(integer): parallel was unsafe, is safe"]),
    Case(_F, "ALTER FUNCTION f COST 7", ["function public.f(integer): cost was 100, is 7"]),
    Case(
        "CREATE FUNCTION f() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION f ROWS 7",
        ["function public.f(): rows was 1000, is 7"],
    ),
    Case(
        _F,
        "ALTER FUNCTION f SUPPORT generate_series_int4_support",
        ["function public.f(integer): support was none, is generate_series_int4_support"],
    ),
    Case(
        _F,
        "ALTER FUNCTION f SET work_mem = '1MB'",
        ["function public.f(integer): settings was none, is (work_mem=1MB)"],
    ),
    Case(
        _F,
        "UPDATE pg_proc SET protrftypes = ARRAY['int'::regtype::oid] WHERE proname = 'f'",
        ["function public.f(integer): transforms was none, is (integer)"],
    ),
    Case(_F, "COMMENT ON FUNCTION f IS 'c'", ["function public.f(integer): comment was none, is c"]),
    Case("", _AGGREGATE.format(""), ["aggregate public.g(integer): is extra"]),
    Case(
        _AGGREGATE.format(""),
        _RE_AGGREGATE.format(", combinefunc = int4pl"),
        [
            f"aggregate public.g(integer): functions was {_FUNCTIONS},"
            " is (int4pl(integer,integer), -, int4pl(integer,integer), -, -, -, -, -)"
        ],
    ),
    Case(
        _AGGREGATE.format(", finalfunc = int4abs"),
        _RE_AGGREGATE.format(", finalfunc = int4abs, finalfunc_modify = read_write"),
        ["aggregate public.g(integer): final functions was (false, false, r, r), is (false, false, w, r)"],
    ),
    Case(
        _AGGREGATE.format(""),
        _RE_AGGREGATE.format(", sspace = 8"),
        ["aggregate public.g(integer): state was (integer, 0, none, 0), is (integer, 8, none, 0)"],
    ),
    Case(
        _AGGREGATE.format(""),
        _RE_AGGREGATE.format(", initcond = '0'"),
        ["aggregate public.g(integer): initial was (none, none), is (0, none)"],
    ),
    Case(
        _AGGREGATE.format(""),
        _RE_AGGREGATE.format(", sortop = <"),
        ["aggregate public.g(integer): sort operator was none, is <(integer,integer)"],
    ),
    Case(
        _AGGREGATE.format(""),
        _RE_AGGREGATE.format(", parallel = safe"),
        ["aggregate public.g(integer): parallel was unsafe, is safe"],
    ),
    Case(
        _AGGREGATE.format(""),
        "UPDATE pg_proc SET prorettype = 'int8'::regtype WHERE proname = 'g'",
        ["aggregate public.g(integer): returns was integer, is bigint"],
    ),
    Case(
        _AGGREGATE.format(""),
        "UPDATE pg_aggregate SET aggkind = 'o' WHERE aggfnoid = 'g'::regproc",
        ["aggregate public.g(integer): kind was normal, is ordered-set"],
    ),
    Case(
        _AGGREGATE.format(""),
        "COMMENT ON AGGREGATE g(int) IS 'c'",
        ["aggregate public.g(integer): comment was none, is c"],
    ),
]

IN_TABLES = [
    Case(_TRIGGER, "DROP TRIGGER g ON t", ["trigger public.t.g: is missing"]),
    Case(
        _TRIGGER,
        "CREATE OR REPLACE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()",
        [
            "trigger public.t.g: definition"
            " was CREATE TRIGGER g BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.tf(),"
            " is CREATE TRIGGER g AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.tf()"
        ],
    ),
    Case(_TRIGGER, "ALTER TABLE t DISABLE TRIGGER g", ["trigger public.t.g: enabled was enabled, is disabled"]),
    Case(_TRIGGER, "COMMENT ON TRIGGER g ON t IS 'c'", ["trigger public.t.g: comment was none, is c"]),
    Case(
        f"CREATE TABLE p (a int) PARTITION BY LIST (a); {_TF}; CREATE TABLE q PARTITION OF p DEFAULT;"
        " CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION tf()",
        "ALTER TABLE q DISABLE TRIGGER g",
        ["trigger public.q.g: enabled was enabled, is disabled"],
    ),
    Case(
        f"CREATE TABLE p (a int) PARTITION BY LIST (a); {_TF}; CREATE TABLE q (a int);"
        " CREATE TRIGGER g AFTER INSERT ON q FOR EACH ROW EXECUTE FUNCTION tf()",
        "UPDATE pg_trigger SET tgparentid = 1 WHERE tgname = 'g'",
        ["trigger public.q.g: inherited was no, is yes"],
    ),
    Case(
        f"{_T}; CREATE RULE u AS ON DELETE TO t DO NOTHING",
        "CREATE OR REPLACE RULE u AS ON DELETE TO t DO INSTEAD NOTHING",
        [
            "rule public.t.u: definition was CREATE RULE u AS\n    ON DELETE TO public.t DO NOTHING;,"
            " is CREATE RULE u AS\n    ON DELETE TO public.t DO INSTEAD NOTHING;"
        ],
    ),
    Case(
        f"{_T}; CREATE RULE u AS ON DELETE TO t DO NOTHING",
        "ALTER TABLE t DISABLE RULE u",
        ["rule public.t.u: enabled was enabled, is disabled"],
    ),
    Case(
        f"{_T}; CREATE RULE u AS ON DELETE TO t DO NOTHING",
        "COMMENT ON RULE u ON t IS 'c'",
        ["rule public.t.u: comment was none, is c"],
    ),
    Case(_T, "CREATE POLICY p ON t", ["policy public.t.p: is extra"]),
    Case(
        _POLICY,
        "DROP POLICY p ON t; CREATE POLICY p ON t FOR SELECT",
        ["policy public.t.p: command was ALL, is SELECT"],
    ),
    Case(
        _POLICY,
        "DROP POLICY p ON t; CREATE POLICY p ON t AS RESTRICTIVE",
        ["policy public.t.p: permissive was yes, is no"],
    ),
    Case(
        _POLICY,
        "ALTER POLICY p ON t TO pg_monitor",
        ["policy public.t.p: roles was (public), is (pg_monitor)"],
    ),
    Case(_POLICY, "ALTER POLICY p ON t USING (b > 0)", ["policy public.t.p: using was none, is (b > 0)"]),
    Case(_POLICY, "ALTER POLICY p ON t WITH CHECK (b > 0)", ["policy public.t.p: with check was none, is (b > 0)"]),
    Case(_POLICY, "COMMENT ON POLICY p ON t IS 'c'", ["policy public.t.p: comment was none, is c"]),
    Case(_T, "CREATE STATISTICS s ON a, b FROM t", ["statistics public.s: is extra"]),
    Case(
        _STATISTICS,
        "DROP STATISTICS s; CREATE STATISTICS s (ndistinct) ON a, b FROM t",
        ["statistics public.s: kinds was (mcv), is (ndistinct)"],
    ),
    Case(
        _STATISTICS,
        "DROP STATISTICS s; CREATE STATISTICS s (mcv) ON id, b FROM t",
        ["statistics public.s: columns was a, b, is id, b"],
    ),
    Case(
        f"{_STATISTICS}; CREATE TABLE u (a text, b int)",
        "DROP STATISTICS s; CREATE STATISTICS s (mcv) ON a, b FROM u",
        ["statistics public.s: table was public.t, is public.u"],
    ),
    Case(
        _STATISTICS,
        "ALTER STATISTICS s SET STATISTICS 9",
        ["statistics public.s: statistics target was none, is 9"],
    ),
    Case(_STATISTICS, "COMMENT ON STATISTICS s IS 'c'", ["statistics public.s: comment was none, is c"]),
]
