"""The rows of pg_catalog that a catalog is made of, and what is read again where one changes."""

from dataclasses import dataclass

# The classes of what is read again together, as the upper bits of its id; "other" for what has no id of its own.
CLASSES = {
    name: number << 32
    for number, name in enumerate(
        ["relation", "type", "routine", "schema", "constraint", "trigger", "policy", "rule", "statistics", "other"]
    )
}
OTHER = CLASSES["other"]


@dataclass(frozen=True)
class Watch:
    """Rows of one catalog. All is SQL but for the releases.

    Attributes:
        source: what follows FROM; the rows are those of the alias w.
        oid: the oid of the unit that a row is read with, a column that has an index wherever there are many rows.
        key: what tells the rows of this catalog apart, a bigint.
        unit: the class of the unit: its number, or an expression.
        where: which rows.
        state: what changes with the row, a bigint: its xmin, counted from 3, the first that there is. {} stands for
            a number to be added.
        since: the first release that has the catalog.
    """

    source: str
    oid: str
    key: str = "w.oid::bigint"
    unit: str | int = 0
    where: str = "true"
    state: str = "(SELECT age('3'::xid) + {}::bigint) - age(w.xmin)"
    since: int = 14


def _text(expression: str) -> str:
    """The state where the row has no xmin, or one that has no age, as initdb writes them. For few rows."""
    return f"hashtext({expression}::text)::bigint + {{}}::bigint"


def _user(column: str) -> str:
    """SQL for the condition that an object is not one that every database has."""
    return f"w.{column} >= 16384"


# Comments belong to what they are about.
_DESCRIBED = "CASE w.classoid {} ELSE {} END".format(
    " ".join(
        f"WHEN '{catalog}'::regclass THEN {CLASSES[name]}"
        for catalog, name in {
            "pg_class": "relation",
            "pg_type": "type",
            "pg_proc": "routine",
            "pg_namespace": "schema",
            "pg_constraint": "constraint",
            "pg_trigger": "trigger",
            "pg_policy": "policy",
            "pg_rewrite": "rule",
            "pg_statistic_ext": "statistics",
        }.items()
    ),
    OTHER,
)

_RELATIONS = (
    # What a TOAST table shows is set through its table, whose row changes too.
    Watch("pg_class w", "w.oid", where=f"{_user('oid')} AND w.relnamespace <> 'pg_toast'::regnamespace"),
    Watch(
        "pg_attribute w",
        "w.attrelid",
        "w.attrelid::bigint * 65536 + w.attnum",
        where=f"{_user('attrelid')} AND w.attnum > 0",
    ),
    Watch("pg_attrdef w", "w.adrelid", where=_user("adrelid")),
    Watch("pg_constraint w", "w.conrelid", where=_user("conrelid")),
    Watch("pg_index w", "w.indrelid", "w.indexrelid::bigint", where=_user("indrelid")),
    Watch("pg_inherits w", "w.inhrelid", "w.inhrelid::bigint * 65536 + w.inhseqno"),
    Watch("pg_trigger w", "w.tgrelid", where="NOT w.tgisinternal"),
    Watch("pg_rewrite w", "w.ev_class", where=_user("ev_class")),
    Watch("pg_policy w", "w.polrelid"),
    Watch("pg_statistic_ext w", "w.stxrelid"),
    Watch("pg_sequence w", "w.seqrelid", "w.seqrelid::bigint"),
    Watch("pg_partitioned_table w", "w.partrelid", "w.partrelid::bigint"),
    Watch("pg_foreign_table w", "w.ftrelid", "w.ftrelid::bigint"),
    # Which column a sequence belongs to.
    Watch(
        "pg_sequence q JOIN pg_depend w ON w.classid = 'pg_class'::regclass AND w.objid = q.seqrelid AND w.objsubid = 0"
        " AND w.refclassid = 'pg_class'::regclass AND w.deptype IN ('a', 'i')",
        "q.seqrelid",
        "q.seqrelid::bigint",
    ),
)
_MORE = (
    Watch("pg_type w", "w.oid", unit=CLASSES["type"], where=_user("oid")),
    Watch("pg_constraint w", "w.contypid", unit=CLASSES["type"], where=_user("contypid")),
    Watch("pg_enum w", "w.enumtypid", unit=CLASSES["type"], where=_user("enumtypid")),
    Watch("pg_range w", "w.rngtypid", "w.rngtypid::bigint", CLASSES["type"], _user("rngtypid")),
    Watch("pg_proc w", "w.oid", unit=CLASSES["routine"], where=_user("oid")),
    Watch("pg_aggregate w", "w.aggfnoid::oid", "w.aggfnoid::bigint", CLASSES["routine"], _user("aggfnoid::oid")),
    Watch(
        "pg_namespace w",
        "w.oid",
        unit=CLASSES["schema"],
        where="NOT starts_with(w.nspname, 'pg_')",
        state=_text("w.xmin"),
    ),
    Watch(
        "pg_description w",
        "w.objoid",
        "(w.objoid::bigint << 32) + (w.classoid::bigint << 16) + w.objsubid",
        _DESCRIBED,
        _user("objoid"),
    ),
    Watch(
        "pg_description w",
        "w.objoid",
        "w.objoid::bigint",
        f"CASE w.classoid WHEN 'pg_namespace'::regclass THEN {CLASSES['schema']} ELSE {OTHER} END",
        "w.objoid < 16384 AND w.classoid IN ('pg_namespace'::regclass, 'pg_extension'::regclass)",
        state=_text("w.xmin"),
    ),
)
UNITS = (*_RELATIONS, *_MORE)

# Of what few databases have, all is read again when any of it changes; as where something joins or leaves an
# extension, which shows or hides any object, and where a role or a tablespace is called otherwise.
OTHERS = (
    *(
        Watch(f"{catalog} w", "0::oid", unit=OTHER, where=_user("oid"), since=since)
        for catalog, since in {
            "pg_am": 14,
            "pg_amop": 14,
            "pg_amproc": 14,
            "pg_cast": 14,
            "pg_collation": 14,
            "pg_default_acl": 14,
            "pg_event_trigger": 14,
            "pg_foreign_data_wrapper": 14,
            "pg_foreign_server": 14,
            "pg_language": 14,
            "pg_opclass": 14,
            "pg_operator": 14,
            "pg_opfamily": 14,
            "pg_publication": 14,
            "pg_publication_namespace": 15,
            "pg_publication_rel": 14,
            "pg_ts_config": 14,
            "pg_ts_dict": 14,
            "pg_ts_parser": 14,
            "pg_ts_template": 14,
        }.items()
    ),
    Watch(
        "pg_ts_config_map w",
        "0::oid",
        "(w.mapcfg::bigint << 32) + (w.maptokentype << 8) + w.mapseqno",
        OTHER,
        _user("mapcfg"),
    ),
    Watch("pg_extension w", "0::oid", unit=OTHER, state=_text("w.xmin")),
    Watch(
        "pg_depend w",
        "0::oid",
        "(w.classid::bigint << 32) # w.objid::bigint",
        OTHER,
        f"w.refclassid = 'pg_extension'::regclass AND w.deptype = 'e' AND {_user('objid')}",
    ),
    Watch("pg_roles w", "0::oid", unit=OTHER, state=_text("w.rolname")),
    Watch("pg_tablespace w", "0::oid", unit=OTHER, state=_text("w.spcname")),
)
