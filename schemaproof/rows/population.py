"""Rows that the tables of a database accept: a Hypothesis strategy, and the statements that insert and read them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import batched
from typing import Any, Self

import psycopg
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from psycopg.rows import tuple_row

from schemaproof.rows.forests import Grower, Plan, closure
from schemaproof.rows.learning import Learner
from schemaproof.rows.planting import Row, Rows, Written, document, planting, reading, rows_of
from schemaproof.rows.prepared import execute
from schemaproof.rows.projects import given_by
from schemaproof.rows.proving import prove
from schemaproof.rows.references import Reference, refer
from schemaproof.rows.sampling import CODES, Samples
from schemaproof.rows.tables import Table, describe, empty_ones, read_tables
from schemaproof.rows.types import read_types

__all__ = ["Population", "Reference", "Row", "Rows"]

# A text with a code point a row takes half the time to draw, but Hypothesis shrinks it to far more rows than a list.
_CODES = st.integers(0, CODES - 1)
_MOST_ABOVE = 3  # rows of a table that nobody asked for: enough for a row to refer to another one
_MOST_COLUMNS = 1600  # of a result (manual, appendix K)


class Population:
    """The rows that the tables of one database accept.

    Attributes:
        tables: schema and name of those that can be filled.
        refused: the others, as "schema.table", with the reason, in the server's words or in ours.
    """

    tables: tuple[tuple[str, str], ...]
    refused: Mapping[str, str]

    def __init__(
        self, plans: Iterable[Plan], written: Mapping[tuple[str, str], Written], refused: Mapping[str, str]
    ) -> None:
        self._plans = {plan.name: plan for plan in plans}
        self.tables = tuple(sorted(self._plans))
        self.refused = refused
        self._written = written
        self._place = {
            name: number for number, name in enumerate([*self._plans, *(written.keys() - self._plans.keys())])
        }
        self._planting = lru_cache(maxsize=64)(planting)
        self._reading = lru_cache(maxsize=64)(reading)

    @classmethod
    def learn(  # noqa: PLR0913 (all that is known beforehand)
        cls,
        connection: psycopg.Connection[Any],
        *,
        tables: Collection[tuple[str, str]] | None = None,
        leave: Collection[tuple[str, str]] = (),
        strategies: Mapping[str, SearchStrategy[Any]] | None = None,
        likely: Mapping[str, Sequence[str]] | None = None,
        keys: Collection[Reference] = (),
    ) -> Self:
        """The population, learnt from the definitions of tables and from rows that the server accepts or rejects.

        Everything that is tried is rolled back; sequences may advance. Triggers fire, and foreign keys are dropped
        during the transaction, which locks their tables: nobody else may use the database meanwhile.

        Args:
            connection: in autocommit mode, of the tables' owner.
            tables: the only ones to look at, by schema and name; None for all.
            leave: those to leave out.
            strategies: the project's own values: by "schema.table.column" strategies of str, int, ..., by
                "schema.table" strategies of dicts of columns. A dict or list becomes JSON, in an array's column an
                array; None is NULL. What a foreign key has is what it refers to, whatever they say.
            likely: by "schema.table.column" values, as text, that a column is given alone where the server accepts any
                of them: the labels of an enum that is kept as text. What is not there is left out.
            keys: more foreign keys than the database has: rows refer to each other as if it had them too.

        Raises:
            ValueError: if ``strategies`` names what does not exist, or gives what the server rejects.
        """
        with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
            known = [one for one in read_tables(cursor) if (one.schema, one.name) not in leave]
            if tables is not None:
                known = [one for one in known if (one.schema, one.name) in tables]
            refused = {str(one): "the role may not read and write it" for one in known if not one.permitted}
            known = [one for one in known if one.permitted]
            types = read_types(cursor)
            describe(cursor, known, types)
            refer(known, keys)
            given, joint = given_by(strategies or {}, known, types)
            with connection.transaction(force_rollback=True):
                empty = {one.oid for one in empty_ones(cursor, known)}
                learnt = Learner(cursor, types, known, empty, given, joint, _placed(likely or {}, known)).learn()
            written = {one.written.name: one.written for one in learnt.subjects.values()}
            plans = {plan.name: plan for plan in learnt.plans}
            unproved = cls(plans.values(), written, {})
            refused |= learnt.refused
            refused |= prove(plans, refused, cursor, unproved.plant, unproved.read)
            return cls(plans.values(), written, refused)

    def rows(
        self,
        tables: Collection[tuple[str, str]] | None = None,
        *,
        most: int = 8,
        filled: Collection[tuple[str, str]] = (),
    ) -> SearchStrategy[Rows]:
        """A strategy of rows for ``tables`` (None for all) and for those that they must refer to.

        ``{("public", "a"): [{"id": "1"}], ("public", "b"): [{"id": "1", "a_id": "1"}]}``.
        Keys to other tables are NULL.
        They shrink to few rows, plain and short values, and the first parents.

        Args:
            tables: schema and name.
            most: the largest number of rows in a table; one that is only referred to has three at most.
            filled: of ``tables`` those that shall hold a row. Few examples have none: those whose rows exclude it.

        Raises:
            ValueError: on a table that can't be filled, with the reason.
        """
        samples = self.samples(tables, most=most, filled=filled)
        lists = (st.lists(_CODES, min_size=least, max_size=greatest) for least, greatest in samples.counts)
        return st.tuples(*lists).map(samples.grower.grow)

    def samples(
        self,
        tables: Collection[tuple[str, str]] | None = None,
        *,
        most: int = 8,
        filled: Collection[tuple[str, str]] = (),
        counts: Mapping[tuple[str, str], int] | None = None,
    ) -> Samples:
        """The rows of :meth:`rows`, drawn without Hypothesis.

        Args:
            tables: as there.
            most: as there.
            filled: as there.
            counts: how many rows some tables have, whatever the others say.

        Raises:
            ValueError: as there.
        """
        for name in tables or ():
            if self._number(name) is not None and name not in self._plans:
                raise ValueError(f"{'.'.join(name)} can't be filled: {self.refused.get('.'.join(name))}")
        wanted = {*(self.tables if tables is None else tables)}
        plans = closure(self._plans, wanted)
        # Drawn empty, any table on the way up would leave `filled` empty: with thirty levels, nearly every time.
        needed = {plan.name for plan in closure(self._plans, filled)}
        ranges = {
            plan.name: (int(plan.name in needed), most if plan.name in wanted else min(most, _MOST_ABOVE))
            for plan in plans
        }
        ranges |= {name: (count, count) for name, count in (counts or {}).items()}
        return Samples(Grower(plans), [ranges[plan.name] for plan in plans])

    def plant(self, cursor: psycopg.Cursor[Any], rows: Rows) -> None:
        """Insert ``rows`` into their tables, in one statement that is the same whenever the tables are the same.

        It is prepared once, and psycopg prepares nothing by itself on this connection from then on.

        Raises:
            psycopg.Error: if the server rejects them; call it within a transaction or savepoint.
        """
        names = tuple(sorted(rows, key=self._number))
        if names:
            query = self._planting(tuple(self._written[name] for name in names))
            execute(cursor.connection, query, [document(rows[name]) for name in reversed(names)])

    def read(self, cursor: psycopg.Cursor[Any], tables: Collection[tuple[str, str]]) -> Rows:
        """All rows that are in ``tables`` now, each column as text, with "tableoid" and "ctid".

        They come in physical order, which says nothing about when they were inserted.
        """
        found: dict[tuple[str, str], list[dict[str, str | None]]] = {}
        for names in batched(sorted(tables, key=self._number), _MOST_COLUMNS):
            some = tuple(self._written[name] for name in names)
            texts = execute(cursor.connection, self._reading(some))
            found |= {one.name: rows_of(one, text) for one, text in zip(some, texts, strict=True)}
        return found

    def _number(self, name: tuple[str, str]) -> int:
        if name not in self._place:
            raise ValueError(
                f"{'.'.join(name)} is not a table that learn() looked at: it does not exist, or was left out"
            )
        return self._place[name]


def _placed(likely: Mapping[str, Sequence[str]], tables: Iterable[Table]) -> dict[tuple[int, str], Sequence[str]]:
    """``likely`` by the table's oid and the column's name."""
    columns = {f"{table}.{name}": (table.oid, name) for table in tables for name in table.columns}
    return {columns[key]: values for key, values in likely.items() if key in columns}
