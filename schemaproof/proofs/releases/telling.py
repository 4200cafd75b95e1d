"""What is refused, in words: the message, the evidence, and the lines to type."""

# ruff: noqa: S608 (the SQL in a remedy is to be read)

from collections.abc import Sequence

from schemaproof.catalog import Identity
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import literal, quoted, text
from schemaproof.proofs.releases.experiment import Refused, Trial
from schemaproof.proofs.releases.judging import Fault
from schemaproof.proofs.releases.newer import Stranded
from schemaproof.proofs.releases.renamed import named, view_of_the_old_name
from schemaproof.proofs.releases.statements import shown

_STATEMENTS = 3  # of one cause
_WIDTH = 300  # characters of a statement
_VERBS = {
    "read": "read {}",
    "compare": "query {}",
    "insert": "insert into {}",
    "update": "update {}",
    "delete": "delete from {}",
}
# What depends on the values that the older release sends: those that were made up say nothing of them.
_DEPENDS = frozenset({"check", "unique", "too long", "partition"})


def message(fault: Fault) -> str:
    """What fails, and why, in one sentence."""
    table, revision = ".".join(fault.relation), fault.revision
    why = _WHY[fault.kind].format(
        column=fault.column,
        now=fault.now,
        object=fault.object,
        where=_where(fault),
        said=fault.refused[0].refusal.message,
    )
    if fault.kind == "no conflict target":
        return f"After {revision}, inserts of the release before it into {table} {why}."
    fails = "may fail to" if fault.kind in _DEPENDS else "can't"
    return f"After {revision}, the release before it {fails} {_failing(fault, table)}: {why}."


def kind(fault: Fault) -> str:
    """What tells ``fault`` from others on its object, in words that stay."""
    known = fault.kind not in {"read refused", "write refused"}
    return " ".join(filter(None, (fault.kind, fault.column, "" if known else fault.now)))


def _failing(fault: Fault, table: str) -> str:
    verbs = dict.fromkeys(one.statement.verb for one in fault.refused)
    words = [_VERBS[verb].format("").strip() for verb in verbs]
    if len(words) == 1:
        return _VERBS[next(iter(verbs))].format(table)
    prepositions = ("insert into", "delete from")
    plain = [word.split()[0] if word in prepositions else word for word in words]
    return f"{', '.join(plain[:-1])} or {plain[-1]} rows of {table} as it does"


def _where(fault: Fault) -> str:
    """The column, with its table where that is another one."""
    one = fault.object
    own = (one.schema, one.parent) == fault.relation
    return one.name if own else ".".join(part for part in (one.schema, one.parent, one.name) if part)


_WHY = {
    "relation renamed": "it is called {now} now",
    "name taken": "it is called {now} now, and another table has its name",
    "relation dropped": "it is dropped",
    "column renamed": "{column} is called {now} now",
    "column hidden": "it is a view now, which lacks {column}",
    "column dropped": "{column} is dropped",
    "column named by every insert dropped": "{column} is dropped, and every INSERT of the older release names it",
    "column retyped": "{column} is of type {now} now, which does not take or compare with what it sends",
    "label removed": "{column} no longer has a label that it knows",
    "value required": "{where} must not be NULL, has no default, and is not always sent",
    "check": "it may send values that {object} refuses",
    "unique": "it may send rows that {object} refuses as duplicates",
    "always generated": "it sends a value for {column}, which is GENERATED ALWAYS now",
    "no conflict target": "with ON CONFLICT ({column}), if there are any, fail: no unique constraint on ({column})"
    " serves it any more",
    "too long": "{column} is of type {now} now, and it may send values that do not fit",
    "partition": "it may send rows that no partition takes",
    "read refused": "{said}",
    "write refused": "{said}",
}


def evidence(fault: Fault) -> str:
    """The statements as the older release sends them, with what became of each."""
    lines = []
    for one in _examples(fault.refused):
        sql = one.statement.text
        lines += [
            sql if len(sql) <= _WIDTH else sql[:_WIDTH] + " ...",
            f"  before: passes; after {one.revision}: {one.refusal.code} {one.refusal.message}",
        ]
    more = len(fault.refused) - len(lines) // 2
    return "\n".join([*lines, *([f"and {more} more like these"] if more else [])])


def rolled_back(one: Stranded, revision: str) -> str:
    """What the older release can't do after the rollback, in one sentence."""
    newer, table = one.newer, ".".join(one.newer.table)
    rows = f"rows with {newer.column} = {shown(newer.text)}"
    if one.statement is None:
        return f"The downgrade of {revision} leaves {rows} in {table}, a label that the older release's enum has not."
    verb = _VERBS[one.statement.verb].format(".".join(one.statement.relation))
    leaves = f"The downgrade of {revision} leaves {rows} in {table}"
    return f"{leaves}, and the older release can't {verb} while they are there."


def rolled_back_evidence(one: Stranded, revision: str) -> str:
    """What was written, and what fails."""
    lines = [
        one.newer.insert,
        f"  before {revision}: {one.newer.refusal.code} {one.newer.refusal.message}; after it: passes",
        f"The downgrade of {revision} passes.",
    ]
    if one.statement is not None and one.refusal is not None:
        lines += [one.statement.text, f"  after the downgrade: {one.refusal.code} {one.refusal.message}"]
    else:
        lines.append("SQLAlchemy's Enum raises a LookupError for each such row that is read.")
    return "\n".join(lines)


