"""A hold in words: who is kept out while what is done, and the table of the statements."""

from collections.abc import Mapping, Sequence

from schemaproof.figure import Grid
from schemaproof.proofs.locks.holds import Growing, Hold
from schemaproof.proofs.locks.joining import Joined
from schemaproof.proofs.locks.measuring import Measured
from schemaproof.proofs.locks.relations import Relation
from schemaproof.proofs.locks.watch import Work

_STATEMENT = 100  # characters
_NAMED = 3  # tables in a message
_KEPT_OUT = {"reads": "nobody can read or write", "writes": "nobody can write to"}


def sentence(told: Joined, one: Measured) -> str:
    """As "nobody can read or write public.orders while its 2,000 rows are rewritten"."""
    hold = told.main
    more = len(hold.growing) - 1
    others = "" if not more else f", and {more} more statement{'s run' if more > 1 else ' runs'}"
    alike = [hold, *(other for other in told.others if other.whom == hold.whom)]
    unlike = [other for other in told.others if other.whom != hold.whom]
    nor = f", nor write to {_tables(unlike, 'or')}," if unlike else ""
    whom = f"{_KEPT_OUT[hold.whom]} {_tables(alike, 'or')}{nor}"
    return f"{whom} while {_doing(told, hold.growing[0], one)}{others}"


def _tables(holds: Sequence[Hold], joint: str) -> str:
    """As "public.a, public.b or public.c"; the evidence lists what is too much here."""
    names = [str(hold.table) for hold in holds]
    if len(names) > _NAMED:
        return f"{names[0]} {joint} {len(names) - 1} other tables"
    return f" {joint} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _doing(told: Joined, growing: Growing, one: Measured) -> str:
    hold = told.main
    made = hold.made(one.relations)
    oid, work = max(growing.many.items(), key=lambda pair: pair[1].rows if pair[0] in one.relations else -1)
    if made is not None:
        oid = made.table
    table = one.relations[oid]
    rows = f"{_count(table, one) or work.rows:,} rows"
    its = oid == hold.table.oid and not told.others
    whose = f"its {rows}" if its else f"the {rows} of {table}"
    if made is not None:
        view = "it" if its else f"{table}"
        return _MAKING[made.kind].format(whose=whose, name=made.name, view=view)
    written = growing.many[oid].written > growing.few.get(oid, Work()).written
    return f"{whose} are {'written' if written else 'read'}"


_MAKING: Mapping[str, str] = {
    "type": "{whose} are rewritten for the new type of {name}",
    "rebuilt": "the indexes on {name} are built anew over {whose}",
    "rechecked": "{whose} are checked again for the new type of {name}",
    "volatile": "{whose} are rewritten for the default of {name}",
    "stored": "{whose} are rewritten for the generated column {name}",
    "identity": "{whose} are rewritten for the identity column {name}",
    "rewrite": "{whose} are rewritten",
    "not-null": "{whose} are searched for NULLs in {name}",
    "check": "{whose} are checked against {name}",
    "validate": "{whose} are checked against {name}",
    "foreign-key": "{whose} are checked against the foreign key {name}",
    "unique": "the unique index of {name} is built over {whose}",
    "index": "the index {name} is built over {whose}",
    "exclude": "the index of {name} is built over {whose}",
    "refresh": "{view} is filled anew",
}


def _count(table: Relation, one: Measured) -> int:
    """How many rows it has, in its partitions too."""
    parts = (oid for oid in one.counts if oid in one.relations and one.relations[oid].root == table.root)
    return sum(one.counts[oid] for oid in parts) if table.kind == "p" else one.counts.get(table.oid, 0)


def work(hold: Hold, one: Measured) -> str:
    """What is done under the lock, in words that stay: "index ix_orders_total"; "" for reading and writing rows.

    What a partitioned table gets is done for its partitions.
    """
    whole = {oid for oid, relation in one.relations.items() if relation.kind == "p"}
    done = [item for growing in hold.growing for item in growing.made if item.table not in whole]
    made = {f"{item.kind} {item.name}".rstrip() for item in done}
    return ", ".join(sorted(made))


def evidence(told: Joined, one: Measured) -> list[str | Grid]:
    """The statements: what each holds, and its work on few rows and on many."""
    hold = told.main
    rows = []
    for growing in hold.growing:
        text = shown(growing.statement) + (f" ({growing.times:,} times)" if growing.times > 1 else "")
        for oid, work in sorted(growing.many.items()):
            table = one.relations.get(oid)
            if table is not None and (oid in one.counts or work.rows):
                rows.append((text, str(table), _work(growing.few.get(oid, Work())), _work(work)))
                text = ""
    taken: dict[str, list[str]] = {}
    for each in (hold, *told.others):
        taken.setdefault(f"{each.growing[0].mode} on {{}} since: {shown(each.since)}", []).append(str(each.table))
    return [
        *(line.replace("{}", ", ".join(tables), 1) for line, tables in taken.items()),
        Grid(("statement", "work on", "few rows", "many rows"), tuple(rows)),
    ]


def _work(work: Work) -> str:
    written = f", {work.written:,} written" if work.written else ""
    return f"{work.read:,} read{written}, {work.blocks:,} block{'' if work.blocks == 1 else 's'}"


def shown(statement: str) -> str:
    """In one line, shortened."""
    line = " ".join(statement.split())
    return line if len(line) <= _STATEMENT else f"{line[:_STATEMENT]} ..."
