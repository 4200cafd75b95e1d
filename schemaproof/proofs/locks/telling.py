"""A hold in words: who is kept out while what is done, and the table of the statements."""

from collections.abc import Mapping

from schemaproof.figure import Grid
from schemaproof.proofs.locks.holds import Growing, Hold
from schemaproof.proofs.locks.measuring import Measured
from schemaproof.proofs.locks.watch import Work

_STATEMENT = 100  # characters
_KEPT_OUT = {"reads": "nobody can read or write", "writes": "nobody can write to"}


def sentence(hold: Hold, one: Measured) -> str:
    """As "nobody can read or write public.orders while its 2,000 rows are rewritten"."""
    more = len(hold.growing) - 1
    others = "" if not more else f", and {more} more statement{'s run' if more > 1 else ' runs'}"
    return f"{_KEPT_OUT[hold.whom]} {hold.table} while {_doing(hold, hold.growing[0], one)}{others}"


def _doing(hold: Hold, growing: Growing, one: Measured) -> str:
    made = next((item for item in growing.made if item.table in one.relations), None)
    oid, work = max(growing.many.items(), key=lambda pair: pair[1].rows if pair[0] in one.relations else -1)
    if made is not None:
        oid = made.table
    table = one.relations[oid]
    rows = f"{one.counts.get(oid, work.rows):,} rows"
    whose = f"its {rows}" if oid == hold.table.oid else f"the {rows} of {table}"
    if made is not None:
        view = "it" if oid == hold.table.oid else f"{table}"
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


def work(hold: Hold) -> str:
    """What is done under the lock, in words that stay: "index ix_orders_total"; "" for reading and writing rows."""
    made = {f"{item.kind} {item.name}".rstrip() for growing in hold.growing for item in growing.made}
    return ", ".join(sorted(made))


def evidence(hold: Hold, one: Measured) -> list[str | Grid]:
    """The statements: what each holds, and its work on few rows and on many."""
    rows = []
    for growing in hold.growing:
        text = shown(growing.statement) + (f" ({growing.times:,} times)" if growing.times > 1 else "")
        for oid, work in sorted(growing.many.items()):
            table = one.relations.get(oid)
            if table is not None and (oid in one.counts or work.rows):
                rows.append((text, str(table), _work(growing.few.get(oid, Work())), _work(work)))
                text = ""
    return [
        f"{hold.growing[0].mode} on {hold.table} since: {shown(hold.since)}",
        Grid(("statement", "work on", "few rows", "many rows"), tuple(rows)),
    ]


def _work(work: Work) -> str:
    written = f", {work.written:,} written" if work.written else ""
    return f"{work.read:,} read{written}, {work.blocks:,} block{'' if work.blocks == 1 else 's'}"


def shown(statement: str) -> str:
    """In one line, shortened."""
    line = " ".join(statement.split())
    return line if len(line) <= _STATEMENT else f"{line[:_STATEMENT]} ..."
