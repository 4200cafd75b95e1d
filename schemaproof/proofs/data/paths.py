"""The search_path that a role may have, where a project keeps its tables in schemas of its own.

A project with tables in public relies on the default, "$user", public, and is as sound as the default is: elsewhere its
new tables would lie in another schema, which says nothing about the revision. One that names a schema for each table
relies on nothing. Its roles usually have that schema in front, so that queries by hand find the tables: ALTER ROLE shop
SET search_path = shop, public (manual, 5.10.3). What a revision leaves without a schema is then another thing.
"""

from collections import Counter

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.showing import identifier

_PUBLIC = "public"
SEARCH_PATH = "search_path"
DEFAULT = "$user, public"

# What lies in public without its name being written, since it was made without a schema, and would lie in the other one
# had the roles always had it in front: functions and types. Tables there are none.
_AT_HOME = """
DO $$ DECLARE one record; BEGIN FOR one IN
    SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END AS kind,
        p.oid::regprocedure::text AS name
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid
            AND e.deptype IN ('e', 'i'))
    UNION ALL
    SELECT 'TYPE', t.oid::regtype::text FROM pg_type t
    WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid
            AND e.deptype = 'e')
LOOP EXECUTE format('ALTER %s %s SET SCHEMA {schema}', one.kind, one.name); END LOOP; END $$
"""


def in_front(experiment: Experiment) -> str | None:
    """The search_path that roles may have: the schema of most tables first; None where only the default is usual."""
    counted = Counter(table.name[0] for table in experiment.before.tables.values())
    if not counted or _PUBLIC in counted or any(one.name[0] == _PUBLIC for one in experiment.after.tables.values()):
        return None
    return f"{counted.most_common(1)[0][0]}, {_PUBLIC}"


def schema_of(path: str) -> str:
    """The first schema of a search_path."""
    return path.partition(", ")[0]


def at_home(schema: str) -> list[str]:
    """Statements that bring what was made without a schema to where it would be, had ``schema`` always been in front.

    A difference that is gone then is one of when the role got its search_path, and not of what the revision does.
    """
    return [_AT_HOME.replace("{schema}", identifier(schema).replace("%", "%%").replace("'", "''"))]
