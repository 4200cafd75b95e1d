"""Bodies in PL/pgSQL, taken apart into what the server is asked."""

import pytest

from schemaproof.proofs.releases.plpgsql import taken_apart


def pieces(statements: str, declared: str = "n bigint; r record;") -> list[str]:
    """What is asked for the statements; a text in angle brackets for what is known only when it runs."""
    body = taken_apart(f"DECLARE {declared} BEGIN {statements} END")
    return [one.sql or f"<{one.source}>" for one in body.pieces]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("n := n + 1;", ["SELECT n + 1"]),
        ("n = (SELECT a = 1);", ["SELECT (SELECT a = 1)"]),
        ("r.a[1].b := 2;", ["SELECT 2"]),
        ("SELECT a, b INTO STRICT n, r.x FROM t WHERE c = ';';", ["SELECT a, b FROM t WHERE c = ';'"]),
        ("SELECT INTO n a FROM t;", ["SELECT a FROM t"]),
        ("INSERT INTO t (a) VALUES (1) RETURNING id INTO n;", ["INSERT INTO t (a) VALUES (1) RETURNING id"]),
        ("WITH x AS (INSERT INTO t SELECT 1) SELECT 2 INTO n;", ["WITH x AS (INSERT INTO t SELECT 1) SELECT 2"]),
        ("PERFORM f(1) FROM t;", ["SELECT f(1) FROM t"]),
        ("IF a THEN n := 1; ELSIF b THEN NULL; ELSE n := 2; END IF;", ["SELECT a", "SELECT 1", "SELECT b", "SELECT 2"]),
        ("CASE n WHEN 1, 2 THEN n := 3; ELSE NULL; END CASE;", ["SELECT n", "SELECT 1, 2", "SELECT 3"]),
        ("CASE WHEN a THEN NULL; END CASE;", ["SELECT a"]),
        ("WHILE a LOOP EXIT WHEN b; CONTINUE; END LOOP;", ["SELECT a", "SELECT b"]),
        ("FOR i IN REVERSE 9..n BY 2 LOOP n := i; END LOOP;", ["SELECT 9", "SELECT n", "SELECT 2", "SELECT i"]),
        ("FOR r IN SELECT * FROM t LOOP RETURN NEXT n; END LOOP;", ["SELECT * FROM t", "SELECT n"]),
        ("FOREACH n IN ARRAY a LOOP NULL; END LOOP;", ["SELECT a"]),
        ("FOR r IN EXECUTE 'x' || n LOOP NULL; END LOOP;", ["<EXECUTE 'x' || n>"]),
        ("EXECUTE format('x', n) INTO n USING 1;", ["<EXECUTE format('x', n) INTO n USING 1>"]),
        ("TRUNCATE t;", ["<TRUNCATE t>"]),
        ("OPEN c FOR SELECT 1; FETCH c INTO n; CLOSE c;", ["SELECT 1"]),
        ("RETURN QUERY SELECT 1; RETURN QUERY EXECUTE 'x'; RETURN;", ["SELECT 1", "<EXECUTE 'x'>"]),
        ("RAISE NOTICE 'a; b'; GET DIAGNOSTICS n = ROW_COUNT; COMMIT;", []),
        ("-- SELECT 1;\n/* SELECT 2; */ n := $$;$$;", ["SELECT $$;$$"]),
        ("<<a>> LOOP EXIT a WHEN n > 1; END LOOP a;", ["SELECT n > 1"]),
        ("BEGIN n := 1; EXCEPTION WHEN unique_violation THEN n := 2; END; n := 3;", [f"SELECT {one}" for one in "123"]),
        ("SELECT (1;", ["<DECLARE n bigint; r record; BEGIN SELECT (1; END>"]),
    ],
)
def test_statement_is_taken_apart(statements: str, expected: list[str]) -> None:
    assert pieces(statements) == expected


def test_declarations_say_the_types_of_variables() -> None:
    declared = (
        "a CONSTANT numeric(5, 2) NOT NULL := 1; b t.c%TYPE; c t%ROWTYPE DEFAULT x; d record; e ALIAS FOR $1;"
        ' f CURSOR (g int) FOR SELECT 1; "H" text COLLATE "C";'
    )
    variables = taken_apart(f"DECLARE {declared} BEGIN NULL; END").variables
    assert {name: variables[name] for name in ("a", "b", "c", "d", "e", "f", "H")} == {
        "a": "numeric(5, 2)",
        "b": "t.c%TYPE",
        "c": "t",
        "d": None,
        "e": None,
        "f": None,
        "H": "text",
    }
    assert pieces("NULL;", declared) == ["SELECT 1", "SELECT x", "SELECT 1"]


def test_what_two_blocks_declare_otherwise_is_of_no_known_type() -> None:
    body = taken_apart("DECLARE n int; BEGIN DECLARE n text; BEGIN NULL; END; END")
    assert body.variables["n"] is None


@pytest.mark.parametrize(
    ("body", "sure"),
    [
        ("BEGIN n := 1; END", [True]),
        ("BEGIN LOOP n := 1; END LOOP; END", [True]),
        ("BEGIN IF a THEN n := 1; END IF; n := 2; END", [True, False, True]),
        ("BEGIN BEGIN n := 1; EXCEPTION WHEN unique_violation THEN n := 2; END; n := 3; END", [True, False, True]),
        ("BEGIN n := 1; EXCEPTION WHEN others THEN NULL; END", [False]),
        ("BEGIN n := 1 FROM pg_class; END", [False]),
        ("BEGIN PERFORM tg_table_name; END", [False]),
        ("BEGIN CREATE TEMP TABLE t (a int); SELECT 1; END", [False, False]),
    ],
)
def test_piece_is_sure_if_each_call_comes_to_it(body: str, sure: list[bool]) -> None:
    assert [one.sure for one in taken_apart(body).pieces] == sure


def test_lines_are_counted_as_in_an_error_of_the_server() -> None:
    assert [one.line for one in taken_apart("\nBEGIN\n  n := 1;\n  n :=\n 2;\nEND").pieces] == [3, 5]
