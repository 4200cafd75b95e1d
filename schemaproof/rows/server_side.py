"""What the server says of many values, expressions or rows, in one round trip each; a refusal does not end the rest."""

from collections.abc import Sequence
from typing import Any, LiteralString

from schemaproof.rows.types import Cursor

# In the session's own temporary schema, in a transaction that is rolled back. A block with an EXCEPTION clause is a
# subtransaction: what failed leaves nothing (manual, 41.6.8).
_FUNCTIONS = """
CREATE FUNCTION pg_temp.schemaproof_cast(targets text[], texts text[]) RETURNS text[] LANGUAGE plpgsql AS $f$
DECLARE found text[] := array_fill(NULL::text, ARRAY[cardinality(texts)]); one text;
BEGIN
    FOR i IN 1 .. cardinality(texts) LOOP
        BEGIN
            EXECUTE 'SELECT $1::' || targets[i] || '::text' INTO one USING texts[i];
            found[i] := one;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    RETURN found;
END $f$;
CREATE FUNCTION pg_temp.schemaproof_evaluate(query text, documents text[]) RETURNS text[] LANGUAGE plpgsql AS $f$
DECLARE found text[]; one text[];
BEGIN
    EXECUTE query INTO found USING ('[' || array_to_string(documents, ',') || ']')::json;
    RETURN found;
EXCEPTION WHEN OTHERS THEN
    found := array_fill('refused'::text, ARRAY[cardinality(documents)]);
    FOR i IN 1 .. cardinality(documents) LOOP
        BEGIN
            EXECUTE query INTO one USING ('[' || documents[i] || ']')::json;
            found[i] := one[1];
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    RETURN found;
END $f$;
CREATE FUNCTION pg_temp.schemaproof_insert(statement text, documents text[], keep boolean)
    RETURNS text[] LANGUAGE plpgsql AS $f$
DECLARE found text[] := array_fill(NULL::text, ARRAY[cardinality(documents)]); count bigint; words text;
BEGIN
    FOR i IN 1 .. cardinality(documents) LOOP
        BEGIN
            EXECUTE statement USING ('[' || documents[i] || ']')::json;
            GET DIAGNOSTICS count = ROW_COUNT;
            IF count <> 1 THEN
                found[i] := 'the server accepts the row but does not keep it: look at its triggers and rules';
            END IF;
            IF NOT keep OR count <> 1 THEN
                RAISE EXCEPTION USING ERRCODE = 'SPROW';
            END IF;
        EXCEPTION
            WHEN SQLSTATE 'SPROW' THEN NULL;
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS words = MESSAGE_TEXT;
                found[i] := words;
        END;
    END LOOP;
    RETURN found;
END $f$
"""

REFUSED = "refused"


def make_functions(cursor: Cursor) -> None:
    """Make what the others here call; the transaction around it must be rolled back."""
    cursor.execute(_FUNCTIONS)


def cast_each(cursor: Cursor, pairs: Sequence[tuple[str, str]]) -> list[str | None]:
    """For each type and text the text of the value as the server prints it; None where the type refuses it."""
    targets, texts = [one for one, _ in pairs], [text for _, text in pairs]
    return _asked(cursor, "cast", targets, texts) if pairs else []


def evaluate_each(cursor: Cursor, source: str, expression: str, documents: Sequence[str]) -> list[str | None]:
    """The value of an expression for each row, as text; :data:`REFUSED` where it cannot be evaluated.

    Args:
        cursor: in the transaction that has the functions.
        source: a FROM item of the rows of the document ``$1``, with their number as the last column.
        expression: SQL, over the columns of ``source``.
        documents: each a row as a JSON object.
    """
    query = f'SELECT array_agg(({expression})::text ORDER BY "schemaproof number") FROM {source}'  # noqa: S608
    return _asked(cursor, "evaluate", query, list(documents)) if documents else []


def insert_each(cursor: Cursor, statement: str, documents: Sequence[str], *, keep: bool = False) -> list[str | None]:
    """Why the server does not take a row, in its words, None where it does.

    Args:
        cursor: in the transaction that has the functions.
        statement: the INSERT of the rows of the document ``$1``.
        documents: each a row as a JSON object.
        keep: whether the rows that it takes stay, so that those that come later meet them.
    """
    return _asked(cursor, "insert", statement, list(documents), keep) if documents else []


_TYPES: dict[str, LiteralString] = {
    "cast": "%s::text[], %s::text[]",
    "evaluate": "%s::text, %s::text[]",
    "insert": "%s::text, %s::text[], %s::boolean",
}


def _asked(cursor: Cursor, name: LiteralString, *arguments: Any) -> list[str | None]:
    query: LiteralString = "SELECT pg_temp.schemaproof_" + name + "(" + _TYPES[name] + ")"
    (found,) = cursor.execute(query, arguments, prepare=False).fetchone() or ([],)
    return list(found)
