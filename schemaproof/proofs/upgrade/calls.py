"""One call from where production stands: ``alembic upgrade heads`` on databases at earlier revisions.

Alembic runs all revisions of a call in one transaction unless env.py says otherwise, and all in one session. So a call
that starts at a revision can fail where the one from an empty database passes: a type that the call itself makes may
take a new value that is used at once, one that was there before may not.

Up to 16 revisions every one is a start. In a longer history the starts are 2, 4, 8, ... revisions below head and as
many again, evenly spread; and any three neighbours are applied in one call, wherever they are: in three databases,
whose calls begin at another revision each. That takes about 3 N + N log N applications of one of N revisions. A pair of
neighbours that can't go together is found wherever it is; one that is further apart, where a start lies between the
revision that made what the pair is about and the pair.

Where env.py commits each revision by itself (transaction_per_migration), only what they leave in the session can
matter, and only the starts that are 2, 4, 8, ... below head are tried.

Where only some revisions are asked about, the starts are those near the first of them and above it.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemaproof.catalog import Catalog, Difference
from schemaproof.migration.environment import Run
from schemaproof.migration.stairway import Station
from schemaproof.migration.states import dropped_on_error
from schemaproof.postgres import Database, Template

if TYPE_CHECKING:
    from schemaproof.migration.history import History

_EVERY_START = 16  # revisions
_TOGETHER = 3  # revisions in one call
_BELOW = 4  # revisions that a call begins below the first one that is asked about


@dataclass(frozen=True)
class Parting:
    """A call that does not lead where single steps lead.

    Attributes:
        start: how many revisions the database has before it.
        stop: how many it would have then, or has.
        run: it, where it fails; None where it gives a different schema.
        differences: how that differs from the one of single steps.
    """

    start: int
    stop: int
    run: Run | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def is_one_step(self) -> bool:
        """Whether it applies one revision: then that can't be applied by itself, whatever a longer call makes of it."""
        return self.stop - self.start == 1


def starts(count: int, *, every: bool) -> list[int]:
    """The numbers of revisions to start from: all below ``count`` but the last, or some where it is not ``every``."""
    last = count - 2  # from there on a call applies one revision
    if every and count <= _EVERY_START:
        return list(range(1, last + 1))
    distances = [2**power for power in range(1, count.bit_length())]
    near = {count - distance for distance in distances}
    spread = (
        {round(count * number / (len(distances) + 1)) for number in range(1, len(distances) + 1)} if every else set()
    )
    return sorted(one for one in near | spread if 1 <= one <= last)


def first_parting(history: "History", *, commits_each: bool) -> Parting | None:
    """The first call from a revision that fails or leads elsewhere; the one from an empty database does neither."""
    count = len(history.revisions)
    expected = history.head_catalog()
    with _Lift(history) as lift:
        for start in _asked(history, starts(count, every=not commits_each)):
            found = _from(history, lift, start, expected)
            if found is not None:
                return _nearest(history, found)
    if commits_each or history.alone or count <= _EVERY_START or history.asked is not None:
        return None
    for offset in range(_TOGETHER):
        found = _in_groups(history, offset, expected)
        if found is not None:
            return found
    return None


def _asked(history: "History", found: list[int]) -> list[int]:
    """Of the starts that were ``found``, those from which a call meets a revision that is asked about and few others.

    Where only some are asked about, production stands just below the first of them, or a little further down.
    """
    if history.asked is None:
        return found
    first, last = min(history.asked_indexes, default=0), len(history.revisions) - 2
    near = [one for one in found if one >= first - _BELOW] if history.asked else []
    return sorted({*near, *([first] if 1 <= first <= last else [])})


class _Lift:
    """A database that is brought from one start to the next; as a context manager it is dropped at the end."""

    def __init__(self, history: "History") -> None:
        self._history = history
        self._held: tuple[int, Database] | None = None

    def __enter__(self) -> "_Lift":
        return self

    def __exit__(self, *_: object) -> None:
        if self._held is not None:
            self._held[1].drop()

    @contextmanager
    def at(self, count: int) -> Iterator[Database]:
        """A database with the first ``count`` revisions, dropped at the end."""
        history = self._history
        if history.alone:  # no two databases may have the roles that revisions make
            with history.build(count) as database:
                yield database
            return
        if self._held is not None:
            below, database = self._held
            with dropped_on_error(database):
                run = history.environment.upgrade(history.chain.script, database, history.revisions[below:count])
            self._held = (count, database)
            if run.error is not None:
                database.drop()
                self._held = None
        if self._held is None:
            self._held = (count, history.build(count))
        with history.server.clone(Template(self._held[1].name)) as copy:
            yield copy


def _from(history: "History", lift: _Lift, start: int, expected: Catalog) -> Parting | None:
    with lift.at(start) as database:
        run = history.upgrade_to_heads(database)
        if run.error is not None:
            return Parting(start, history.positions.get(run.revision or "", len(history.revisions) - 1) + 1, run)
        differences = history.compared(expected, _catalog(history, database))
    return Parting(start, len(history.revisions), None, tuple(differences)) if differences else None


def _nearest(history: "History", found: Parting) -> Parting:
    """The shortest call that fails at the same revision: the one before its start is the one that it can't go with."""
    if found.run is None:
        return found
    last = found.stop - 1
    alone = _failing(history, last, found.stop)
    if alone is not None:
        return alone
    low, high = found.start, last  # fails from low, and passes from high
    while high - low > 1:
        middle = (low + high) // 2
        shorter = _failing(history, middle, found.stop)
        low, high, found = (middle, high, shorter) if shorter is not None else (low, middle, found)
    return found


def _failing(history: "History", start: int, stop: int) -> Parting | None:
    """The call from ``start`` to ``stop``, where it fails at the last of its revisions."""
    with history.build(start) as database:
        run = _apply(history, database, start, stop)
    fails = run.error is not None and run.revision == history.revisions[stop - 1].revision
    return Parting(start, stop, run) if fails else None


def _in_groups(history: "History", offset: int, expected: Catalog) -> Parting | None:
    """All revisions, so many in each call, the first call as many as ``offset``."""
    bounds = _bounds(len(history.revisions), offset)
    with history.empty_database() as database:
        for start, stop in bounds:
            run = _apply(history, database, start, stop)
            if run.error is not None:
                found = Parting(start, history.positions.get(run.revision or "", stop - 1) + 1, run)
                return _nearest(history, found)
        if not history.compared(expected, _catalog(history, database)):
            return None
    return _first_difference(history, bounds)


def _bounds(count: int, offset: int) -> list[tuple[int, int]]:
    edges = [*dict.fromkeys((0, offset)), *range(offset + _TOGETHER, count, _TOGETHER), count]
    return list(itertools.pairwise(edges))


def _first_difference(history: "History", bounds: Sequence[tuple[int, int]]) -> Parting | None:
    """The first of the calls after which the schema is another one than after single steps."""
    with history.empty_database() as grouped, history.empty_database() as single:
        for start, stop in bounds:
            _apply(history, grouped, start, stop)
            for index in range(start, stop):
                _apply(history, single, index, index + 1)
            differences = history.compared(_catalog(history, single), _catalog(history, grouped))
            if differences:
                return Parting(start, stop, None, tuple(differences))
    return None


def _apply(history: "History", database: Database, start: int, stop: int) -> Run:
    revisions = history.revisions[start:stop]
    return history.checked(history.environment.upgrade(history.chain.script, database, revisions))


def _catalog(history: "History", database: Database) -> Catalog:
    station = Station(database, history.version_table)
    with station.lent():  # its connection is closed: the caller drops the database
        return station.catalog
