"""An upgrade run by an owner that is no superuser, whom row security binds too."""

import contextlib
import secrets
from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql

from schemaproof.migration.environment import Run
from schemaproof.postgres import Database, Template
from schemaproof.proofs.data.inhabited import Experiment, Inhabited
from schemaproof.proofs.data.population import connected
from schemaproof.proofs.data.snapshot import Name, Snapshot

# What a schema holds that has an owner of its own; extensions' objects stay with who made them.
_OWNED = """
SELECT format('ALTER %%s %%s OWNER TO %%I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
    WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass, %(role)s::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.deptype IN ('a', 'i', 'e'))
UNION ALL
SELECT format('ALTER %%s %%s OWNER TO %%I', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE'
    ELSE 'FUNCTION' END, p.oid::regprocedure, %(role)s::text)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT format('ALTER TYPE %%s OWNER TO %%I', t.oid::regtype, %(role)s::text)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid
        AND d.deptype = 'e')
UNION ALL
SELECT format('ALTER SCHEMA %%I OWNER TO %%I', nspname, %(role)s::text) FROM pg_namespace
WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
"""

# Extensions that only a superuser may create (manual, CREATE EXTENSION: "trusted"), in the version that it would take.
_UNTRUSTED = """
SELECT e.name::text FROM pg_available_extensions e JOIN pg_available_extension_versions v
    ON v.name = e.name AND v.version = e.default_version
WHERE v.superuser AND NOT v.trusted AND e.name = ANY (%s)
"""


def secured(experiment: Experiment) -> frozenset[Name]:
    """The tables whose owner row security binds, and that the revision writes to or reads for what it writes.

    None on a server that the user names: a role belongs to the whole server, and a killed run would leave it.
    """
    if not experiment.copy.server.disposable:
        return frozenset()
    writing = [one for one in experiment.writes.found if one.kind not in {"dropped", "trigger"}]
    return frozenset(
        name
        for name in experiment.forced
        if any(one.of({name}) or name[1] in {word.text for word in one.words} for one in writing)
    )


@contextlib.contextmanager
def owned(inhabited: Inhabited, experiment: Experiment) -> Iterator[tuple[Run, Snapshot]]:
    """The upgrade once more, in a database whose owner is a role of its own, and the rows after it.

    Sessions become that role by the database's default, so env.py need not know it. The role belongs to the whole
    server, and goes with the database. Its name has no database's in it: so a role would be called that the revisions
    make, and another process of this run would take it for one. What the upgrade needs a superuser for, an extension
    that is not trusted, is there beforehand, as an administrator makes it in production.
    """
    server = experiment.copy.server
    database = server.clone(Template(experiment.copy.name))
    role = f"schemaproof owner {secrets.token_hex(8)}"
    try:
        _hand_over(database, role, _new_extensions(inhabited, experiment))
        run = inhabited.run(database, experiment.index)
        yield run, inhabited.rows(database)
    finally:
        database.drop()
        with psycopg.connect(experiment.copy.dsn, autocommit=True, application_name="schemaproof") as connection:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def _new_extensions(inhabited: Inhabited, experiment: Experiment) -> list[str]:
    changed = inhabited.history.stairs(experiment.revision).changed
    return [one.identity.name for one in changed if one.identity.kind == "extension" and one.kind == "extra"]


def _hand_over(database: Database, role: str, extensions: Sequence[str]) -> None:
    name = sql.Identifier(role)
    with connected(database) as connection:
        for (extension,) in connection.execute(_UNTRUSTED, [list(extensions)]).fetchall():
            connection.execute(sql.SQL("CREATE EXTENSION {} CASCADE").format(sql.Identifier(extension)))
        connection.execute(sql.SQL("CREATE ROLE {} NOSUPERUSER NOBYPASSRLS").format(name))
        connection.execute(sql.SQL("GRANT ALL ON DATABASE {} TO {}").format(sql.Identifier(database.name), name))
        # A sequence that a column owns goes with its table.
        for (statement,) in connection.execute(_OWNED, {"role": role}).fetchall():
            connection.execute(statement)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET role = {}").format(sql.Identifier(database.name), sql.Literal(role))
        )
