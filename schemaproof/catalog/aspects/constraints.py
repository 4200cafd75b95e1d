"""Constraints of tables and of domains, with the indexes that back them."""

# ruff: noqa: S608 (what is put together here are this package's own expressions; there is no input)

from schemaproof.catalog.aspect import Aspect, Since, user_schema, words
from schemaproof.catalog.aspects.indexes import INCLUDE, NAMES, OPTIONS, TABLESPACE

_TYPE = words(
    "k.contype",
    {"c": "CHECK", "f": "FOREIGN KEY", "p": "PRIMARY KEY", "u": "UNIQUE", "x": "EXCLUDE", "n": "NOT NULL"},
)
_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_FOREIGN = "CASE WHEN k.contype = 'f' THEN {} END"
_BACKED = "CASE WHEN i.indexrelid IS NOT NULL THEN {} END"
# What pg_get_constraintdef() appends to an exclusion constraint, which no more than any other ends in these words.
_SUFFIX = "( DEFERRABLE)?( INITIALLY DEFERRED)?$"


def _columns(numbers: str, relation: str, name: str = "quote_ident(a.attname)") -> str:
    return (
        f"(SELECT array_agg({name} ORDER BY x.place) FROM unnest({numbers})"
        f" WITH ORDINALITY x (number, place) JOIN pg_attribute a ON a.attrelid = {relation} AND a.attnum = x.number)"
    )


_NAMES = _columns("k.conkey", "k.conrelid", "a.attname::text")
# A CHECK takes a column's name where it is about one alone.
_GENERATED_FROM = f"""CASE k.contype
    WHEN 'p' THEN ARRAY['pkey', c.relname]
    WHEN 'u' THEN ARRAY['key', c.relname::text] || {NAMES}
    WHEN 'x' THEN ARRAY['excl', c.relname::text] || {NAMES}
    WHEN 'f' THEN ARRAY['fkey', c.relname::text] || {_NAMES}
    WHEN 'n' THEN ARRAY['not_null', c.relname::text] || {_NAMES}
    WHEN 'c' THEN ARRAY['check', c.relname::text] || CASE cardinality(k.conkey) WHEN 1 THEN {_NAMES} END
    END"""

ASPECTS = (
    Aspect(
        name="constraints",
        unit="relation",
        probe="pg_constraint WHERE conrelid = ANY ($1::oid[])",
        owner="k.conrelid",
        key="k.oid",
        identity=("'constraint'", "n.nspname", "c.relname", "k.conname"),
        attributes={
            "type": _TYPE,
            # The rest of the kinds is told by the attributes below.
            "definition": "CASE k.contype WHEN 'c' THEN 'CHECK (' || pg_get_expr(k.conbin, k.conrelid) || ')'"
            f" WHEN 'x' THEN regexp_replace(pg_get_constraintdef(k.oid), '{_SUFFIX}', '') END",
            "columns": f"CASE WHEN k.contype IN ('f', 'p', 'u', 'n') THEN {_columns('k.conkey', 'k.conrelid')} END",
            "references": _FOREIGN.format("k.confrelid::regclass::text"),
            "referenced columns": _FOREIGN.format(_columns("k.confkey", "k.confrelid")),
            "match": _FOREIGN.format(words("k.confmatchtype", {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"})),
            "on update": _FOREIGN.format(words("k.confupdtype", _ACTIONS)),
            "on delete": _FOREIGN.format(words("k.confdeltype", _ACTIONS)),
            "on delete columns": Since(15, _FOREIGN.format(_columns("k.confdelsetcols", "k.conrelid"))),
            "period": Since(18, "k.conperiod"),
            "include": _BACKED.format(f"CASE WHEN k.contype <> 'x' THEN {INCLUDE} END"),
            "nulls not distinct": Since(15, _BACKED.format("i.indnullsnotdistinct")),
            "validated": "k.convalidated",
            "enforced": Since(18, "k.conenforced"),
            "deferrable": "k.condeferrable",
            "initially deferred": "k.condeferred",
            "no inherit": "CASE WHEN k.contype IN ('c', 'n') THEN k.connoinherit END",
            "inherited": "k.coninhcount > 0",
            "local": "k.conislocal",
            "storage parameters": _BACKED.format(OPTIONS),
            "tablespace": _BACKED.format(TABLESPACE),
            "index valid": _BACKED.format("i.indisvalid"),
            "replica identity": _BACKED.format("i.indisreplident"),
            "clustered": _BACKED.format("i.indisclustered"),
            "index comment": _BACKED.format("obj_description(i.indexrelid, 'pg_class')"),
        },
        source="pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')"
        " LEFT JOIN pg_class ic ON ic.oid = i.indexrelid",
        # A constraint trigger is told as a trigger. What a foreign key to a partitioned table has per partition, in the
        # same table, is PostgreSQL's own business.
        where="k.contype <> 't' AND NOT EXISTS"
        " (SELECT FROM pg_constraint o WHERE o.oid = k.conparentid AND o.conrelid = k.conrelid)"
        f" AND c.relkind IN ('r', 'p', 'f') AND {user_schema()}",
        member=("pg_class", "c.oid"),
        comment=("pg_constraint", "k.oid", "0"),
        generated_from=_GENERATED_FROM,
    ),
    Aspect(
        name="domain constraints",
        unit="type",
        probe="pg_constraint WHERE contypid = ANY ($1::oid[])",
        owner="k.contypid",
        key="k.oid",
        identity=("'constraint'", "n.nspname", "t.typname", "k.conname"),
        attributes={
            "type": _TYPE,
            "definition": "CASE k.contype WHEN 'c' THEN 'CHECK (' || pg_get_expr(k.conbin, 0) || ')' END",
            "validated": "k.convalidated",
        },
        source="pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace",
        where=user_schema(),
        member=("pg_type", "t.oid"),
        comment=("pg_constraint", "k.oid", "0"),
        generated_from="ARRAY[CASE k.contype WHEN 'n' THEN 'not_null' ELSE 'check' END, t.typname]",
    ),
)
