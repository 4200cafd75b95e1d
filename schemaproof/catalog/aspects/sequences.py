"""Sequences; that of an identity column is told as the column's options."""

from schemaproof.catalog.aspect import Acl, Aspect, user_schema, words

ASPECTS = (
    Aspect(
        name="sequences",
        unit="relation",
        probe="pg_sequence WHERE seqrelid = ANY ($1::oid[])",
        owner="c.oid",
        key="0",
        identity=("'sequence'", "n.nspname", "''", "c.relname"),
        attributes={
            "type": "format_type(q.seqtypid, NULL)",
            "start": "q.seqstart",
            "increment": "q.seqincrement",
            "minimum": "q.seqmin",
            "maximum": "q.seqmax",
            "cache": "q.seqcache",
            "cycle": "q.seqcycle",
            "persistence": words("c.relpersistence", {"p": "permanent", "u": "unlogged", "t": "temporary"}),
            "owned by": "CASE WHEN i.objid IS NOT NULL THEN i.refobjid::regclass::text || '.' || quote_ident(a.attname)"
            " END",
        },
        source="pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_depend i ON i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.objsubid = 0"
        " AND i.refclassid = 'pg_class'::regclass AND i.deptype IN ('a', 'i')"
        " LEFT JOIN pg_attribute a ON a.attrelid = i.refobjid AND a.attnum = i.refobjsubid",
        where=f"i.deptype IS DISTINCT FROM 'i' AND {user_schema()}",
        member=("pg_class", "c.oid"),
        comment=("pg_class", "c.oid", "0"),
        acl=Acl("s", "c.relowner", "c.relacl"),
        generated_from="CASE WHEN i.objid IS NOT NULL"
        " THEN ARRAY['seq', (SELECT o.relname FROM pg_class o WHERE o.oid = i.refobjid), a.attname] END",
    ),
)
