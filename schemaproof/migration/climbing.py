"""The revisions climbed in one database, one after the other: up, down, up again.

The catalog is read anew only as far as it changed, so the cost of a revision does not grow with those below it, as that
of a database of its own would (PostgreSQL copies every table's files). What is found there is found again in a database
where nothing was ever taken back, before anybody hears of it.
"""

from dataclasses import replace

from schemaproof.catalog import Catalog, Difference
from schemaproof.migration.coming_down import ComingDown
from schemaproof.migration.databases import Databases
from schemaproof.migration.environment import Run
from schemaproof.migration.grants import is_about
from schemaproof.migration.moments import Moments
from schemaproof.migration.one_call import OneCall
from schemaproof.migration.stairway import Stairs, Station


class Climbing:
    """The database that climbs, and the stairway of the revision that it was at last."""

    def __init__(self, databases: Databases, one_call: OneCall) -> None:
        self._databases = databases
        self._one_call = one_call
        self._station: tuple[int, Station] | None = None  # by the number of its revisions
        self._stairs: Stairs | None = None
        self._down: dict[int, ComingDown] = {}
        self._moments = Moments()  # what is unstable, as far as it is known to be so because each upgrade makes it anew
        self._fixed: list[Difference] = []  # of it, what the last stairway showed

    def stairs(self, index: int) -> Stairs:
        """The stairway of the revision at ``index``; see :meth:`History.stairs`."""
        revision = self._databases.revisions[index].revision
        if not self.knows(revision):
            stairs = self._stairs = replace(self._climb_surely(index), moments=self._moments)
            self._fixed = self._fixed_at_the_time(stairs)
            self._down[index] = ComingDown.of(stairs)
        assert self._stairs is not None  # noqa: S101 (it was just climbed)
        return self._stairs

    def knows(self, revision: str) -> bool:
        """Whether ``revision`` is the one whose stairway was climbed last."""
        return self._stairs is not None and self._stairs.revision == revision

    def fixed_at_the_time(self, index: int) -> list[Difference]:
        """How the second upgrade's catalog differs from the first one's because each upgrade makes it anew."""
        self.stairs(index)
        return self._fixed

    def coming_down(self, index: int) -> ComingDown:
        """What is wrong with the downgrade of the revision at ``index``, also long after its stairway."""
        if index not in self._down:
            self.stairs(index)
        return self._down[index]

    def note_coming_down(self, index: int, down: ComingDown) -> None:
        """Take over from another process what it found out of the revision at ``index``."""
        self._down[index] = down

    def catalog_at(self, index: int) -> Catalog:
        """The catalog before the revision at ``index``, whose stairway is then the next to climb."""
        return self._arrive(index).catalog

    def forget(self) -> None:
        """Forget the last stairway: an error has left its database in whatever state."""
        self._stairs = None

    def close(self) -> None:
        """Drop the database."""
        station, self._station = self._station, None
        if station is not None:
            station[1].close()

    def _fixed_at_the_time(self, stairs: Stairs) -> list[Difference]:
        """See ``fixed_at_the_time``; told by a third upgrade, of another database.

        What that makes different from both others is fixed at the time of the migration, or drawn by chance. The rest
        has another cause.
        """
        if not stairs.differs or stairs.first is None or stairs.second is None:
            return []
        index = self._databases.positions[stairs.revision]
        station = self._databases.station(index)
        try:
            self._upgrade(station, index)
            third = station.read(station.catalog)
        finally:
            station.close()
        moments = Moments.of(stairs.first, stairs.second, third)
        self._moments |= moments
        self._one_call.note_moments(stairs.revision, moments)
        return moments.among(stairs.differs)

    def _climb_surely(self, index: int) -> Stairs:
        station = self._arrive(index)
        stairs = self._climb(station, index)
        if not stairs.clean and not stairs.refused and not station.pure:  # rows that a downgrade forgot may be to blame
            self.close()
            station = self._arrive(index)
            stairs = self._climb(station, index)
        if stairs.at_top:
            assert stairs.first is not None  # noqa: S101 (at_top)
            # Equal catalogs, but a second upgrade makes other objects: of these are the oids.
            station.catalog, station.pure = stairs.first if stairs.second is None else stairs.second, False
            self._station = (index + 1, station)
        else:
            self.close()
        return stairs

    def _arrive(self, index: int) -> Station:
        """The climbing database in the state before the revision at ``index``."""
        if self._station is None or self._station[0] != index:
            self.close()
            self._station = (index, self._databases.station(index))
            self._one_call.note_one_call(index, self._station[1].catalog)
        return self._station[1]

    def _climb(self, station: Station, index: int) -> Stairs:
        revision = self._databases.revisions[index]
        heads, before = station.heads(), station.catalog
        station.ledger.begin()
        up = self._upgrade(station, index)
        if up.error is not None:
            return Stairs(revision.revision, before, up)
        first, recorded = station.read(before), revision.revision in station.heads()
        self._one_call.note_last_step(index + 1, first)
        if not recorded:
            return Stairs(revision.revision, before, up, first)
        grants = station.ledger.up(before, first, grants=self._is_granting(up, index))
        down = self._downgrade(station, index)
        after = station.read(first)
        if down.error is not None:
            return Stairs(revision.revision, before, up, first, recorded, down, after, grants=grants)
        grants = station.ledger.down(before, after, grants)
        unrecorded = station.heads() == heads
        again = self._upgrade(station, index)
        second = station.read(after) if again.error is None else None
        return Stairs(revision.revision, before, up, first, recorded, down, after, unrecorded, again, second, grants)

    def _is_granting(self, up: Run, index: int) -> bool:
        """Whether the revision says something of privileges: in what it sent, or for a driver's cursor in its file."""
        return bool(up.privileges.get(up.revision or "")) or is_about(self._databases.chain.literals[index])

    def _upgrade(self, station: Station, index: int) -> Run:
        script, revision = self._databases.chain.script, self._databases.revisions[index]
        return self._databases.checked(self._databases.environment.upgrade(script, station.database, [revision]))

    def _downgrade(self, station: Station, index: int) -> Run:
        script, revision = self._databases.chain.script, self._databases.revisions[index]
        return self._databases.checked(self._databases.environment.downgrade(script, station.database, revision))
