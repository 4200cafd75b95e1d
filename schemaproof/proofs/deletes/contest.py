"""The races of all foreign keys of a database: which are run, and what they showed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import psycopg
import sqlalchemy

from schemaproof.proofs.deletes.emptiness import empty_ones
from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.interleaving import Connection, Course
from schemaproof.proofs.deletes.mapped import Mapped
from schemaproof.proofs.deletes.races import (
    MOST_ORDERS,
    Fault,
    Race,
    Result,
    Track,
    chain_race,
    insert_race,
    move_race,
)
from schemaproof.proofs.deletes.searching import SearchError
from schemaproof.proofs.deletes.specimens import Specimen, Specimens, above
from schemaproof.rows.population import Population

MOST_KEYS = 24  # about 0.1 s each
_MOST_CHAINS = 3
_FAR = 4  # times as many orders as are gone through: the first of them, in which little comes in between, say nothing

# What the server says of rows that can't be planted.
_REFUSED = (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, psycopg.InternalError)

_TRIGGERED = """
SELECT DISTINCT n.nspname::text, c.relname::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal
"""

# What may write to other tables than a statement names, or have rows that no statement put there.
_UNPLAIN = """
SELECT n.nspname::text, c.relname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relhassubclass OR c.relhasrules OR c.relkind <> 'r'
    OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
    OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
