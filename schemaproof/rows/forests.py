"""Rows of several tables from plain integers, one a row: which parents it has, and which of a table's templates it is.

No server is asked here, and nothing is random: what a table accepts was learnt before (see ``learning``). An integer
that leads to a row that another one excludes gives the next possible row; only where there is none, there is no row.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

type TableName = tuple[str, str]
type Value = str | None
type Values = tuple[Value, ...]

UNKNOWN = "\0"  # no text that the server knows
# Digits choose parents. As long as there are few of those its base is fixed, so that a row keeps its other digits when
# Hypothesis takes a parent away.
_RADIX = 16
_TRIES = 200  # of integers that follow one another: all parents of a row, with a few templates


@dataclass(frozen=True)
class Template:
    """A row that the server accepted, apart from its keys.

    Attributes:
        values: of each column; what a key is given is replaced.
        linked: the names of the foreign keys that refer to a row in it; the others hold a NULL.
    """

    values: dict[str, Value]
    linked: frozenset[str]


@dataclass(frozen=True)
class Link:
    """A foreign key.

    Attributes:
        pairs: its columns, each with the one that it refers to.
        required: whether no NULL can satisfy it.
        cleared: the columns to be NULL where it refers to nothing.
        clearable: whether they can always be: no check mentions them.
        whole: whether then all of its columns must be NULL (MATCH FULL).
    """

    name: str
    parent: TableName
    pairs: tuple[tuple[str, str], ...]
    required: bool
    cleared: tuple[str, ...]
    clearable: bool
    whole: bool = False


@dataclass(frozen=True)
class Distinct:
    """Columns whose values no two rows share.

    Attributes:
        resolver: the column that is given another value where two rows would share all; None: its row is another.
        strict: whether the resolver has another value in each row, whatever the other columns hold.
        nulls_equal: whether two NULLs are the same.
        keys: what is compared instead of values, by values; None where it is the values. Unknown ones exclude a row.
        tested: the columns that tell whether a row is concerned.
        exempt: their values in rows that are not.
    """

    columns: tuple[str, ...]
    resolver: str | None
    strict: bool = False
    nulls_equal: bool = False
    keys: Mapping[Values, Value] | None = None
    tested: tuple[str, ...] = ()
    exempt: frozenset[Values] = frozenset()

    def key(self, values: Mapping[str, Value]) -> Values | None:
        """What no other row may have; None where the row is not concerned."""
        if self.tested and tuple(values[name] for name in self.tested) in self.exempt:
            return None
        if self.strict and self.resolver:
            return None if values[self.resolver] is None else (values[self.resolver],)
        found = tuple(values[name] for name in self.columns)
        if self.keys is not None:
            found = (self.keys.get(found, UNKNOWN),)
        return None if None in found and not self.nulls_equal else found


@dataclass
class Plan:
    """What the rows of one table are made of.

    Attributes:
        links: those that decide first come first.
        pools: the values of each resolver, all different, the plainest first.
        refused: values that columns must not have together.
        referenced: the columns that keys refer to: these are never changed afterwards.
        most: how many rows it can have.
    """

    name: TableName
    templates: list[Template]
    links: list[Link]
    distincts: list[Distinct] = field(default_factory=list)
    pools: dict[str, list[str]] = field(default_factory=dict)
    refused: list[tuple[tuple[str, ...], frozenset[Values]]] = field(default_factory=list)
    referenced: frozenset[str] = frozenset()
    most: int = 2**31


def closure(plans: Mapping[TableName, Plan], tables: Collection[TableName]) -> list[Plan]:
    """The plans of ``tables`` and of what they must refer to, in the order of ``plans``."""
    wanted, names = list(tables), set[TableName]()
    while wanted:
        if (one := wanted.pop()) not in plans:
            continue
        plan = plans[one]
        names.add(plan.name)
        needed = {one.parent for one in plan.links if one.required}
        inside = {one.name for one in plan.links if one.parent in {*names, *wanted, *needed}}
        if not any(one.linked <= inside for one in plan.templates):
            needed |= {one.parent for one in plan.links if one.name in plan.templates[0].linked}
        wanted += sorted(needed - names)
    return [plan for name, plan in plans.items() if name in names]


@dataclass(eq=False)
class _Row:
    values: dict[str, Value]
    template: Template
    code: int
    parents: dict[str, "_Row"] = field(default_factory=dict)


class Grower:
    """Makes rows of the tables of ``plans``, which come in order: parents before children, as far as there is one."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = plans
        place = {plan.name: number for number, plan in enumerate(plans)}
        self._early = {
            plan.name: [one for one in plan.links if place.get(one.parent, n) < n] for n, plan in enumerate(plans)
        }
        self._late = {
            plan.name: [one for one in plan.links if place.get(one.parent, -1) >= n] for n, plan in enumerate(plans)
        }
        outside = {plan.name: {one.name for one in plan.links if one.parent not in place} for plan in plans}
        self._templates = {
            plan.name: [one for one in plan.templates if not one.linked & outside[plan.name]] for plan in plans
        }
        self._waiting = {name: {pair[0] for link in late for pair in link.pairs} for name, late in self._late.items()}

    def grow(self, codes: Sequence[Sequence[int]]) -> dict[TableName, list[dict[str, Value]]]:
        """The rows that the integers stand for, some for each table in order."""
        forest: dict[TableName, list[_Row]] = {}
        for plan, some in zip(self.plans, codes, strict=True):
            forest[plan.name] = self._rows(plan, some, forest)
        while (lost := self._link(forest)) is not None:
            self._uproot(forest, lost)
        return {name: [row.values for row in rows] for name, rows in forest.items()}

    def _rows(self, plan: Plan, codes: Sequence[int], forest: Mapping[TableName, list[_Row]]) -> list[_Row]:
        rows: list[_Row] = []
        if not self._templates[plan.name] or any(
            one.required and not forest[one.parent] for one in self._early[plan.name]
        ):
            return rows
        late = self._waiting[plan.name]
        taken = _Taken(plan, [one for one in plan.distincts if late.isdisjoint(one.columns)])
        refused = [one for one in plan.refused if late.isdisjoint(one[0])]
        bases = [_base(link, self._early[plan.name], forest[link.parent]) for link in self._early[plan.name]]
        impossible: set[tuple[int, ...]] = set()  # where there is little room, hundreds of integers are one of few rows
        for code in codes[: plan.most]:
            for attempt in range(code, code + _TRIES):
                *digits, number, late_digits = self._read(plan, attempt, bases)
                choice = (*digits, number)
                if choice in impossible:
                    continue
                row = self._row(plan, digits, _Row({}, self._templates[plan.name][number], late_digits), forest)
                if row and not _excluded(row.values, refused) and taken.take(row.values):
                    rows.append(row)
                    break
                impossible.add(choice)
        return rows

    def _read(self, plan: Plan, code: int, bases: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """What an integer says: a digit for each early key, the template's place, and what its late keys read."""
        digits, rest = [], code
        for base, parents in bases:
            rest, digit = divmod(rest, base)
            digits.append(digit if not parents else digit % parents if 2 * digit < base else 0)
        late_digits = rest
        if self._late[plan.name]:
            rest //= _RADIX
        return (*digits, rest % len(self._templates[plan.name]), late_digits)

    def _row(self, plan: Plan, digits: Sequence[int], row: _Row, forest: Mapping[TableName, list[_Row]]) -> _Row | None:
        """``row`` with its template's values and its early keys'; None where one finds no parent."""
        template = row.template
        row.values.update(template.values)
        known: set[str] = set()
        for link, digit in zip(self._early[plan.name], digits, strict=True):
            if link.name not in template.linked:
                continue
            parents = _agreeing(link, row.values, known, forest[link.parent])
            if parents:
                # The first one has as many children as all others have together.
                parent = parents[digit % len(parents) if 2 * digit < max(_RADIX, 2 * len(parents)) else 0]
                row.parents[link.name] = parent
                row.values.update((name, parent.values[referenced]) for name, referenced in link.pairs)
                known.update(name for name, _ in link.pairs)
            elif link.required or not link.clearable:
                return None
            else:
                row.values.update((name, None) for name in link.cleared if name not in known)
        return row

    def _link(self, forest: Mapping[TableName, list[_Row]]) -> _Row | None:
        """Let the late keys of all rows refer to some; a row for which that is impossible."""
        for plan in self.plans:
            if not self._late[plan.name]:
                continue
            late = self._waiting[plan.name]
            taken = _Taken(plan, [one for one in plan.distincts if not late.isdisjoint(one.columns)])
            refused = [one for one in plan.refused if not late.isdisjoint(one[0])]
            for row in forest[plan.name]:
                if not self._link_row(plan, row, forest, taken, refused):
                    return row
        return None

    def _link_row(
        self,
        plan: Plan,
        row: _Row,
        forest: Mapping[TableName, list[_Row]],
        taken: "_Taken",
        refused: list[tuple[tuple[str, ...], frozenset[Values]]],
    ) -> bool:
        """Whether the late keys of the row could be given values that nothing excludes."""
        fixed = {name for link in self._early[plan.name] if link.name in row.parents for name, _ in link.pairs}
        fixed |= plan.referenced
        before = dict(row.values)
        for attempt in range(_TRIES):
            rest, possible = row.code + attempt, True
            row.values.update(before)
            known = set(fixed)
            for link in self._late[plan.name]:
                if link.name not in row.template.linked:
                    continue
                parents = _agreeing(link, row.values, known, forest[link.parent])
                if parents:
                    rest, digit = divmod(rest, max(_RADIX, len(parents)))
                    parent = parents[
                        _near(row, parents, digit) if link.parent == plan.name else digit % len(parents)
                    ].values
                    row.values.update((name, parent[referenced]) for name, referenced in link.pairs)
                    known.update(name for name, _ in link.pairs)
                elif link.required or not link.clearable:
                    possible = False
                else:
                    row.values.update((name, None) for name in link.cleared if name not in known)
            if not possible:
                return False
            if not _excluded(row.values, refused) and taken.take(row.values):
                return True
        soft = [one for one in self._late[plan.name] if one.clearable and not one.required]
        row.values.update(before | {name: None for link in soft for name in link.cleared if name not in fixed})
        return len(soft) == len(self._late[plan.name]) and taken.take(row.values)

    @staticmethod
    def _uproot(forest: Mapping[TableName, list[_Row]], lost: _Row) -> None:
        """Take the row out, and all that have it for a parent."""
        gone = {id(lost)}
        for rows in forest.values():  # parents come first
            gone |= {id(row) for row in rows if any(id(parent) in gone for parent in row.parents.values())}
            rows[:] = [row for row in rows if id(row) not in gone]


def _base(link: Link, links: Sequence[Link], parents: Sequence[_Row]) -> tuple[int, int]:
    """The base of the key's digits, and how many parents there are to choose; 0 where that depends on other columns."""
    own = {name for name, _ in link.pairs}
    alone = all(own.isdisjoint(name for name, _ in one.pairs) for one in links if one is not link)
    whole = all(row.values[referenced] is not None for row in parents for _, referenced in link.pairs)
    return max(_RADIX, 2 * len(parents)), len(parents) if alone and whole else 0


def _near(row: _Row, parents: list[_Row], digit: int) -> int:
    """Which of its own table's rows a row refers to: the previous one, the next one, itself, or one further away.

    Relative, so that what is between other rows can be taken away.
    """
    place = next((number for number, one in enumerate(parents) if one is row), 0)
    further, ahead = divmod(digit - 3, 2)
    step = (-1, 1, 0)[digit] if digit < 3 else (further + 2) * (1 if ahead else -1)
    return (place + step) % len(parents)


class _Taken:
    """What the rows of a table hold already that no other may."""

    def __init__(self, plan: Plan, distincts: Collection[Distinct]) -> None:
        self._pools = plan.pools
        self._seen: list[tuple[Distinct, set[Values]]] = [(one, set()) for one in distincts]
        self._count = 0

    def take(self, values: dict[str, Value]) -> bool:
        """Whether the row can be there beside the others, perhaps with other values in it; then it is."""
        for one, seen in self._seen:
            key = one.key(values)
            if (key in seen or key == (UNKNOWN,)) and not self._resolve(one, values):
                return False
        for one, seen in self._seen:
            if (key := one.key(values)) is not None:
                seen.add(key)
        self._count += 1
        return True

    def _resolve(self, distinct: Distinct, values: dict[str, Value]) -> bool:
        name = distinct.resolver
        if name is None:
            return False
        concerned = [(one, seen) for one, seen in self._seen if name in one.columns or name in one.tested]
        pool = self._pools[name]
        for turn in range(len(pool)):
            values[name] = pool[(self._count + turn) % len(pool)]
            keys = ((one.key(values), seen) for one, seen in concerned)
            if not any(key in seen or key == (UNKNOWN,) for key, seen in keys):
                return True
        return False


def _excluded(values: Mapping[str, Value], refused: list[tuple[tuple[str, ...], frozenset[Values]]]) -> bool:
    return any(tuple(values[name] for name in columns) in some for columns, some in refused)


def _agreeing(link: Link, values: Mapping[str, Value], known: set[str], parents: list[_Row]) -> list[_Row]:
    """The rows that the key can refer to, given the columns that are decided."""
    decided = [(name, referenced) for name, referenced in link.pairs if name in known]
    free = [referenced for name, referenced in link.pairs if name not in known]
    return [
        one
        for one in parents
        if all(one.values[referenced] == values[name] for name, referenced in decided)
        and all(one.values[referenced] is not None for referenced in free)
    ]
