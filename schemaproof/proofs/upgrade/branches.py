"""Revisions on a database that has their ancestors alone, and not what other branches happened to bring before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.script import Script

from schemaproof.migration.environment import Run
from schemaproof.migration.states import UpgradeFailedError, dropped_on_error
from schemaproof.postgres import Database

if TYPE_CHECKING:
    from schemaproof.migration.history import History


@dataclass(frozen=True)
class Stranded:
    """A revision that fails on its ancestors alone.

    Attributes:
        revision: its id.
        run: the run that failed.
        needs: the revision of another branch after which it passes; None where none was found.
    """

    revision: str
    run: Run
    needs: str | None


def stranded(history: "History") -> Iterator[Stranded]:
    """The revisions that need what another branch makes, without ``depends_on``.

    A history without branches costs nothing; in one with branches, each of their revisions is applied once more.
    """
    with _Lane(history) as lane:
        failed: set[str] = set()
        for index, script in enumerate(history.revisions):
            if history.asked is not None and script.revision not in history.asked:
                continue
            ancestors = ancestors_of(history, script)
            if len(ancestors) == index or ancestors & failed:
                continue  # the whole history below it, on which it was applied already; or told at an ancestor
            run = lane.apply(ancestors, script)
            if run.error is not None:
                failed.add(script.revision)
                yield Stranded(script.revision, run, _needed(history, ancestors, index))


def ancestors_of(history: "History", script: Script) -> frozenset[str]:
    """The ids of all revisions that Alembic applies before ``script``: what it follows and what it depends on."""
    found: set[str] = set()
    waiting = list(script._all_down_revisions)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(history.revisions[history.positions[one]]._all_down_revisions)
    return frozenset(found)


def _needed(history: "History", ancestors: frozenset[str], index: int) -> str | None:
    """The first of the other branches' revisions after which the one at ``index`` passes; it does after all of them."""
    script = history.revisions[index]
    others = [one for one in history.revisions[:index] if one.revision not in ancestors]
    low, high = 0, len(others)  # fails with so many of them, passes
    while high - low > 1:
        middle = (low + high) // 2
        more = {one.revision for one in others[:middle]}
        low, high = (low, middle) if _passes(history, ancestors | more, script) else (middle, high)
    return others[high - 1].revision if others else None


def _passes(history: "History", below: frozenset[str], script: Script) -> bool:
    with _Lane(history) as lane:
        try:
            return lane.apply(below, script).error is None
        except UpgradeFailedError:
            return False


class _Lane:
    """A database that has some revisions and no others; as a context manager it is dropped at the end."""

    def __init__(self, history: "History") -> None:
        self._history = history
        self._held: tuple[frozenset[str], Database] | None = None

    def __enter__(self) -> "_Lane":
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def apply(self, below: frozenset[str], script: Script) -> Run:
        """The upgrade of ``script`` where only the revisions ``below`` are applied.

        Raises:
            UpgradeFailedError: when one of those fails.
        """
        if self._held is None or self._held[0] != below:
            self._leave()
            self._held = (below, self._build(below))
        database = self._held[1]
        run = self._advance(database, [script])
        if run.error is None:
            self._held = (below | {script.revision}, database)
        else:
            self._leave()
        return run

    def _build(self, wanted: frozenset[str]) -> Database:
        history = self._history
        common = 0  # the revisions at the base that are all wanted
        while common < len(history.revisions) and history.revisions[common].revision in wanted:
            common += 1
        rest = [one for one in history.revisions[common:] if one.revision in wanted]
        database = history.build(common)
        if rest and self._advance(database, rest).error is not None:  # one call may fail where single steps pass
            database.drop()
            database = history.build(common)
            for one in rest:
                run = self._advance(database, [one])
                if run.error is not None:
                    database.drop()
                    raise UpgradeFailedError(history.positions[one.revision], run)
        return database

    def _advance(self, database: Database, revisions: list[Script]) -> Run:
        history = self._history
        with dropped_on_error(database):
            return history.checked(history.environment.upgrade(history.chain.script, database, revisions))

    def _leave(self) -> None:
        if self._held is not None:
            self._held[1].drop()
            self._held = None