"""


@dataclass(frozen=True)
class Chain:
    """A deadlock that was bound to be: three tables, one below the other, and how it came.

    Attributes:
        upper: the key of the child, to the row that is deleted.
        lower: the key of the grandchild.
        course: the order of the steps.
    """

    upper: ForeignKey
    lower: ForeignKey
    course: Course


@dataclass
class Contested:
    """What the races showed.

    Attributes:
        faults: each with whether the delete was the ORM's.
        chain: the first deadlock that was bound to be; None where none was seen.
        tried: the keys that were raced for.
        refused: those that could not be, each with the reason.
        left_out: how many were not tried since there are so many.
        courses: how many orders were gone through.
        cut: the keys of which the ORM's delete has so many statements that not all orders were.
    """

    faults: list[tuple[Fault, bool]] = field(default_factory=list)
    chain: Chain | None = None
    tried: list[ForeignKey] = field(default_factory=list)
    refused: dict[ForeignKey, str] = field(default_factory=dict)
    left_out: int = 0
    courses: int = 0
    cut: list[ForeignKey] = field(default_factory=list)


class Contest:
    """Runs them, in a database of the harness' own of which nothing is needed afterwards.

    Args:
        observer: in autocommit mode.
        sessions: two, not in autocommit mode.
        model: what the keys should do.
        database: the graph of the database.
        orm: the mapped classes and a connection for them; None where there are none.
        population: what rows the tables accept, for those that can't be filled without knowing it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (what there is of a subject)
        self,
        observer: Connection,
        sessions: tuple[Connection, Connection],
        model: Graph,
        database: Graph,
        orm: tuple[Mapped, sqlalchemy.Connection] | None = None,
        population: Population | None = None,
    ) -> None:
        self._observer = observer
        self._sessions = sessions
        self._model = model
        self._database = database
        self._orm = orm
        self._population = population
        self._unplain: frozenset[TableName] = frozenset()
        self.contested = Contested()

    def run(self) -> Contested:
        """The races of the keys that are most in question, at most ``MOST_KEYS``.

        Raises:
            psycopg.OperationalError: when the server is lost.
        """
        keys = self._keys()
        found = self.contested
        found.left_out = max(len(keys) - MOST_KEYS, 0)
        keys = keys[:MOST_KEYS]
        if not keys:
            return found
        self._unplain = frozenset(TableName(*row) for row in self._observer.execute(_UNPLAIN).fetchall())
        tables = list(above(self._database, [name for key in keys for name in (key.table, key.parent)]))
        specimens = Specimens(self._observer, self._database, tables, self._population)
        chosen = {key: self._specimen(specimens, key) for key in keys}
        track = Track(self._observer, *self._sessions, specimens)
        chains = list(islice(self._chains(track, chosen), _MOST_CHAINS))
        specimens.clear()
        for key, specimen in chosen.items():
            if specimen is None:
                found.refused.setdefault(key, "no rows are known for it")
            else:
                self._race(track, specimen)
                self._clear(specimens, specimen)
        for upper, lower, race in chains:
            self._race_chain(track, upper, lower, race)
        return found

    def _specimen(self, specimens: Specimens, key: ForeignKey) -> Specimen | None:
        try:
            return specimens.find(key)
        except SearchError as error:
            self.contested.refused[key] = str(error)
            return None

    def _keys(self) -> list[ForeignKey]:
        """All keys, those first that say something that others do not."""
        own = {key.link: key for key in self._model.keys}
        theirs = {key.link: key for key in self._database.keys}
        triggered = {TableName(*row) for row in self._observer.execute(_TRIGGERED).fetchall()}
        known = self._database.tables.keys()
        keys = [key for key in {**theirs, **own}.values() if key.table in known and key.parent in known]
        seen: set[object] = set()
        ranked = []
        for place, key in enumerate(keys):
            other = theirs.get(key.link)
            differs = other is None or other.on_delete is not key.on_delete
            by_hand = bool({key.table, key.parent} & triggered) or self._in_orm(key)
            doubt = 2 * differs + by_hand
            mapped = self._orm is not None and key.parent in self._orm[0]
            shape = (key.on_delete, key.deferrable, len(key.columns), key.table == key.parent, mapped)
            ranked.append((-doubt, shape in seen, place, key))
            seen.add(shape)
        return [key for *_, key in sorted(ranked, key=lambda one: one[:3])]

    def _in_orm(self, key: ForeignKey) -> bool:
        """Whether the ORM alone deletes the children."""
        if self._orm is None or key.parent not in self._orm[0]:
            return False
        return key.on_delete.refuses and self._orm[0].deletes(key)

    def _race(self, track: Track, specimen: Specimen) -> None:
        key = specimen.key
        result = self._run(lambda: track.run(insert_race(track, specimen)))
        if not result.tried:
            self.contested.refused[key] = result.refused or "one session after the other fails already"
            return
        self.contested.tried.append(key)
        move = move_race(track, specimen)
        if not result.faults and move is not None:
            result = self._run(lambda: track.run(move))
        self.contested.faults += [(fault, False) for fault in result.faults]
        if not result.faults and self._orm is not None and key.parent in self._orm[0]:
            self._race_orm(track, specimen, *self._orm)

    def _clear(self, specimens: Specimens, specimen: Specimen) -> None:
        """Leave nothing of a race: a child that is left would refuse the deletes of the next one's parent."""
        tables = [table for table, _ in (*specimen.base, *specimen.also)]
        try:
            self._observer.execute(specimens.planting((), [*tables, specimen.key.table]))
        except _REFUSED:  # then the race's own rows could not be planted either, which is told
            self._observer.execute("ROLLBACK")

    def _race_orm(self, track: Track, specimen: Specimen, mapped: Mapped, connection: sqlalchemy.Connection) -> None:
        key = specimen.key
        self._observer.execute(track.specimens.planting(specimen.base, [key.table]))
        identity = mapped.identity(connection, key.parent, specimen.parent)
        if identity is None:
            return
        raw: Any = connection.connection.driver_connection
        ours = Track(self._observer, raw, self._sessions[1], track.specimens)
        empty = self._empty(specimen, mapped)
        deletion = mapped.deleting(connection, key.parent, identity, empty=empty)
        refusable = key.on_delete.refuses and not mapped.deletes(key)
        each, whole = (
            replace(insert_race(ours, specimen, whole=whole), delete=deletion, refusable=refusable)
            for whole in (False, True)
        )
        results = [self._run(lambda: ours.run(each, unless=_FAR * MOST_ORDERS))]
        if results[0].cut:
            results.append(self._run(lambda: ours.run_whole(whole)))
        if results[-1].cut:
            self.contested.cut.append(key)
        faults = {fault.wrong: fault for result in results for fault in result.faults if result.tried}
        self.contested.faults += [(fault, True) for fault in faults.values()]

    def _empty(self, specimen: Specimen, mapped: Mapped) -> set[TableName]:
        """The tables around the specimen's that are empty, and stay so since nothing but its rows is written."""
        held = {table for table, _ in specimen.base} | {specimen.key.table}
        if held & self._unplain:
            return set()
        asked = mapped.around(specimen.key.parent, held) & self._database.tables.keys()
        try:
            return empty_ones(self._observer.cursor(), asked - held - self._unplain)
        except psycopg.errors.InsufficientPrivilege:  # the role may not read one of them
            return set()

    def _chains(
        self, track: Track, chosen: Mapping[ForeignKey, Specimen | None]
    ) -> Iterator[tuple[ForeignKey, ForeignKey, Race]]:
        """Two keys of which the first one's child is the other one's parent, and their race."""
        theirs = {key.link: key for key in self._database.keys}
        for lower, specimen in chosen.items():
            for upper in self._model.parents(lower.parent):
                other = theirs.get(upper.link)
                cascading = other is not None and {upper.on_delete, other.on_delete} == {Action.CASCADE}
                if specimen is None or not cascading or len({upper.parent, lower.parent, lower.table}) < 3:
                    continue
                if (race := chain_race(track, specimen, upper)) is not None:
                    yield upper, lower, race

    def _race_chain(self, track: Track, upper: ForeignKey, lower: ForeignKey, race: Race) -> None:
        result = self._run(lambda: track.run(race))
        told = {(fault.wrong, fault.key) for fault, _ in self.contested.faults}
        self.contested.faults += [(one, False) for one in result.faults if (one.wrong, one.key) not in told]
        if self.contested.chain is None and result.deadlock is not None:
            self.contested.chain = Chain(upper, lower, result.deadlock)

    def _run(self, run: Callable[[], Result]) -> Result:
        try:
            result = run()
        except _REFUSED as error:
            self._observer.execute("ROLLBACK")
            return Result(refused=error.diag.message_primary or str(error))
        self.contested.courses += result.courses
        return result
