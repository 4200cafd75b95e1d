"""Types that a user made: enums, composite types, ranges, base types, and domains."""

from schemaproof.catalog.aspect import Acl, Aspect, user_schema, words

_FORM = words("t.typtype", {"e": "enum", "c": "composite", "r": "range", "b": "base", "p": "pseudo", "d": "domain"})
_COLLATE = "CASE WHEN {0}.{1} <> {2}.typcollation THEN {0}.{1}::regcollation::text END"
_SOURCE = "pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"

ASPECTS = (
    Aspect(
        name="types",
        unit="type",
        probe="pg_type WHERE oid = ANY ($1::oid[]) AND (typtype IN ('e', 'r', 'b', 'p') AND typcategory <> 'A' OR"
        " typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c'))",
        owner="t.oid",
        key="0",
        identity=("'type'", "n.nspname", "''", "t.typname"),
        attributes={
            "form": _FORM,
            "labels": "(SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e"
            " WHERE e.enumtypid = t.oid)",
            "attributes": "CASE WHEN t.typtype = 'c' THEN (SELECT array_agg(quote_ident(a.attname) || ' '"
            " || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> u.typcollation"
            " THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END ORDER BY a.attnum)"
            " FROM pg_attribute a JOIN pg_type u ON u.oid = a.atttypid"
            " WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END",
            "attribute comments": "CASE WHEN t.typtype = 'c' THEN (SELECT array_agg(quote_ident(a.attname) || ' '"
            " || v.description ORDER BY a.attnum) FROM pg_description v"
            " JOIN pg_attribute a ON a.attrelid = v.objoid AND a.attnum = v.objsubid"
            " WHERE v.classoid = 'pg_class'::regclass AND v.objoid = t.typrelid AND v.objsubid > 0) END",
            "subtype": "CASE WHEN r.rngtypid IS NOT NULL THEN format_type(r.rngsubtype, NULL) END",
            "multirange": "CASE WHEN r.rngtypid IS NOT NULL THEN format_type(r.rngmultitypid, NULL) END",
            "operator class": "CASE WHEN r.rngtypid IS NOT NULL THEN (SELECT o.opcname FROM pg_opclass o"
            " WHERE o.oid = r.rngsubopc) END",
            "collation": "CASE WHEN r.rngcollation <> u.typcollation THEN r.rngcollation::regcollation::text END",
            "canonical": "CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END",
            "subtype diff": "CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END",
            "functions": "CASE WHEN t.typtype = 'b' THEN ARRAY[t.typinput::regproc::text, t.typoutput::regproc::text,"
            " t.typreceive::regproc::text, t.typsend::regproc::text, t.typmodin::regproc::text,"
            " t.typmodout::regproc::text, t.typanalyze::regproc::text] END",
            "layout": "CASE WHEN t.typtype = 'b' THEN ARRAY[t.typlen::text, t.typbyval::text, t.typalign::text,"
            " t.typstorage::text, t.typcategory::text, t.typispreferred::text, t.typdelim::text] END",
            "default": "t.typdefault",
        },
        source=f"{_SOURCE} LEFT JOIN pg_range r ON r.rngtypid = t.oid LEFT JOIN pg_type u ON u.oid = r.rngsubtype"
        " LEFT JOIN pg_class c ON c.oid = t.typrelid",
        # Neither the array type that comes with every type, nor the row type of a table; nor a multirange.
        where="t.typtype IN ('e', 'c', 'r', 'b', 'p') AND (t.typrelid = 0 OR c.relkind = 'c')"
        f" AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = t.oid) AND {user_schema()}",
        member=("pg_type", "t.oid"),
        comment=("pg_type", "t.oid", "0"),
        acl=Acl("T", "t.typowner", "t.typacl"),
    ),
    Aspect(
        name="domains",
        unit="type",
        probe="pg_type WHERE oid = ANY ($1::oid[]) AND typtype = 'd'",
        owner="t.oid",
        key="0",
        identity=("'domain'", "n.nspname", "''", "t.typname"),
        attributes={
            "type": "format_type(t.typbasetype, t.typtypmod)",
            "not null": "t.typnotnull",
            "default": "CASE WHEN t.typdefaultbin IS NULL THEN t.typdefault ELSE pg_get_expr(t.typdefaultbin, 0) END",
            "collation": _COLLATE.format("t", "typcollation", "u"),
        },
        source=f"{_SOURCE} JOIN pg_type u ON u.oid = t.typbasetype",
        where=f"t.typtype = 'd' AND {user_schema()}",
        member=("pg_type", "t.oid"),
        comment=("pg_type", "t.oid", "0"),
        acl=Acl("T", "t.typowner", "t.typacl"),
    ),
)
