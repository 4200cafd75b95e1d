"""What roles were granted on objects. No part of what catalogs are compared by: owners differ between servers.

Only what was said is read, by GRANT, REVOKE or ALTER DEFAULT PRIVILEGES: an object without such a word has an empty
ACL, and its owner and PUBLIC what ``acldefault`` gives them. What an owner may do is no grant either.
"""

# ruff: noqa: S608 (what is put together here are this package's own expressions; there is no input)

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg

from schemaproof.catalog.aspect import user_schema, words
from schemaproof.catalog.watches import CLASSES

type Connection = psycopg.Connection[Any]

# How ACLs and the functions has_..._privilege() call everybody.
PUBLIC = "public"

_RELATION = words(
    "c.relkind", {"r": "table", "p": "table", "f": "foreign table", "v": "view", "m": "materialized view"}
)
_ROUTINE = words("p.prokind", {"f": "function", "w": "function", "p": "procedure", "a": "aggregate"})
_TYPE = words("t.typtype", {"d": "domain"})
_CLASS = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
# Class, kind, schema, parent and name, oid and column, owner, ACL, and what PUBLIC may do where nothing was said.
# Multirange types and those of rows and arrays have no privileges of their own (manual, GRANT).
_OBJECTS = f"""
SELECT 'relation' AS class, {_RELATION} AS kind, n.nspname AS schema, ''::name AS parent, c.relname::text AS name,
    c.oid AS oid, 0 AS number, c.relowner AS owner, c.relacl AS acl, '' AS usual
FROM {_CLASS} WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {user_schema()}
UNION ALL
SELECT 'sequence', 'sequence', n.nspname, '', c.relname, c.oid, 0, c.relowner, c.relacl, ''
FROM {_CLASS} WHERE c.relkind = 'S' AND {user_schema()}
UNION ALL
SELECT 'column', 'column', n.nspname, c.relname, a.attname, c.oid, a.attnum, c.relowner, a.attacl, ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {user_schema()}
UNION ALL
SELECT 'routine', {_ROUTINE}, n.nspname, '', p.proname || '(' || oidvectortypes(p.proargtypes) || ')', p.oid, 0,
    p.proowner, p.proacl, 'EXECUTE'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {user_schema()}
UNION ALL
SELECT 'type', coalesce({_TYPE}, 'type'), n.nspname, '', t.typname, t.oid, 0, t.typowner, t.typacl, 'USAGE'
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typtype IN ('b', 'c', 'd', 'e', 'r') AND t.typelem = 0 AND coalesce(c.relkind = 'c', true) AND {user_schema()}
UNION ALL
SELECT 'schema', 'schema', '', '', n.nspname, n.oid, 0, n.nspowner, n.nspacl, '' FROM pg_namespace n
WHERE {user_schema()}
UNION ALL
SELECT 'wrapper', 'foreign-data wrapper', '', '', w.fdwname, w.oid, 0, w.fdwowner, w.fdwacl, ''
FROM pg_foreign_data_wrapper w
UNION ALL
SELECT 'server', 'server', '', '', s.srvname, s.oid, 0, s.srvowner, s.srvacl, '' FROM pg_foreign_server s
"""
_HELD = f"""
SELECT class, kind, schema::text, parent::text, name, oid::bigint, number::int, usual,
    usual <> '' AND NOT EXISTS (SELECT FROM aclexplode(acl) x WHERE x.grantee = 0) AS withheld,
    ARRAY(SELECT ARRAY[coalesce(r.rolname, '{PUBLIC}')::text, x.privilege_type, x.is_grantable::text]
        FROM aclexplode(acl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
        WHERE x.grantee <> owner AND (x.grantee = 0 OR r.oid IS NOT NULL)) AS granted
FROM ({_OBJECTS}) o WHERE acl IS NOT NULL
"""
# The objects of some names, whatever was granted on them.
_PRESENT = f"""
SELECT class, kind, schema::text, parent::text, name, oid::bigint, number::int FROM ({_OBJECTS}) o
WHERE (class, schema, parent, name) IN (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]))
"""
# Which of some roles have which privilege, by whatever way: granted, as a member of another role, as a superuser. One
# that is gone lacks nothing.
_HAS = """
SELECT CASE WHEN w.role <> 'public' AND r.oid IS NULL THEN NULL
    WHEN w.class = 'relation' THEN has_table_privilege(w.role, w.oid, w.privilege)
    WHEN w.class = 'column' THEN has_column_privilege(w.role, w.oid, w.number, w.privilege)
    WHEN w.class = 'sequence' THEN has_sequence_privilege(w.role, w.oid, w.privilege)
    WHEN w.class = 'routine' THEN has_function_privilege(w.role, w.oid, w.privilege)
    WHEN w.class = 'type' THEN has_type_privilege(w.role, w.oid, w.privilege)
    WHEN w.class = 'schema' THEN has_schema_privilege(w.role, w.oid, w.privilege)
    WHEN w.class = 'wrapper' THEN has_foreign_data_wrapper_privilege(w.role, w.oid, w.privilege)
    WHEN w.class = 'server' THEN has_server_privilege(w.role, w.oid, w.privilege) END
FROM unnest(%s::text[], %s::bigint[]::oid[], %s::int2[], %s::text[], %s::text[]) WITH ORDINALITY
    w (class, oid, number, role, privilege, place)
LEFT JOIN pg_roles r ON r.rolname = w.role ORDER BY w.place
"""


