"""Other rows to try where the server refuses one, found from what it says about the refusal."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

import psycopg

from schemaproof.rows.choices import Choice, Choices
from schemaproof.rows.statements import Row
from schemaproof.rows.tables import Table
from schemaproof.rows.types import Type, domains

_ATTEMPTS = 100  # per row: some tens of milliseconds

type Attempt = Callable[[Row], psycopg.Error | None]


@dataclass
class Budget:
    """How many attempts are left."""

    left: int = _ATTEMPTS


class Repairs:
    """Rows of one table, tried until the server accepts one."""

    def __init__(self, types: Mapping[int, Type], table: Table, choices: Choices, attempt: Attempt) -> None:
        self._types = types
        self._table = table
        self._choices = choices
        self._attempt = attempt

    def insert(self, row: Row) -> psycopg.Error | None:
        """Insert ``row``, or one like it; the first refusal where none is accepted."""
        error = self._attempt(row)
        if error is None or self._repaired(row, error, frozenset(), Budget()):
            return None
        return error

    def _repaired(self, row: Row, error: psycopg.Error, met: frozenset[str], budget: Budget) -> bool:
        """Whether a row was inserted that differs from ``row`` in the columns that ``error`` is about.

        Where another refusal comes than those already ``met``, the change may be good, and more is needed.
        """
        met |= {_refusal(error)}
        for changes in self._changes(row, error):
            if budget.left <= 0:
                break
            budget.left -= 1
            changed = replace(row, changes={**row.changes, **changes})
            other = self._attempt(changed)
            if other is None:
                return True
            if _refusal(other) not in met:
                # A wrong track must not use up what the other changes need.
                part = Budget(budget.left // 2)
                budget.left -= part.left
                if self._repaired(changed, other, met, part):
                    return True
                budget.left += part.left
        return False

    def _changes(self, row: Row, error: psycopg.Error) -> Iterator[dict[str, Choice]]:
        """What to change, fewer columns first."""
        columns = self._concerned(error.diag)
        choices = [[(name, one) for one in self._choices.of(self._table.columns[name], row.number)] for name in columns]
        for one in choices:
            yield from ({name: choice} for name, choice in one)
        if len(columns) > 1:
            yield from (dict(pairs) for pairs in product(*(one[:8] for one in choices)))

    def _concerned(self, diag: psycopg.errors.Diagnostic) -> list[str]:
        """The columns that a refusal is about; none where it does not say, as a trigger's."""
        if diag.datatype_name:
            names = [
                one.name
                for one in self._table.columns.values()
                if diag.datatype_name in [domain.name for domain in domains(self._types, one.type)]
            ]
        elif diag.column_name:
            names = [diag.column_name]
        elif diag.constraint_name in self._table.keys:
            names = list(self._table.keys[diag.constraint_name].columns)
        elif diag.constraint_name or diag.sqlstate == "23514":  # without a name: no partition for the row
            rules = self._table.rules.get(diag.constraint_name or "", [])
            names = [name for rule in rules for name in rule.columns]
        else:
            names = []
        return [name for name in dict.fromkeys(names) if name in self._table.columns]


def _refusal(error: psycopg.Error) -> str:
    diag = error.diag
    return f"{diag.sqlstate} {diag.constraint_name or diag.column_name or diag.datatype_name or ''}"
