"""Schemas and extensions."""

from schemaproof.catalog.aspect import Acl, Aspect, user_schema

ASPECTS = (
    Aspect(
        name="schemas",
        unit="schema",
        probe="pg_namespace WHERE oid = ANY ($1::oid[])",
        owner="n.oid",
        key="0",
        identity=("'schema'", "''", "''", "n.nspname"),
        attributes={},
        source="pg_namespace n",
        where=user_schema(),
        member=("pg_namespace", "n.oid"),
        comment=("pg_namespace", "n.oid", "0"),
        acl=Acl("n", "n.nspowner", "n.nspacl"),
    ),
    Aspect(
        name="extensions",
        unit="other",
        owner="x.oid",
        key="0",
        identity=("'extension'", "''", "''", "x.extname"),
        attributes={"version": "x.extversion", "schema": "n.nspname"},
        source="pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace",
        probe="pg_extension",
        comment=("pg_extension", "x.oid", "0"),
    ),
)
