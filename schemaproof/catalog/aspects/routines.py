"""Functions, procedures and aggregates."""

from schemaproof.catalog.aspect import Acl, Aspect, user_schema, words

_KIND = words("p.prokind", {"f": "function", "w": "function", "p": "procedure", "a": "aggregate"})
_NAME = "p.proname || '(' || oidvectortypes(p.proargtypes) || ')'"
# The constructors that come with a range type.
_OF_A_TYPE = (
    "p.oid IN (SELECT i.objid FROM pg_depend i WHERE i.refclassid = 'pg_type'::regclass"
    " AND i.classid = 'pg_proc'::regclass AND i.deptype = 'i')"
)
_SOURCE = "pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang"
_PARALLEL = words("p.proparallel", {"s": "safe", "r": "restricted", "u": "unsafe"})

ASPECTS = (
    Aspect(
        name="routines",
        unit="routine",
        probe="pg_proc WHERE oid = ANY ($1::oid[])",
        owner="p.oid",
        key="0",
        identity=(_KIND, "n.nspname", "''", _NAME),
        attributes={
            "arguments": "pg_get_function_arguments(p.oid)",
            "returns": "pg_get_function_result(p.oid)",
            "language": "l.lanname",
            # A body in SQL's own syntax is kept parsed, and prosrc is empty.
            "body": "CASE WHEN p.prosqlbody IS NULL THEN p.prosrc ELSE pg_get_function_sqlbody(p.oid) END",
            "library": "p.probin",
            "window": "p.prokind = 'w'",
            "volatility": words("p.provolatile", {"i": "immutable", "s": "stable", "v": "volatile"}),
            "strict": "p.proisstrict",
            "security definer": "p.prosecdef",
            "leakproof": "p.proleakproof",
            "parallel": _PARALLEL,
            "cost": "p.procost::text",
            "rows": "p.prorows::text",
            "support": "CASE WHEN p.prosupport <> 0 THEN p.prosupport::regproc::text END",
            "settings": "p.proconfig",
            "transforms": "(SELECT array_agg(format_type(x, NULL)) FROM unnest(p.protrftypes) x)",
        },
        source=_SOURCE,
        where=f"p.prokind <> 'a' AND NOT {_OF_A_TYPE} AND {user_schema()}",
        member=("pg_proc", "p.oid"),
        comment=("pg_proc", "p.oid", "0"),
        acl=Acl("f", "p.proowner", "p.proacl"),
    ),
    Aspect(
        name="aggregates",
        unit="routine",
        probe="pg_aggregate WHERE aggfnoid = ANY ($1::oid[])",
        owner="p.oid",
        key="0",
        identity=(_KIND, "n.nspname", "''", _NAME),
        attributes={
            "returns": "pg_get_function_result(p.oid)",
            "kind": words("g.aggkind", {"n": "normal", "o": "ordered-set", "h": "hypothetical-set"}),
            "functions": "ARRAY[g.aggtransfn::regprocedure::text, g.aggfinalfn::regprocedure::text,"
            " g.aggcombinefn::regprocedure::text, g.aggserialfn::regprocedure::text,"
            " g.aggdeserialfn::regprocedure::text, g.aggmtransfn::regprocedure::text,"
            " g.aggminvtransfn::regprocedure::text, g.aggmfinalfn::regprocedure::text]",
            "final functions": "ARRAY[g.aggfinalextra::text, g.aggmfinalextra::text, g.aggfinalmodify::text,"
            " g.aggmfinalmodify::text]",
            "state": "ARRAY[format_type(g.aggtranstype, NULL), g.aggtransspace::text,"
            " nullif(format_type(nullif(g.aggmtranstype, 0), NULL), '-'), g.aggmtransspace::text]",
            "initial": "ARRAY[g.agginitval, g.aggminitval]",
            "sort operator": "CASE WHEN g.aggsortop <> 0 THEN g.aggsortop::regoperator::text END",
            "parallel": _PARALLEL,
        },
        source=_SOURCE + " JOIN pg_aggregate g ON g.aggfnoid = p.oid",
        where=user_schema(),
        member=("pg_proc", "p.oid"),
        comment=("pg_proc", "p.oid", "0"),
        acl=Acl("f", "p.proowner", "p.proacl"),
    ),
)
