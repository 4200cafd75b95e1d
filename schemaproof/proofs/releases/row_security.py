"""Rows that row security hides from the older release: no policy lets it see or write any.

No statement of the experiment shows it, which runs as a superuser. So it is concluded from the catalog, for those who
are bound by row security: the owner where it is forced, and roles that something was granted to, unless they are
superusers, have BYPASSRLS or may do what the owner may.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg

from schemaproof.catalog import Catalog, Identity
from schemaproof.proofs.releases.affected import Name

# What row security is about.
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# In place of the role: whoever owns the table.
OWNER = ""

# For each table, command and role that may give it whether no row is there for it. PUBLIC, and an owner whose name in
# production nobody knows here, are shut out where there is no permissive policy for anybody (manual, 5.9).
_SHUT = """
WITH tables AS (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relowner AS owner, c.relrowsecurity AS enabled,
        c.relforcerowsecurity AS forced, c.relacl AS acl
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
        AND (n.nspname, c.relname) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[]))
), commands (command, letter) AS (VALUES ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')),
acls (oid, acl) AS (
    SELECT oid, acl FROM tables UNION ALL
    SELECT a.attrelid, a.attacl FROM pg_attribute a JOIN tables t ON t.oid = a.attrelid
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
), granted AS (
    SELECT DISTINCT a.oid, x.grantee AS role, coalesce(r.rolname, 'public')::text AS called, x.privilege_type AS command
    FROM acls a JOIN tables t ON t.oid = a.oid, aclexplode(a.acl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE x.grantee <> t.owner AND (x.grantee = 0
        OR NOT (r.rolsuper OR r.rolbypassrls OR (NOT t.forced AND pg_has_role(r.oid, t.owner, 'USAGE'))))
)
SELECT t.schema, t.name, m.command, '', t.enabled AND t.forced AND NOT EXISTS (SELECT FROM pg_policy p
    WHERE p.polrelid = t.oid AND p.polpermissive AND p.polcmd::text IN (m.letter, '*'))
FROM tables t, commands m
UNION ALL
SELECT t.schema, t.name, m.command, g.called, t.enabled AND NOT EXISTS (SELECT FROM pg_policy p, unnest(p.polroles) o
    WHERE p.polrelid = t.oid AND p.polpermissive AND p.polcmd::text IN (m.letter, '*')
        AND CASE WHEN g.role = 0 OR o = 0 THEN true ELSE pg_has_role(g.role, o, 'USAGE') END)
FROM tables t JOIN granted g ON g.oid = t.oid JOIN commands m ON m.command = g.command
"""


class Way(NamedTuple):
    """A command that a role may give on a table."""

    table: Name
    command: str
    role: str


@dataclass(frozen=True)
class Hidden:
    """What a role could do before a deployment, and what has no row for it since.

    Attributes:
        way: what.
        revision: the first one after which it is so.
    """

    way: Way
    revision: str


def is_on(catalog: Catalog, names: Iterable[Name]) -> bool:
    """Whether row security is on for one of these tables."""
    return any(catalog.objects.get(Identity("table", one[0], "", one[1]), {}).get("row security") for one in names)


def ways(connection: psycopg.Connection[Any], names: Collection[Name]) -> dict[Way, bool]:
    """What roles may do with the tables of these ``names``, and whether row security leaves them no row for it."""
    listed = {"schemas": [one for one, _ in names], "names": [one for _, one in names]}
    rows = connection.execute(_SHUT, listed).fetchall()
    return {Way((schema, name), command, role): shut for schema, name, command, role, shut in rows}


def hidden(before: Mapping[Way, bool], after: Sequence[tuple[str, Mapping[Way, bool]]]) -> list[Hidden]:
    """What has rows ``before`` a deployment and none at its end.

    Args:
        before: as ``ways`` returns it.
        after: likewise, after each of its revisions.
    """
    found = []
    for way, shut in before.items():
        if shut or not after or not after[-1][1].get(way):
            continue
        first = len(after) - 1
        while first and after[first - 1][1].get(way):
            first -= 1
        found.append(Hidden(way, after[first][0]))
    return sorted(found, key=lambda one: (one.way.table, one.way.role, COMMANDS.index(one.way.command)))
