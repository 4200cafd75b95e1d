"""Indexes; one that backs a constraint is told as part of that."""

from schemaproof.catalog.aspect import Aspect, Since, user_schema

OPTIONS = "(SELECT array_agg(o ORDER BY o) FROM unnest(ic.reloptions) o)"
TABLESPACE = "(SELECT spcname FROM pg_tablespace s WHERE s.oid = ic.reltablespace)"

# pg_get_indexdef() of one key leaves out collation, operator class and order; what is the default for the key's type
# is left out here too. ia is the index's own column, whose collation is the key's; ta the table's.
KEYS = """(SELECT array_agg(concat_ws(' ', pg_get_indexdef(i.indexrelid, k, false),
    CASE WHEN ia.attcollation NOT IN (0, coalesce(ta.attcollation, 100))
        THEN 'COLLATE ' || ia.attcollation::regcollation::text END,
    CASE WHEN NOT oc.opcdefault OR ia.attoptions IS NOT NULL
        THEN CASE WHEN pg_opclass_is_visible(oc.oid) THEN '' ELSE quote_ident(ocn.nspname) || '.' END
            || quote_ident(oc.opcname) || coalesce(' (' || array_to_string(ia.attoptions, ', ') || ')', '') END,
    CASE i.indoption[k - 1] WHEN 1 THEN 'DESC NULLS LAST' WHEN 2 THEN 'NULLS FIRST' WHEN 3 THEN 'DESC' END
    ) ORDER BY k)
    FROM generate_series(1, i.indnkeyatts::int) k
    JOIN pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = k
    JOIN pg_opclass oc ON oc.oid = i.indclass[k - 1]
    JOIN pg_namespace ocn ON ocn.oid = oc.opcnamespace
    LEFT JOIN pg_attribute ta ON ta.attrelid = i.indrelid AND ta.attnum = i.indkey[k - 1] AND ta.attnum <> 0)"""

INCLUDE = """(SELECT array_agg(pg_get_indexdef(i.indexrelid, k, false) ORDER BY k)
    FROM generate_series(i.indnkeyatts + 1, i.indnatts) k)"""

# The index's own columns are called what its name is made of: a column's name, a function's, or "expr".
NAMES = "(SELECT array_agg(ia.attname::text ORDER BY ia.attnum) FROM pg_attribute ia WHERE ia.attrelid = i.indexrelid)"

ASPECTS = (
    Aspect(
        name="indexes",
        unit="relation",
        probe="pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relkind <> 't' WHERE i.indrelid = ANY ($1::oid[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype <> 'f')",
        owner="i.indrelid",
        key="i.indexrelid",
        identity=("'index'", "n.nspname", "c.relname", "ic.relname"),
        attributes={
            "method": "am.amname",
            "columns": KEYS,
            "include": INCLUDE,
            "predicate": "pg_get_expr(i.indpred, i.indrelid)",
            "unique": "i.indisunique",
            "nulls not distinct": Since(15, "i.indnullsnotdistinct"),
            "storage parameters": OPTIONS,
            "tablespace": TABLESPACE,
            # On a partitioned table alone: some partition has no such index.
            "valid": "i.indisvalid",
            "ready": "i.indisready",
            "replica identity": "i.indisreplident",
            "clustered": "i.indisclustered",
            "statistics targets": "(SELECT array_agg(s.attnum || ' ' || s.attstattarget ORDER BY s.attnum)"
            " FROM pg_attribute s WHERE s.attrelid = i.indexrelid AND s.attstattarget >= 0)",
            "partition of": "(SELECT p.inhparent::regclass::text FROM pg_inherits p WHERE p.inhrelid = i.indexrelid)",
        },
        source="pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = ic.relam"
        " LEFT JOIN pg_constraint backed ON backed.conindid = i.indexrelid AND backed.contype IN ('p', 'u', 'x')",
        where=f"c.relkind IN ('r', 'p', 'm') AND backed.oid IS NULL AND {user_schema()}",
        member=("pg_class", "i.indrelid"),
        comment=("pg_class", "i.indexrelid", "0"),
        generated_from=f"ARRAY['idx', c.relname::text] || {NAMES}",
    ),
)
