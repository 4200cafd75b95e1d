"""Whether what was learnt is so: rows of all tables are planted, and what the server still refuses is given up."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from random import Random

import psycopg

from schemaproof.rows.forests import Grower, Plan, TableName, Template, closure
from schemaproof.rows.planting import Rows
from schemaproof.rows.types import Cursor

type Plant = Callable[[Cursor, Rows], None]
type Read = Callable[[Cursor, Collection[TableName]], Rows]

_FORESTS = 40  # of all tables at once, so that they meet most templates; some hundredths of a second
_MOST = 8  # rows of each table
_EMPTY = "no row was found that all of its keys and unique indexes allow"
_UNKEPT = "the server accepts its rows but does not keep them: look at its triggers and rules"


def prove(
    plans: dict[TableName, Plan], refused: Mapping[str, str], cursor: Cursor, plant: Plant, read: Read
) -> dict[str, str]:
    """Why tables were taken out of ``plans``; what is left there is accepted, perhaps one row a table only."""
    reasons = dict(refused)
    while True:
        _orphan(plans, reasons)
        proof = _Proof(plans, cursor, plant, read)
        culprit = proof.culprit()
        if culprit is None:
            return {name: words for name, words in reasons.items() if name not in refused}
        name, words, hopeless = culprit
        plan = plans[name]
        if not hopeless and not proof.named and proof.suits(plan):
            continue
        if not hopeless and plan.most > 1:
            plan.most = 1
        elif not hopeless and len(plan.templates) > 1:
            plan.templates = plan.templates[:1]
        else:
            del plans[name]
            reasons[".".join(name)] = words


def _orphan(plans: dict[TableName, Plan], reasons: dict[str, str]) -> None:
    """Take out what must refer to a table that is not there."""
    while True:
        for plan in plans.values():
            missing = [one for one in plan.links if one.parent not in plans]
            names = {one.name for one in missing}
            free = [one for one in plan.templates if not one.linked & names]
            if not free:
                parent = ".".join(next(one.parent for one in missing if one.name in plan.templates[0].linked))
                why = f": {reasons[parent]}" if parent in reasons else ", which was left out"
                reasons[".".join(plan.name)] = f"it refers to {parent}, which can't be filled{why}"
                del plans[plan.name]
                break
        else:
            return


class _Proof:
    def __init__(self, plans: Mapping[TableName, Plan], cursor: Cursor, plant: Plant, read: Read) -> None:
        self._plans = plans
        self._cursor = cursor
        self._plant = plant
        self._read = read
        self.named = False  # whether the refusal named the table, as one by a constraint does and a trigger's does not

    def culprit(self) -> tuple[TableName, str, bool] | None:
        """A table whose rows are not as they should be, why, and whether fewer rows won't help; None: all are."""
        filled: set[TableName] = set()
        for rows in self._forests(list(self._plans.values())):
            refusal = self._refusal(rows)
            if refusal is not None:
                return self._blamed(refusal, rows)
            filled |= {name for name, some in rows.items() if some}
        empty = [name for name in self._plans if name not in filled]
        return (empty[0], _EMPTY, True) if empty else None

    def _blamed(self, refusal: "psycopg.Error | TableName", rows: Rows) -> tuple[TableName, str, bool]:
        if isinstance(refusal, tuple):
            return refusal, _UNKEPT, True
        words = refusal.diag.message_primary or str(refusal)
        told = (refusal.diag.schema_name or "", refusal.diag.table_name or "")
        if told in self._plans:
            self.named = True
            return told, words, False
        for name in self._plans:  # a trigger does not tell: the first table that fails with no more than it needs
            for some in self._forests(closure(self._plans, [name])):
                other = self._refusal(some)
                if isinstance(other, psycopg.Error):
                    return name, other.diag.message_primary or str(other), False
        return next(name for name in reversed(list(self._plans)) if rows.get(name)), words, True

    def suits(self, plan: Plan) -> bool:
        """Whether other tables were left with fewer templates, those beside which rows of ``plan`` are accepted.

        A trigger may calculate with what stands there: a counter at the limit of its type refuses one more child.
        """
        found = False
        for other in closure(self._plans, [plan.name]):
            if other is not plan and len(other.templates) > 1:
                kept = [one for one in other.templates if self._accepted(plan, other, one)]
                if 0 < len(kept) < len(other.templates):
                    other.templates, found = kept, True
        return found

    def _accepted(self, plan: Plan, other: Plan, template: Template) -> bool:
        """Whether several plain rows of ``plan`` are accepted where those of ``other`` are like ``template``."""
        plans = {**self._plans, other.name: replace(other, templates=[template])}
        needed = closure(plans, [plan.name])
        rows = Grower(needed).grow([[0] * (_MOST if one is plan else 1) for one in needed])
        return bool(rows[plan.name]) and self._refusal(rows) is None

    def _forests(self, plans: list[Plan]) -> list[Rows]:
        random, grower = Random(0), Grower(plans)  # noqa: S311 (the same ones each time)
        counts = [1] * 5 + [_MOST] * (_FORESTS - 5)
        return [
            grower.grow([[random.randrange(2**24) * (count > 1 or n > 0) for _ in range(count)] for _ in plans])
            for n, count in enumerate(counts)
        ]

    def _refusal(self, rows: Rows) -> "psycopg.Error | TableName | None":
        """What the server refuses the rows with, or the first table that has fewer of them afterwards.

        Triggers may insert more, as those of an audit do.
        """
        connection = self._cursor.connection
        try:
            with connection.transaction(force_rollback=True):
                before = self._read(self._cursor, rows.keys())
                self._plant(self._cursor, rows)
                self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                after = self._read(self._cursor, rows.keys())
        except psycopg.Error as error:
            if connection.closed or (error.sqlstate or "").startswith(("08", "57P")):
                raise
            return error
        return next((name for name in rows if len(after[name]) - len(before[name]) < len(rows[name])), None)
