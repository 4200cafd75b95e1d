"""Complete rows of a table, put together of its columns' values; the server's checks of several columns choose."""

from collections.abc import Mapping
from itertools import product
from random import Random

from schemaproof.rows.constraints import Check
from schemaproof.rows.forests import Link, Template, Value, Values
from schemaproof.rows.pools import Pool, Subject, holding
from schemaproof.rows.types import Cursor

_COMBINATIONS = 3000  # of the values of columns that checks tie together: a few tens of milliseconds on the server
_DEVIATING, _MIXED = 200, 250  # rows that are plain but for one value, and rows of any values
_TIED = 60  # how many of the combinations that were accepted are used


class Mixer:
    """Makes the templates of one table.

    Args:
        cursor: in the transaction of ``server_side``.
        subject: the table.
        pools: of each column that can be given a value.
        links: the keys; their columns have the pool of what they refer to.
        unique: the columns in which rows are told apart: these are mostly plain.
        joint: rows of some columns that the project gave; [] where it gave none.
        soft: the columns of keys whose plainest value is NULL.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (all that is known of a table)
        self,
        cursor: Cursor,
        subject: Subject,
        pools: Mapping[str, Pool],
        links: list[Link],
        unique: frozenset[str],
        joint: list[dict[str, Value]],
        soft: frozenset[str],
    ) -> None:
        self._pools = pools
        self._links = links
        self._linked = {pair[0] for link in links for pair in link.pairs}
        self._unique = unique
        self._random = Random(str(subject.table))  # noqa: S311 (the same rows for the same table)
        self._soft = soft
        self._groups: list[tuple[tuple[str, ...], list[Values]]] = self._grouped(cursor, subject, joint)

    def templates(self) -> list[Template]:
        """Rows to be tried, the plainest first; those that its keys make impossible are not among them."""
        plain: list[Values] = [options[0] for _, options in self._groups]
        rows = [plain]
        deepest = max((len(options) for _, options in self._groups), default=0)
        for depth in range(1, deepest):
            for place, (_, options) in enumerate(self._groups):
                if depth < len(options):
                    rows.append([*plain[:place], options[depth], *plain[place + 1 :]])
        rows = rows[:_DEVIATING]
        rows.append([next((one for one in options if set(one) == {None}), options[0]) for _, options in self._groups])
        rows += [[self._any(columns, options) for columns, options in self._groups] for _ in range(_MIXED)]
        found = [self._template(row) for row in rows]
        return [*{(*one.values.items(), one.linked): one for one in found if one}.values()]

    def _any(self, columns: tuple[str, ...], options: list[Values]) -> Values:
        nulls = [one for one in options if None in one]
        if columns[0] in self._linked:
            return self._random.choice(options)
        if not self._unique.isdisjoint(columns) and self._random.random() < 0.6:
            return options[0]
        return self._random.choice(nulls) if nulls and self._random.random() < 0.3 else self._random.choice(options)

    def _template(self, row: list[Values]) -> Template | None:
        """The row as a template; None where its NULLs contradict its keys."""
        values: dict[str, Value] = {}
        for (columns, _), some in zip(self._groups, row, strict=True):
            values.update(zip(columns, some, strict=True))
        linked = set()
        for link in self._links:
            nulls = [values[name] is None for name, _ in link.pairs]
            if not any(nulls):
                linked.add(link.name)
            elif link.required or (not all(nulls) and len(link.cleared) == len(link.pairs) and link.whole):
                return None
        return Template(values, frozenset(linked))

    def _grouped(
        self, cursor: Cursor, subject: Subject, joint: list[dict[str, Value]]
    ) -> list[tuple[tuple[str, ...], list[Values]]]:
        """Columns that must be chosen together, each with the combinations that they may have."""
        checks = [
            one
            for one in subject.constraints.checks
            if len(one.columns) > 1 and all(name in self._pools for name in one.columns)
        ]
        ties = [set(one.columns) for one in checks] + ([set(joint[0])] if joint else [])
        groups = _merged([{name} for name in self._pools] + ties)
        found = []
        for group in groups:
            columns = tuple(name for name in self._pools if name in group)
            alone: list[Values] = [(one,) for one in self._options(columns[0])]
            options = self._combinations(columns, joint) if len(columns) > 1 else alone
            concerned = [one for one in checks if set(one.columns) <= group]
            found.append((columns, self._accepted(cursor, subject, columns, options, concerned)))
        return found

    def _options(self, name: str) -> list[Value]:
        pool = self._pools[name]
        values: list[Value] = [*pool.values[:3]] if name in self._linked else [*pool.values]
        if name in self._unique and name not in self._linked:  # those in between differ by their number alone
            values = [*values[:2], *(one for one in pool.values[2:] if pool.given or one in pool.hard)]
        null: list[Value] = [None] if pool.nullable else []
        if name in self._soft:
            return null + values
        return [*values[:1], *null, *values[1:]]

    def _combinations(self, columns: tuple[str, ...], joint: list[dict[str, Value]]) -> list[Values]:
        options = {name: self._options(name) for name in columns}
        if joint and set(joint[0]) & set(columns):
            others = [name for name in columns if name not in joint[0]]
            rest = list(product(*(options[name][:8] for name in others)))
            return [
                tuple({**row, **dict(zip(others, more, strict=True))}[name] for name in columns)
                for row in joint
                for more in rest[:50]
            ]
        width = max(2, int(_COMBINATIONS ** (1 / len(columns))))
        first = list(product(*(one[:width] for one in options.values())))[:_COMBINATIONS]
        if any(not one for one in options.values()):
            return []
        others_ = [tuple(self._random.choice(one) for one in options.values()) for _ in range(_COMBINATIONS // 2)]
        return list(dict.fromkeys([*first, *others_]))

    def _accepted(
        self, cursor: Cursor, subject: Subject, columns: tuple[str, ...], options: list[Values], checks: list[Check]
    ) -> list[Values]:
        if not checks or not options:
            return options
        rows: list[dict[str, Value]] = [dict(zip(columns, one, strict=True)) for one in options]
        expression = " AND ".join(f"(({one.expression}) IS NOT FALSE)" for one in checks)
        accepted = [
            one for one, holds in zip(options, holding(cursor, subject, expression, rows), strict=True) if holds
        ]
        if not accepted:
            return options  # it cannot be evaluated by itself, or nothing will do: the trial of whole rows decides
        return [*accepted[: _TIED // 2], *self._random.sample(accepted, min(_TIED // 2, len(accepted)))]


def with_nulls(templates: list[Template]) -> list[Template]:
    """The templates, in which NULL is often: at least one in three has some, if any has."""
    nulls = [one for one in templates if None in one.values.values()]
    if not nulls or 3 * len(nulls) > len(templates):
        return templates
    return [
        one
        for place, template in enumerate(templates)
        for one in ([template, nulls[place // 2 % len(nulls)]] if place % 2 else [template])
    ]


def _merged(sets: list[set[str]]) -> list[set[str]]:
    """The sets, those that share a member as one."""
    found: list[set[str]] = []
    for one in sets:
        apart = [other for other in found if other.isdisjoint(one)]
        found = [*apart, one.union(*(other for other in found if not other.isdisjoint(one)))]
    return found
