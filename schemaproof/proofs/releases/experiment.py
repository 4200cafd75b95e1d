"""The older release's statements, tried on the schema that it was made for and on the one that a deployment leaves."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from schemaproof.migration.populated import PopulatedStates
from schemaproof.postgres import Database
from schemaproof.proofs.releases.affected import Affected, Name, affected
from schemaproof.proofs.releases.asking import Refusal, ask
from schemaproof.proofs.releases.fired import Fired, failing, with_triggers, writes
from schemaproof.proofs.releases.literals import Literals
from schemaproof.proofs.releases.routines import Routines
from schemaproof.proofs.releases.row_security import Hidden, Way, hidden, is_on, ways
from schemaproof.proofs.releases.samples import Relation, Sample, relations, samples
from schemaproof.proofs.releases.statements import Statement, Written, reads
from schemaproof.proofs.releases.suspects import suspects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemaproof.catalog import Catalog
    from schemaproof.migration.history import History


@dataclass(frozen=True)
class Refused:
    """A statement of the older release that worked before the deployment, and fails after it.

    Attributes:
        statement: it.
        refusal: what the server says.
        revision: the first one after which it fails.
    """

    statement: Statement
    refusal: Refusal
    revision: str


@dataclass(frozen=True)
class Trial:
    """What one deployment does to the older release.

    Attributes:
        places: those of its revisions.
        before: the catalog of the older release.
        after: the catalog that it leaves.
        affected: what it may have changed something for.
        older: the relations of it as the older release knows them, by name.
        newer: those that have these names afterwards.
        moved: those that were called so, by their oid.
        samples: rows for the tables.
        literals: how the values of these are written.
        working: what worked before.
        refused: what of it does not work any more.
        hidden: what row security leaves no row for.
        routines: the functions that may not.
        fired: the writes that no release can do any more.
        ended: the last of its revisions.
    """

    places: range
    before: "Catalog"
    after: "Catalog"
    affected: Affected
    older: Mapping[Name, Relation] = field(default_factory=dict)
    newer: Mapping[Name, Relation] = field(default_factory=dict)
    moved: Mapping[int, Relation] = field(default_factory=dict)
    samples: Sequence[Sample] = ()
    literals: Literals = field(default_factory=lambda: Literals({}, ""))
    working: Sequence[Statement] = ()
    refused: Sequence[Refused] = ()
    hidden: Sequence[Hidden] = ()
    routines: Routines = field(default_factory=lambda: Routines(()))
    fired: Sequence[Fired] = ()
    ended: str = ""


class Releases:
    """The deployments of ``history``; each is tried once for all checks."""

    def __init__(self, history: "History") -> None:
        self._history = history
        self._before: dict[int, Catalog] = {}  # by the place of the first revision of a deployment
        self._last: tuple[range, Trial | None] | None = None

    def trial(self, revision: str) -> Trial | None:
        """What the deployment does that ends with ``revision``.

        None where it ends with another one, where an upgrade in it fails, which others tell, and where nothing is
        changed that was there.
        """
        history = self._history
        places = history.deployment(history.positions[revision])
        if history.positions[revision] == places.start:
            self._before = {places.start: history.stairs(revision).before}
        if history.alone or revision != history.revisions[places[-1]].revision:
            return None
        if self._last is None or self._last[0] != places:
            self._last = places, self._tried(places)
        return self._last[1]

    def _tried(self, places: range) -> Trial | None:
        history = self._history
        ids = [history.revisions[place].revision for place in places]
        if places.start not in self._before:
            self._before = {places.start: history.stairs(ids[0]).before}
        last = history.stairs(ids[-1])
        if last.up.error is not None or not last.recorded or last.first is None:
            return None
        before, after = self._before[places.start], last.first
        routines = suspects(before, after)
        trial = Trial(places, before, after, affected(before, after), routines=Routines(routines), ended=ids[-1])
        return self._run(trial, ids) if trial.affected.relations or routines else None

    def _run(self, trial: Trial, ids: Sequence[str]) -> Trial | None:
        states = self._history.kept(PopulatedStates)
        names = set(trial.affected.relations)
        secured = names if is_on(trial.after, names) else set()
        with connected(states.at(trial.places.start).database) as connection:
            older = {one.name: one for one in relations(connection, names)}
            found, types = samples(connection, names)
            literals = Literals(types, self._history.application_driver)
            could = ways(connection, secured) if secured else {}
            statements = _derived(trial.affected, older, found, literals)
            working = [
                one
                for one, refusal in zip(statements, ask(connection, [one.text for one in statements]), strict=True)
                if refusal is None
            ]
            trial.routines.before(connection)
        refused: dict[Statement, tuple[str, Refusal]] = {}
        fired: Sequence[Fired] = ()
        firing = with_triggers(trial.after)
        newer: Sequence[Relation] = ()
        can: list[tuple[str, Mapping[Way, bool]]] = []
        for place, revision in zip(trial.places, ids, strict=True):
            after = states.at(place + 1)
            if states.failed(place) is not None:
                return None  # on rows; the areas of rows tell it
            with connected(after.database) as connection:
                refusals = ask(connection, [one.text for one in working])
                newer = relations(connection, names, [one.oid for one in older.values()])
                can.append((revision, ways(connection, secured) if secured else {}))
                written = [one for one in writes(older, newer, found, literals, working) if one.relation in firing]
                answers = ask(connection, [one.text for one in written]) if written else []
                fired = failing([*zip(written, answers, strict=True)], trial.after, fired, revision)
                trial.routines.after(connection, revision)
            refused = {
                one: (refused[one][0] if one in refused else revision, refusal)
                for one, refusal in zip(working, refusals, strict=True)
                if refusal is not None
            }
        oids = {one.oid for one in older.values()}
        return Trial(
            trial.places,
            trial.before,
            trial.after,
            trial.affected,
            older,
            {one.name: one for one in newer if one.name in names},
            {one.oid: one for one in newer if one.oid in oids},
            found,
            literals,
            working,
            [Refused(one, refusal, revision) for one, (revision, refusal) in refused.items()],
            hidden(could, can),
            trial.routines,
            fired,
            ids[-1],
        )


@contextmanager
def connected(database: Database) -> "Iterator[psycopg.Connection[Any]]":
    """A connection of the harness, in autocommit mode."""
    with psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof") as connection:
        yield connection


def _derived(
    changed: Affected, older: Mapping[Name, Relation], found: Iterable[Sample], literals: Literals
) -> list[Statement]:
    statements = [
        one for name, relation in older.items() for one in reads(relation, changed.relations.get(name, frozenset()))
    ]
    for sample in found:
        statements += Written(sample, literals, changed).statements()
    return list({one.text: one for one in statements}.values())
