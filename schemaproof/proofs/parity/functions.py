"""Expressions that call one function by two names: with its schema, and without.

The catalogs are read with a search_path that leaves out the schema of PostgreSQL's own functions alone. A function that
once came with an extension and is PostgreSQL's own by now (pgcrypto's gen_random_uuid(), since 13) is called
``public.gen_random_uuid()`` where a statement named the schema, or a dump of an older server did, and
``gen_random_uuid()`` where none did: pg_catalog is searched before all others. Both do the same. So does one
extension's function in whatever schema each database has the extension.
"""

import re
from typing import Any

import psycopg

from schemaproof.catalog.values import Value

_PART = r'"(?:[^"]|"")+"|\w+'
# Strings first, so that nothing is found in them.
_CALL = re.compile(rf"'(?:[^']|'')*'|(?<![\w\".])({_PART})\.({_PART})(?=\()")

# Of the functions of that name in the schema: the extension that all are of, and whether each has a twin in pg_catalog.
_QUERY = """SELECT min(e.extname), bool_and(EXISTS (SELECT FROM pg_proc own
        WHERE own.pronamespace = 'pg_catalog'::regnamespace AND own.proname = p.proname
        AND own.proargtypes = p.proargtypes AND own.prorettype = p.prorettype AND own.provolatile = p.provolatile))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    LEFT JOIN pg_extension e ON e.oid = d.refobjid
    WHERE n.nspname = %s AND p.proname = %s HAVING count(*) = count(e.extname)"""


def unqualified(value: Value) -> Value:
    """``value``, an expression or several as PostgreSQL prints them, with no schema before any function."""
    if isinstance(value, tuple):
        return tuple(map(unqualified, value))
    return _CALL.sub(lambda call: call[2] or call[0], value) if isinstance(value, str) else value


def resolved(connection: psycopg.Connection[Any], value: Value) -> Value:
    """``value`` with what a function is instead of where it is: PostgreSQL's own, or an extension's.

    ``connection`` is to the database where the expression is.
    """
    if isinstance(value, tuple):
        return tuple(resolved(connection, one) for one in value)
    if not isinstance(value, str):
        return value

    def what(call: re.Match[str]) -> str:
        if call[1] is None:
            return call[0]
        row = connection.execute(_QUERY, (_plain(call[1]), _plain(call[2]))).fetchone()
        if row is None or row[0] is None:
            return call[0]
        return call[2] if row[1] else f"<{row[0]}>.{call[2]}"

    return _CALL.sub(what, value)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