def rolled_back_remedy(one: Stranded) -> str:
    """The line for ``downgrade()``."""
    newer = one.newer
    name, column = named(newer.table), quoted(newer.column)
    condition = f"{column} IS NULL" if newer.text is None else f"{column} = {literal(newer.text)}"
    if newer.text is not None and newer.refusal.code in {"22001", "22003"}:
        condition = "..."
    update = execute(f"UPDATE {name} SET {column} = ... WHERE {condition}")
    return (
        f"Give them a value that the older release knows, in downgrade(): `{update}`. Rows affected in production:"
        f" `SELECT count(*) FROM {name} WHERE {condition}`."
    )


def _examples(refused: Sequence[Refused]) -> list[Refused]:
    """One of each kind, the shortest first."""
    first: dict[str, Refused] = {}
    for one in sorted(refused, key=lambda each: len(each.statement.text)):
        first.setdefault(one.statement.verb, one)
    return list(first.values())[:_STATEMENTS]


def remedy(fault: Fault, trial: Trial) -> str:
    """The lines to type, with the names of the project."""
    if fault.kind in {"relation renamed", "name taken"}:
        view = view_of_the_old_name(trial.older[fault.relation], trial.moved[trial.older[fault.relation].oid])
        return view if fault.kind == "relation renamed" else f"{_NAME_FREE}{view}"
    table = fault.object.parent or fault.object.name
    whole = named(fault.relation)
    by_default = f"ALTER TABLE {whole} ALTER COLUMN {quoted(fault.column or '...')} SET GENERATED BY DEFAULT"
    names = {
        "table": table,
        "by_default": execute(by_default),
        "rest": execute(f"CREATE TABLE {named((fault.relation[0], table + '_rest'))} PARTITION OF {whole} DEFAULT"),
        "column": fault.column or "...",
        "now": fault.now,
        "new": fault.now.rpartition(".")[2],
        "constraint": fault.object.name,
        "args": f"{text(table)}, {text(fault.column)}" + _schema(fault.object),
        "name": text(table) + _schema(fault.object),
    }
    return _template(fault, trial).format(**names)


def _schema(one: Identity) -> str:
    return "" if one.schema == "public" else f", schema={text(one.schema)}"


def _template(fault: Fault, trial: Trial) -> str:
    if fault.kind != "value required":
        return _REMEDIES[fault.kind]
    was = trial.before.objects.get(fault.object)
    if was is None:
        return _REMEDIES["value required"]
    return _DEFAULT_DROPPED if was.get("not null") or was.get("default") else _SET_NOT_NULL


_DEFAULT_DROPPED = (
    "Keep the default in this release: move `op.alter_column({args}, server_default=None)` into a revision of the next"
    " one, when every release that runs sends {column}."
)
_SET_NOT_NULL = (
    "Give it a default for as long as the older release runs: `op.alter_column({args}, server_default=...)` before"
    " `nullable=False`; or move `op.alter_column({args}, nullable=False)` into a revision of the next release, and say"
    " with `releases` in [tool.schemaproof] where releases were."
)
_NAME_FREE = "Leave the name free for one release: give the new table another one, and rename it in the next one. "
_REMEDIES = {
    "relation dropped": "Drop it one release after the last one that uses it: move `op.drop_table({name})` into a"
    " revision of the next release.",
    "column renamed": "Add {new} beside {column} and keep both filled for one release (a trigger, or GENERATED ALWAYS"
    " AS), then drop {column}; or rename the table and leave a view of its old name that has {column}.",
    "column hidden": "Give {column} in the view, for as long as the older release runs: it is in {now}.",
    "column dropped": "Drop it one release after the last one that uses it: move `op.drop_column({args})` into a"
    " revision of the next release.",
    "column named by every insert dropped": "Let this release stop using it: `op.alter_column({args},"
    " nullable=True)`; move `op.drop_column({args})` into a revision of the next one.",
    "column retyped": "Add a column of the new type beside {column}, fill it and keep both in step by a trigger, let"
    " this release use it, and drop {column} in a revision of the next one.",
    "label removed": "Remove it one release after the last one that writes it: first deploy a release that does not,"
    " then this revision.",
    "value required": 'Give it a default: `op.add_column("{table}", sa.Column("{column}", ..., nullable=False,'
    " server_default=...))`; drop the default in a revision of the next release.",
    "check": "Deploy a release that writes nothing else first, then this revision: move {constraint} into a revision"
    " of the next release.",
    "unique": "Deploy a release that writes no duplicates first, then this revision: move {constraint} into a revision"
    " of the next release.",
    "always generated": "Stay with BY DEFAULT until no release sends it: `{by_default}`; ALWAYS goes into a revision of"
    " the next release.",
    "no conflict target": "Keep what was unique on ({column}) for one release; drop it in a revision of the next one.",
    "too long": "Deploy a release that writes no longer values first, then this revision:"
    " move `op.alter_column({args}, type_=...)` into a revision of the next release.",
    "partition": "Add a default partition for as long as the older release runs: `{rest}`.",
    "read refused": "Make this change one release after the last one that reads {table} so.",
    "write refused": "Make this change one release after the last one that writes to {table} so; until then, let what"
    " refuses it accept the older release's rows.",
}
