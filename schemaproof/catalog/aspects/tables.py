"""What else lies in a table or view: triggers, rules, policies, and the statistics objects on it."""

# ruff: noqa: S608 (what is put together here are this package's own expressions; there is no input)

from schemaproof.catalog.aspect import Aspect, user_schema, words

_ENABLED = {"O": "enabled", "D": "disabled", "R": "replica", "A": "always"}
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}
_TABLE = "JOIN pg_namespace n ON n.oid = c.relnamespace"

# Columns by number, then one "expr" for each expression; of several the second is "expr1" (ChooseIndexColumnNames does
# the same for an index).
_STATISTICS_NAME = """ARRAY['stat', (SELECT o.relname::text FROM pg_class o WHERE o.oid = x.stxrelid)]
    || (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(x.stxkeys) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = x.stxrelid AND a.attnum = k.number)
    || array_fill('expr'::text, ARRAY[coalesce(cardinality(pg_get_statisticsobjdef_expressions(x.oid)), 0)])"""

ASPECTS = (
    Aspect(
        name="triggers",
        unit="relation",
        probe="pg_trigger WHERE tgrelid = ANY ($1::oid[]) AND NOT tgisinternal",
        owner="g.tgrelid",
        key="g.oid",
        identity=("'trigger'", "n.nspname", "c.relname", "g.tgname"),
        attributes={
            "definition": "pg_get_triggerdef(g.oid)",
            "enabled": words("g.tgenabled", _ENABLED),
            "inherited": "g.tgparentid <> 0",
        },
        source=f"pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid {_TABLE}",
        where=f"NOT g.tgisinternal AND {user_schema()}",
        member=("pg_class", "c.oid"),
        comment=("pg_trigger", "g.oid", "0"),
    ),
    Aspect(
        name="rules",
        unit="relation",
        probe="pg_rewrite WHERE ev_class = ANY ($1::oid[]) AND rulename <> '_RETURN'",
        owner="r.ev_class",
        key="r.oid",
        identity=("'rule'", "n.nspname", "c.relname", "r.rulename"),
        attributes={"definition": "pg_get_ruledef(r.oid)", "enabled": words("r.ev_enabled", _ENABLED)},
        source=f"pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class {_TABLE}",
        # The rule that makes a view is told as the view.
        where=f"NOT (c.relkind IN ('v', 'm') AND r.ev_type = '1') AND {user_schema()}",
        member=("pg_class", "c.oid"),
        comment=("pg_rewrite", "r.oid", "0"),
    ),
    Aspect(
        name="policies",
        unit="relation",
        probe="pg_policy WHERE polrelid = ANY ($1::oid[])",
        owner="p.polrelid",
        key="p.oid",
        identity=("'policy'", "n.nspname", "c.relname", "p.polname"),
        attributes={
            "command": words("p.polcmd", _COMMANDS),
            "permissive": "p.polpermissive",
            "roles": "(SELECT array_agg(CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role)::text END"
            " ORDER BY CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role)::text END)"
            " FROM unnest(p.polroles) role)",
            "using": "pg_get_expr(p.polqual, p.polrelid)",
            "with check": "pg_get_expr(p.polwithcheck, p.polrelid)",
        },
        source=f"pg_policy p JOIN pg_class c ON c.oid = p.polrelid {_TABLE}",
        where=user_schema(),
        member=("pg_class", "c.oid"),
        comment=("pg_policy", "p.oid", "0"),
    ),
    Aspect(
        name="statistics",
        unit="relation",
        probe="pg_statistic_ext WHERE stxrelid = ANY ($1::oid[])",
        owner="x.stxrelid",
        key="x.oid",
        identity=("'statistics'", "n.nspname", "''", "x.stxname"),
        attributes={
            "table": "x.stxrelid::regclass::text",
            "kinds": "(SELECT array_agg(word ORDER BY word) FROM (SELECT "
            + words("letter", {"d": "ndistinct", "f": "dependencies", "m": "mcv", "e": "expressions"})
            + " FROM unnest(x.stxkind) letter) kinds (word))",
            "columns": "pg_get_statisticsobjdef_columns(x.oid)",
            "statistics target": "nullif(x.stxstattarget, -1)",
        },
        source="pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace",
        where=user_schema(),
        member=("pg_statistic_ext", "x.oid"),
        comment=("pg_statistic_ext", "x.oid", "0"),
        generated_from=_STATISTICS_NAME,
    ),
)