class Place(NamedTuple):
    """Where something is granted, by its name.

    Attributes:
        class_: "relation", which a table shares with the view that replaces it, "sequence", "column", "routine",
            "type", "schema", "wrapper" or "server".
        schema: its schema; "" for what is in none.
        parent: the relation of a column; "" for all else.
        name: a routine's with the types of its arguments.
    """

    class_: str
    schema: str
    parent: str
    name: str


class Privilege(NamedTuple):
    """One that a role was granted; PUBLIC is everybody."""

    role: str
    privilege: str


@dataclass(frozen=True)
class Thing:
    """The object that has a name.

    Attributes:
        place: its name.
        kind: PostgreSQL's word for it.
        oid: its own; of a column its relation's.
        number: a column's ``attnum``; 0 for all else.
    """

    place: Place
    kind: str
    oid: int
    number: int

    def __str__(self) -> str:
        """As objects are called in findings: "table public.notes"."""
        return f"{self.kind} {'.'.join(part for part in self.place[1:] if part)}"

    @property
    def unit(self) -> int:
        """What a catalog calls it by, or its relation."""
        known = {"routine": "routine", "type": "type", "schema": "schema", "wrapper": "other", "server": "other"}
        return CLASSES[known.get(self.place.class_, "relation")] | self.oid


@dataclass(frozen=True)
class Held:
    """An object of which somebody has said who may do what with it.

    Attributes:
        thing: it.
        granted: to others than its owner, and whether they may grant it on.
        usual: what PUBLIC may do with such an object where nothing was said; "" for nothing.
        withheld: whether it was revoked from PUBLIC.
    """

    thing: Thing
    granted: Mapping[Privilege, bool]
    usual: str
    withheld: bool


def held(connection: Connection) -> dict[Place, Held]:
    """All such objects of the user's schemas, by name."""
    found = {}
    for class_, kind, schema, parent, name, oid, number, usual, withheld, granted in connection.execute(_HELD):
        thing = Thing(Place(class_, schema, parent, name), kind, oid, number)
        privileges = {Privilege(role, privilege): grantable == "true" for role, privilege, grantable in granted}
        found[thing.place] = Held(thing, privileges, usual, withheld)
    return found


def has_defaults(connection: Connection) -> bool:
    """Whether somebody has said what is granted on objects to come."""
    return bool(connection.execute("SELECT FROM pg_default_acl LIMIT 1").rowcount)


def present(connection: Connection, places: Sequence[Place]) -> dict[Place, Thing]:
    """Those of ``places`` that there are."""
    if not places:
        return {}
    columns = [list(column) for column in zip(*places, strict=True)]
    rows = connection.execute(_PRESENT, columns).fetchall()
    things = (Thing(Place(*names), kind, oid, number) for names, kind, oid, number in map(_parted, rows))
    return {thing.place: thing for thing in things}


def _parted(row: tuple[Any, ...]) -> tuple[tuple[str, str, str, str], str, int, int]:
    class_, kind, schema, parent, name, oid, number = row
    return (class_, schema, parent, name), kind, oid, number


def lacking(connection: Connection, asked: Iterable[tuple[Thing, Privilege]]) -> list[tuple[Thing, Privilege]]:
    """Those of ``asked`` that the role does not have, in their order; none of a role that is gone."""
    known = list(asked)
    rows = connection.execute(
        _HAS,
        [
            [thing.place.class_ for thing, _ in known],
            [thing.oid for thing, _ in known],
            [thing.number for thing, _ in known],
            [one.role for _, one in known],
            [one.privilege for _, one in known],
        ],
    ).fetchall()
    return [one for one, (has,) in zip(known, rows, strict=True) if has is False]
