"""The columns of tables and foreign tables; those of views are an attribute of the view."""

from schemaproof.catalog.aspect import Acl, Aspect, user_schema, words

_STORAGE = words("a.attstorage", {"p": "plain", "e": "external", "m": "main", "x": "extended"})
_COMPRESSION = words("a.attcompression", {"p": "pglz", "l": "lz4"})
ASPECTS = (
    Aspect(
        name="columns",
        unit="relation",
        probe="pg_class WHERE oid = ANY ($1::oid[]) AND relkind IN ('r', 'p', 'f')",
        owner="a.attrelid",
        key="a.attnum",
        identity=("'column'", "n.nspname", "c.relname", "a.attname"),
        attributes={
            "type": "format_type(a.atttypid, a.atttypmod)",
            "not null": "a.attnotnull",
            "default": "CASE a.attgenerated WHEN '' THEN pg_get_expr(v.adbin, v.adrelid) END",
            "generated": "CASE a.attgenerated WHEN '' THEN NULL ELSE pg_get_expr(v.adbin, v.adrelid)"
            " || CASE a.attgenerated WHEN 'v' THEN ' VIRTUAL' ELSE ' STORED' END END",
            "identity": words("a.attidentity", {"a": "ALWAYS", "d": "BY DEFAULT"}),
            "identity options": "CASE WHEN a.attidentity <> '' THEN (SELECT format("
            "'START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', q.seqstart, q.seqincrement, q.seqmin,"
            " q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END) FROM pg_depend i"
            " JOIN pg_sequence q ON q.seqrelid = i.objid WHERE i.classid = 'pg_class'::regclass"
            " AND i.refclassid = 'pg_class'::regclass AND i.refobjid = a.attrelid AND i.refobjsubid = a.attnum"
            " AND i.deptype = 'i') END",
            "collation": "CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END",
            # What the type brings along is told as the type.
            "storage": f"CASE WHEN a.attstorage <> t.typstorage THEN {_STORAGE} END",
            "compression": _COMPRESSION,
            # 17 and later have NULL for what was -1.
            "statistics target": "nullif(a.attstattarget, -1)",
            # What ALTER COLUMN ... SET takes (manual, ALTER TABLE). 17.12 keeps a number of its own among them.
            "options": "(SELECT array_agg(o ORDER BY o) FROM unnest(a.attoptions) o"
            " WHERE split_part(o, '=', 1) IN ('n_distinct', 'n_distinct_inherited'))",
            "foreign options": "a.attfdwoptions",
            "inherited": "a.attinhcount > 0",
            "local": "a.attislocal",
            "position": "row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum)",
        },
        source="pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_type t ON t.oid = a.atttypid"
        " LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum",
        where=f"c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {user_schema()}",
        member=("pg_class", "c.oid"),
        comment=("pg_class", "a.attrelid", "a.attnum"),
        acl=Acl("c", "", "a.attacl"),
    ),
)
