"""What rows the tables of a database accept, learnt from their definitions and from what the server says of candidates.

All of it happens in one transaction that is rolled back; see :meth:`Population.learn` for what comes of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from psycopg import sql

from schemaproof.rows.constraints import Unique, read_constraints
from schemaproof.rows.forests import UNKNOWN, Distinct, Grower, Link, Plan, Template, Value, Values, closure
from schemaproof.rows.order import next_group
from schemaproof.rows.planting import quote, table_name
from schemaproof.rows.pools import Pool, Subject, document_of, evaluated, holding, pools, written
from schemaproof.rows.server_side import REFUSED, cast_each, insert_each, make_functions
from schemaproof.rows.tables import Key, Table
from schemaproof.rows.templates import Mixer, with_nulls
from schemaproof.rows.types import Cursor, Type

_KNOWN = 4000  # combinations of values for which an expression over keys is evaluated beforehand
_PARENTS = 3  # rows: as many as the columns of keys have values in templates
_TEMPLATES = 300  # per table: more are not drawn often enough to be worth their place


@dataclass
class Learnt:
    """What is known of the tables.

    Attributes:
        plans: of those that rows can be made for, parents first as far as there is such an order.
        refused: the others, with the reason.
    """

    plans: list[Plan]
    subjects: dict[int, Subject]
    refused: dict[str, str]


class Learner:
    """One run over some tables.

    Args:
        cursor: in a transaction that will be rolled back.
        types: all types.
        tables: described.
        empty: the oids of those that hold no rows.
        given: the values that the project gave for a column, as text.
        joint: the rows that it gave for a table.
        likely: values for a column that the server may refuse.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (all that is known beforehand)
        self,
        cursor: Cursor,
        types: Mapping[int, Type],
        tables: Iterable[Table],
        empty: Collection[int],
        given: Mapping[tuple[int, str], list[Value]],
        joint: Mapping[int, list[dict[str, Value]]],
        likely: Mapping[tuple[int, str], Sequence[str]],
    ) -> None:
        self._cursor = cursor
        self._tables = {one.oid: one for one in _ordered(tables)}
        constraints = read_constraints(cursor, list(self._tables.values()))
        self._subjects = {
            oid: Subject(one, constraints[oid], written(one, constraints[oid], types), oid in empty)
            for oid, one in self._tables.items()
        }
        self._types = types
        self._joint = joint
        self._given = given
        self._likely = likely
        self._referenced: dict[int, set[str]] = {oid: set() for oid in self._tables}
        for table in self._tables.values():
            for key in table.keys.values():
                self._referenced.get(key.root, set()).update(key.referenced)

    def learn(self) -> Learnt:
        """All that is known afterwards; tables that refer to refused ones are refused too."""
        make_functions(self._cursor)
        given = dict(self._given)
        for oid, rows in self._joint.items():
            for name in rows[0] if rows else ():
                given[oid, name] = [row[name] for row in rows]
        found = pools(self._cursor, self._types, list(self._subjects.values()), given, self._likely)
        self._narrow(found)
        self._tell_apart(found)
        self._inherit(found)
        for table in self._tables.values():
            for name in (one for one in table.keys if not one.startswith("\0")):  # those that the database has
                drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
                self._cursor.execute(drop.format(sql.Identifier(table.schema, table.name), sql.Identifier(name)))
        learnt = Learnt([], self._subjects, {})
        for oid, table in self._tables.items():
            self._plans = {plan.name: plan for plan in learnt.plans}
            plan, reason = self._plan(self._subjects[oid], {n: p for (o, n), p in found.items() if o == oid})
            if plan is None:
                learnt.refused[str(table)] = reason
            else:
                learnt.plans.append(plan)
        return learnt

    def _tell_apart(self, found: dict[tuple[int, str], Pool]) -> None:
        """Leave in the pools of unique columns one of the values that are equal, and none that is there."""
        for oid, subject in self._subjects.items():
            names = {name for one in subject.constraints.uniques for name in one.columns} | self._referenced[oid]
            for name in sorted(names & subject.written.printed.keys()):
                pool = found[oid, name]
                printed = subject.constraints.printed[name]
                collation = subject.constraints.collations.get(name)
                value = f"v::{printed}" + (f" COLLATE {collation}" if collation else "")
                target, column = table_name(subject.written.name), quote(name)
                query = (
                    f"SELECT array_agg(o) FROM (SELECT min(o) AS o FROM unnest($1) WITH ORDINALITY u (v, o)"  # noqa: S608
                    f" WHERE NOT EXISTS (SELECT FROM {target} t WHERE t.{column} = {value}) GROUP BY {value}) x"
                )
                kept = self._attempted(query, pool.values)
                if kept is not None:
                    pool.values = [pool.values[place - 1] for place in sorted(kept)]

    def _attempted(self, query: str, texts: list[str]) -> list[int] | None:
        """What the query yields for the texts; None where the type knows no equality."""
        from psycopg import Error

        try:
            with self._cursor.connection.transaction():
                (found,) = self._cursor.execute(
                    sql.SQL(query.replace("%", "%%").replace("$1", "%s::text[]")),
                    [texts],
                ).fetchone() or ([],)
        except Error:
            if self._cursor.connection.closed:
                raise
            return None
        return found or []

    def _narrow(self, found: dict[tuple[int, str], Pool]) -> None:
        """Leave in the pools of what keys refer to what a column of another type takes too."""
        for _ in range(len(self._tables)):  # a key may refer to the columns of another one
            before = {place: len(pool.values) for place, pool in found.items()}
            for oid, table in self._tables.items():
                for key in table.keys.values():
                    for name, referenced in zip(key.columns, key.referenced, strict=True):
                        if (oid, name) in found and (key.root, referenced) in found:
                            printed = self._subjects[oid].constraints.printed[name]
                            other = self._subjects[key.root].constraints.printed[referenced]
                            pool = found[key.root, referenced]
                            if printed != other:
                                texts = cast_each(self._cursor, [(printed, text) for text in pool.values])
                                pool.values = [one for one, text in zip(pool.values, texts, strict=True) if one == text]
            if before == {place: len(pool.values) for place, pool in found.items()}:
                return

    def _inherit(self, found: dict[tuple[int, str], Pool]) -> None:
        """Give the columns of keys the values of what they refer to."""
        for _ in range(len(self._tables)):  # a key may refer to the columns of another one
            for oid, table in self._tables.items():
                for key in table.keys.values():
                    for name, referenced in zip(key.columns, key.referenced, strict=True):
                        parent = found.get((key.root, referenced))
                        if parent and (oid, name) in found and (oid, name) != (key.root, referenced):
                            found[oid, name].values = parent.values

    def _plan(self, subject: Subject, own: dict[str, Pool]) -> tuple[Plan | None, str]:
        table = subject.table
        for name, pool in own.items():
            if not pool.values and not pool.nullable:
                kind = subject.constraints.printed[name]
                return None, (
                    f'no value was found for column "{name}" of type {kind} that the server accepts:'
                    f' give some, strategies={{"{table}.{name}": ...}}'
                )
        links = self._links(subject)
        uniques = subject.constraints.uniques
        unique = frozenset(name for one in uniques for name in one.columns)
        late = frozenset(
            name for link in links if not link.required and self._is_late(table, link) for name, _ in link.pairs
        )
        mixer = Mixer(self._cursor, subject, own, links, unique, self._joint.get(table.oid, []), late)
        candidates = mixer.templates()
        templates, reason = self._tried(subject, candidates)
        if not templates and links:  # perhaps for want of parents, which triggers can look for
            with self._cursor.connection.transaction(force_rollback=True):
                self._plant_parents(links)
                templates, reason = self._tried(subject, candidates)
        if not templates:
            return None, reason
        plan = Plan((table.schema, table.name), templates, links, referenced=frozenset(self._referenced[table.oid]))
        self._separate(subject, plan, own)
        return plan, ""

    def _is_late(self, table: Table, link: Link) -> bool:
        names = [(one.schema, one.name) for one in self._tables.values()]
        return link.parent in names and names.index(link.parent) >= names.index((table.schema, table.name))

    def _links(self, subject: Subject) -> list[Link]:
        table = subject.table
        checked = {name for one in subject.constraints.checks for name in one.columns}
        found = []
        keys = sorted(table.keys.items(), key=lambda item: (not table.hard(item[1]), -len(item[1].columns)))
        for name, key in keys:
            others = {one for other in table.keys.values() if other is not key for one in other.columns}
            nullable = [one for one in key.columns if not table.columns[one].required]
            cleared = nullable if key.whole else [one for one in nullable if one not in others] or nullable
            pairs = tuple(zip(key.columns, key.referenced, strict=True))
            clearable = bool(cleared) and checked.isdisjoint(key.columns)
            found.append(
                Link(name, _parent(self._tables, key), pairs, table.hard(key), tuple(cleared), clearable, key.whole)
            )
        return found

    def _tried(self, subject: Subject, templates: list[Template]) -> tuple[list[Template], str]:
        """Those that the server accepted, and why not the first one that it did not."""
        documents = [document_of(one.values) for one in templates]
        refusals = insert_each(self._cursor, subject.written.insert("$1"), documents)
        accepted = [one for one, refusal in zip(templates, refusals, strict=True) if refusal is None]
        return with_nulls(accepted[:_TEMPLATES]), next(filter(None, refusals), "no row was found that its keys allow")

    def _plant_parents(self, links: list[Link]) -> None:
        """Put the plainest rows into the tables that the keys refer to, as far as they are known."""
        plans = closure(self._plans, {one.parent for one in links if one.parent in self._plans})
        written = {one.written.name: one.written for one in self._subjects.values()}
        for name, rows in Grower(plans).grow([[0] * _PARENTS for _ in plans]).items():
            insert_each(self._cursor, written[name].insert("$1"), [document_of(row) for row in rows], keep=True)

    def _separate(self, subject: Subject, plan: Plan, own: dict[str, Pool]) -> None:
        """Give the plan what keeps its rows apart, and what its keys must not hold."""
        linked = {name for link in plan.links for name, _ in link.pairs}
        checks = [one for one in subject.constraints.checks if all(name in own for name in one.columns)]
        tied = {name for one in checks if len(one.columns) > 1 for name in one.columns}
        for one in subject.constraints.uniques:
            if one.exclusion:
                self._disjoin(subject, plan, one, own, linked | tied)
            elif all(name in own for name in one.columns):
                plan.distincts.append(self._distinct(subject, plan, one, own, linked | tied))
        resolvers = {one.resolver for one in plan.distincts if one.resolver}
        plan.pools = {name: own[name].values for name in sorted(resolvers)}
        for check in checks:
            moving = (linked | resolvers) & set(check.columns)
            if moving and (len(check.columns) > 1 or moving & linked):
                rows = self._products(plan, check.columns, own)
                accepted = holding(self._cursor, subject, check.expression, rows)
                refused = [tuple(row.values()) for row, holds in zip(rows, accepted, strict=True) if not holds]
                plan.refused.append((check.columns, frozenset(refused)))

    def _disjoin(self, subject: Subject, plan: Plan, unique: Unique, own: dict[str, Pool], fixed: set[str]) -> None:
        """Leave values, or else templates, that an exclusion constraint accepts all together; each is used once."""
        plain = plan.templates[0].values
        best: tuple[str, list[str]] | None = None
        for name in unique.columns:
            if name in own and name not in fixed:
                rows = [plain | {name: value} for value in own[name].values]
                kept = [own[name].values[n] for n in self._compatible(subject, unique, rows)]
                if best is None or len(kept) > len(best[1]):
                    best = name, kept
        if best and len(best[1]) > _PARENTS:
            own[best[0]].values = best[1]
            plan.distincts.append(Distinct(unique.columns, best[0], strict=True))
            first: dict[str, Value] = {best[0]: best[1][0]}
            kept_values = {*best[1], None}
            plan.templates = [
                one if one.values[best[0]] in kept_values else replace(one, values=one.values | first)
                for one in plan.templates
            ]
        else:
            kept_rows = self._compatible(subject, unique, [one.values for one in plan.templates])
            plan.templates = [plan.templates[n] for n in kept_rows]
            plan.distincts.append(Distinct(unique.columns, None, nulls_equal=True))

    def _compatible(self, subject: Subject, unique: Unique, rows: list[dict[str, Value]]) -> list[int]:
        """The places of rows that the server takes together as far as this constraint is concerned."""
        with self._cursor.connection.transaction(force_rollback=True):
            target = sql.Identifier(subject.table.schema, subject.table.name)
            for other in subject.constraints.uniques:
                if other is not unique:
                    drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}; DROP INDEX IF EXISTS {}")
                    index = sql.Identifier(subject.table.schema, other.name)
                    self._cursor.execute(drop.format(target, sql.Identifier(other.name), index))
            documents = [document_of(row) for row in rows]
            refusals = insert_each(self._cursor, subject.written.insert("$1"), documents, keep=True)
        return [place for place, refusal in enumerate(refusals) if refusal is None]

    def _distinct(
        self, subject: Subject, plan: Plan, unique: Unique, own: dict[str, Pool], fixed: set[str]
    ) -> Distinct:
        free = [name for name in unique.columns if name not in fixed and len(own[name].values) > 1]
        resolver = max(free, key=lambda name: len(own[name].values), default=None)
        found = Distinct(unique.columns, resolver, nulls_equal=unique.nulls_equal)
        if not unique.plain:
            parts = f"ROW({', '.join(unique.parts)})::text"
            if not unique.nulls_equal:
                nulls = " OR ".join(f"({one}) IS NULL" for one in unique.parts)
                parts = f"CASE WHEN {nulls} THEN NULL ELSE {parts} END"
            found = replace(found, keys=self._evaluated(subject, plan, unique.columns, parts, own))
        if unique.predicate and all(name in own for name in unique.tested):
            holds = self._evaluated(subject, plan, unique.tested, unique.predicate, own)
            exempt = frozenset(values for values, one in holds.items() if one not in {"true", REFUSED})
            found = replace(found, tested=unique.tested, exempt=exempt)
        return found

    def _evaluated(
        self, subject: Subject, plan: Plan, columns: tuple[str, ...], expression: str, own: dict[str, Pool]
    ) -> dict[Values, Value]:
        rows = self._products(plan, columns, own)
        answers = evaluated(self._cursor, subject, expression, rows)
        return {tuple(row.values()): UNKNOWN if one == REFUSED else one for row, one in zip(rows, answers, strict=True)}

    def _products(self, plan: Plan, columns: tuple[str, ...], own: dict[str, Pool]) -> list[dict[str, Value]]:
        """Combinations of what the columns may hold: those of the templates, and others as far as there is room."""
        options = [
            list(dict.fromkeys([*own[name].values, *(one.values[name] for one in plan.templates)])) for name in columns
        ]
        width = max(2, int(_KNOWN ** (1 / max(len(columns), 1))))
        combined = [*product(*(one[:width] for one in options))]
        combined += [tuple(one.values[name] for name in columns) for one in plan.templates]
        return [dict(zip(columns, values, strict=True)) for values in dict.fromkeys(combined)]


def _parent(tables: Mapping[int, Table], key: Key) -> tuple[str, str]:
    parent = tables.get(key.root)
    return (parent.schema, parent.name) if parent else key.parent


def _ordered(tables: Iterable[Table]) -> list[Table]:
    """Parents first, as far as there is such an order."""
    waiting, found = {one.oid: one for one in tables}, []
    while waiting:
        for table in next_group(waiting):
            found.append(waiting.pop(table.oid))
    return found
