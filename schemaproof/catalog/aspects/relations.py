"""Tables, foreign tables, views and materialized views themselves; what lies in them has aspects of its own."""

from schemaproof.catalog.aspect import Acl, Aspect, user_schema, words

_SOURCE = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
_PERSISTENCE = words("c.relpersistence", {"p": "permanent", "u": "unlogged", "t": "temporary"})
_KIND = words("c.relkind", {"r": "table", "p": "table", "f": "foreign table", "v": "view", "m": "materialized view"})
_OPTIONS = "(SELECT array_agg(o ORDER BY o) FROM unnest(c.reloptions) o)"

ASPECTS = (
    Aspect(
        name="tables",
        unit="relation",
        probe="pg_class WHERE oid = ANY ($1::oid[]) AND relkind IN ('r', 'p', 'f')",
        owner="c.oid",
        key="0",
        identity=(_KIND, "n.nspname", "''", "c.relname"),
        attributes={
            "persistence": _PERSISTENCE,
            "partition key": "CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END",
            "partition of": "CASE WHEN c.relispartition THEN (SELECT p.inhparent::regclass::text"
            " FROM pg_inherits p WHERE p.inhrelid = c.oid) END",
            "partition bound": "pg_get_expr(c.relpartbound, c.oid)",
            "partition detach pending": "coalesce((SELECT p.inhdetachpending FROM pg_inherits p"
            " WHERE p.inhrelid = c.oid AND c.relispartition), false)",
            "inherits": "CASE WHEN NOT c.relispartition THEN (SELECT array_agg(p.inhparent::regclass::text"
            " ORDER BY p.inhseqno) FROM pg_inherits p WHERE p.inhrelid = c.oid) END",
            "of type": "CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END",
            # 'i': an index is marked; which one is an attribute of that index.
            "replica identity": words("c.relreplident", {"d": "default", "n": "nothing", "f": "full", "i": "index"}),
            "storage parameters": _OPTIONS,
            "TOAST storage parameters": "(SELECT array_agg(o ORDER BY o) FROM pg_class t, unnest(t.reloptions) o"
            " WHERE t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL)",
            "row security": "c.relrowsecurity",
            "force row security": "c.relforcerowsecurity",
            "access method": "(SELECT amname FROM pg_am WHERE pg_am.oid = c.relam)",
            "tablespace": "(SELECT spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace)",
            "server": "s.srvname",
            "options": "f.ftoptions",
        },
        source=f"{_SOURCE} LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid"
        " LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver",
        where=f"c.relkind IN ('r', 'p', 'f') AND {user_schema()}",
        member=("pg_class", "c.oid"),
        comment=("pg_class", "c.oid", "0"),
        acl=Acl("r", "c.relowner", "c.relacl"),
    ),
    Aspect(
        name="views",
        unit="relation",
        probe="pg_class WHERE oid = ANY ($1::oid[]) AND relkind IN ('v', 'm')",
        owner="c.oid",
        key="0",
        identity=(_KIND, "n.nspname", "''", "c.relname"),
        attributes={
            "definition": "pg_get_viewdef(c.oid)",
            "columns": "(SELECT array_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)"
            " || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text"
            " ELSE '' END ORDER BY a.attnum) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
            " WHERE a.attrelid = c.oid AND a.attnum > 0)",
            "column defaults": "(SELECT array_agg(quote_ident(a.attname) || ' ' || pg_get_expr(v.adbin, v.adrelid)"
            " ORDER BY v.adnum) FROM pg_attrdef v JOIN pg_attribute a ON a.attrelid = v.adrelid AND a.attnum = v.adnum"
            " WHERE v.adrelid = c.oid)",
            "column comments": "(SELECT array_agg(quote_ident(a.attname) || ' ' || v.description ORDER BY a.attnum)"
            " FROM pg_description v JOIN pg_attribute a ON a.attrelid = v.objoid AND a.attnum = v.objsubid"
            " WHERE v.classoid = 'pg_class'::regclass AND v.objoid = c.oid AND v.objsubid > 0)",
            "options": _OPTIONS,
            "populated": "c.relispopulated",
            "access method": "(SELECT amname FROM pg_am WHERE pg_am.oid = c.relam)",
            "tablespace": "(SELECT spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace)",
        },
        source=_SOURCE,
        where=f"c.relkind IN ('v', 'm') AND {user_schema()}",
        member=("pg_class", "c.oid"),
        comment=("pg_class", "c.oid", "0"),
        acl=Acl("r", "c.relowner", "c.relacl"),
    ),
)
