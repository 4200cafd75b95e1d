"""Which statements' work grows with the tables, and which tables are locked meanwhile."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemaproof.migration.sessions import Place
from schemaproof.proofs.locks.facts import Facts, Made
from schemaproof.proofs.locks.relations import WHOM, Relation, Whom, locked
from schemaproof.proofs.locks.watch import Step, Work

# Of a table's rows: a statement that reads or writes more of them works on the table, not on some of its rows.
_PART = 0.1
_LEAST = 100  # rows; fewer are the statement's own, such as those that it inserts


@dataclass(frozen=True)
class Rows:
    """Two runs of one revision.

    Attributes:
        few: the statements on few rows.
        many: the statements on many.
        counts: how many rows each table has then, by oid; that of a table that was not grown is left out.
    """

    few: Sequence[Step]
    many: Sequence[Step]
    counts: Mapping[int, int]


@dataclass(frozen=True)
class Growing:
    """A statement, or several alike, whose work grows with a table.

    Attributes:
        statement: the first one's text.
        times: how many there are.
        mode: in words, in which the table is locked while it runs.
        few: the work on few rows, by the oid of the table.
        many: the work on many.
        made: what it made of tables.
        revision: whose it is.
        places: from where the first one was sent; see ``Step``.
        step: which of the run's statements the first one is, from 0.
    """

    statement: str
    times: int
    mode: str
    few: Mapping[int, Work]
    many: Mapping[int, Work]
    made: Sequence[Made] = ()
    revision: str | None = None
    places: Sequence[Place] = ()
    step: int = 0


@dataclass(frozen=True)
class Hold:
    """A table that is locked while work grows.

    Attributes:
        table: the table.
        whom: whom the lock keeps out.
        since: the statement that took it.
        by: the revision that took it.
        growing: the statements whose work grows meanwhile.
        places: from where the statement was sent that took it; see ``Step``.
        taken: which of the run's statements that is, from 0.
    """

    table: Relation
    whom: Whom
    since: str
    by: str | None
    growing: Sequence[Growing]
    places: Sequence[Place] = ()
    taken: int = 0

    def made(self, known: Mapping[int, Relation]) -> Made | None:
        """What the first statement whose work grows made: of this table, or else of another of those ``known``.

        Of a partitioned table rather than of its partitions, which get the same.
        """
        things = [one for one in self.growing[0].made if one.table in known]
        things.sort(key=lambda one: (one.table != self.table.oid, known[one.table].kind != "p"))
        return next(iter(things), None)


def holds(relations: Mapping[int, Relation], rows: Rows, before: Facts | None) -> list[Hold]:
    """The tables that are locked while work grows, each told once: for readers, whom it hurts most, where it does.

    Args:
        relations: those that were there before the revision.
        rows: the runs.
        before: what the tables were like before the run on many rows.
    """
    made = dict(_made(rows.many, before))
    numbers = {id(step): number for number, step in enumerate(rows.many)}
    found: list[Hold] = []
    for whom in WHOM:
        told = {hold.table.oid for hold in found}
        names = {oid for step in rows.many for oid in locked(step.held, relations, whom)} - told
        for oid in sorted(names, key=lambda oid: str(relations[oid])):
            meanwhile = [step for step in rows.many if oid in locked(step.held, relations, whom)]
            growing = growing_steps(rows, meanwhile, relations)
            if growing:
                transactions = {growing[0][0].transaction}
                first = next(step for step in meanwhile if step.transaction in transactions)
                told_steps = [
                    replace(
                        _told(steps, rows, made, locked(steps[0].held, relations, whom)[oid]),
                        step=numbers[id(steps[0])],
                    )
                    for steps in growing
                ]
                found.append(
                    Hold(
                        relations[oid],
                        whom,
                        first.statement,
                        first.revision,
                        told_steps,
                        first.places,
                        numbers[id(first)],
                    )
                )
    held = {hold.table.oid for hold in found}
    return [hold for hold in found if not held & set(_wholes(hold.table, relations))]


def _wholes(table: Relation, relations: Mapping[int, Relation]) -> Iterator[int]:
    """The partitioned tables that it is part of."""
    while table.above in relations:
        table = relations[table.above]
        yield table.oid


def growing_steps(rows: Rows, steps: Sequence[Step], relations: Mapping[int, Relation]) -> list[list[Step]]:
    """Those of ``steps`` whose work grows; of each text together."""
    by_text: dict[str, list[Step]] = {}
    for step in steps:
        by_text.setdefault(step.statement, []).append(step)
    growing = [
        some
        for text, some in by_text.items()
        if _grows(rows, total(some), total(step for step in rows.few if step.statement == text), relations)
    ]
    # A statement for each row, with the row's values in its text.
    told = {step.statement for some in growing for step in some}
    others = [step for step in steps if step.statement not in told and rows.counts.keys() & step.work.keys()]
    before = total(step for step in rows.few if step.statement not in told)
    return [*growing, *([others] if _grows(rows, total(others), before, relations) else [])]


def _grows(rows: Rows, many: Mapping[int, Work], few: Mapping[int, Work], relations: Mapping[int, Relation]) -> bool:
    return any(
        work.rows - few.get(oid, Work()).rows > max(_PART * rows.counts[oid], _LEAST)
        for oid, work in many.items()
        if oid in relations and oid in rows.counts
    )


def _told(steps: Sequence[Step], rows: Rows, made: Mapping[int, Sequence[Made]], mode: str) -> Growing:
    few = total(step for step in rows.few if step.statement == steps[0].statement)
    things = [thing for step in steps for thing in made.get(id(step), ())]
    first = steps[0]
    times = sum(step.times for step in steps)
    return Growing(first.statement, times, mode, few, total(steps), things, first.revision, first.places)


def _made(many: Sequence[Step], before: Facts | None) -> Iterator[tuple[int, list[Made]]]:
    """By the id of each step, what it made."""
    for step in many:
        if before is not None and step.facts is not None:
            yield id(step), step.facts.made(before)
            before = step.facts


def total(steps: Iterable[Step]) -> dict[int, Work]:
    """The work of all ``steps``, by the oid of the table."""
    found: dict[int, Work] = {}
    for step in steps:
        for oid, work in step.work.items():
            found[oid] = found.get(oid, Work()) + work
    return found
