"""Checks run on one open history in any order, and none of them on what can't be reached."""

from collections.abc import Collection, Iterator, MutableMapping
from dataclasses import dataclass
from functools import cached_property

from schemaproof.check import Check
from schemaproof.finding import Finding, together
from schemaproof.migration.history import History
from schemaproof.migration.places import Places
from schemaproof.migration.roles import SharedRoleError
from schemaproof.migration.stairway import Stairs, Station
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.proofs.chain.checks import is_hidden
from schemaproof.report.outcome import Obstacle

_BROKEN = "the revision files can't be loaded; revision-import and revision-chain say why"


@dataclass(frozen=True)
class Question:
    """A check by its id, and the revision that it is asked of; None for the project as a whole."""

    check: str
    revision: str | None = None


@dataclass(frozen=True)
class Said:
    """What a check found, allowed or not.

    Attributes:
        findings: what it found.
        skipped: what in the project keeps it from running; "" if nothing does.
        obstacle: what else kept it from running; None if nothing did.
    """

    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    obstacle: Obstacle | None = None


class Interview:
    """Runs ``checks`` on ``history``, and notes in ``said`` what they find, also what comes along unasked."""

    def __init__(self, history: History, checks: Collection[Check], said: MutableMapping[Question, Said]) -> None:
        self._history = history
        self._checks = {check.id: check for check in checks}
        self._each = [check for check in checks if check.scope == "revision"]
        self._said = said
        self._passable: dict[int, bool] = {}  # by place in the history

    def questions(self) -> Iterator[Question]:
        """All that can be asked, in the order in which the answers share the most work."""
        once = [check for check in self._checks.values() if check.scope == "history"]
        yield from (Question(check.id) for check in once if check.area == "history")
        for script in self._history.revisions:
            yield from (Question(check.id, script.revision) for check in self._each)
        yield from (Question(check.id) for check in once if check.area != "history")

    def ask(self, question: Question) -> None:
        """Note what the check says.

        Raises:
            SubjectError: when the subject can't be examined.
            PostgresError: when the server fails.
            SharedRoleError: when another database of the run is in the way.
        """
        if question in self._said:
            return
        check = self._checks[question.check]
        if is_hidden(check, self._history.chain):
            self._said[question] = Said(skipped=_BROKEN)
        elif question.revision is not None:
            self._ask_revision(self._history.positions[question.revision], faults=check.area == "failure")
        else:
            self._said[question] = self._once(check)

    def _once(self, check: Check) -> Said:
        stop = None if check.area == "history" else self._below_head
        if stop is None or not check.needs_head:
            try:
                said = self._examined(check)
            except UpgradeFailedError as error:
                stop = self._stop(error.index + 1)
            else:
                if said.findings or stop is None:
                    return said
        return Said(skipped=f"revision {stop} fails, so head can't be reached")

    def _ask_revision(self, index: int, *, faults: bool) -> None:
        """Ask all that is judged by one stairway, or by its ``faults``, since those are what takes the time."""
        revision = self._history.revisions[index].revision
        checks = [one for one in self._each if (one.area == "failure") == faults]
        try:
            stairs = self._stairs(index)
        except SharedRoleError:
            raise
        except Exception as error:  # noqa: BLE001 (it is told of all that it keeps from being asked)
            for check in checks:
                self._said[Question(check.id, revision)] = self._kept_off(error, check, revision)
            return
        passed = stairs is not None and stairs.down is not None
        stop = None if passed else self._stop(index)
        reason = "" if passed else f"revision {stop or revision} fails"
        for check in checks:
            said = Said() if stairs is None or stop else self._examined(check, revision)
            # A check that is silent of what it could not look at has said nothing.
            silent = not said.findings and said.obstacle is None
            self._said[Question(check.id, revision)] = Said(skipped=reason) if silent else said

    def _examined(self, check: Check, revision: str | None = None) -> Said:
        """What ``check`` finds; if it fails, that stops no other one.

        Raises:
            UpgradeFailedError, SharedRoleError: as it does.
            PostgresError: when the server is lost.
        """
        try:
            found = together(check.examine(self._history, *([revision] if revision else [])))
            return Said(self._history.kept(Places).on(found))
        except (UpgradeFailedError, SharedRoleError):
            raise
        except Exception as error:  # noqa: BLE001 (it is told)
            return self._kept_off(error, check, revision)

    def _kept_off(self, error: Exception, check: Check, revision: str | None) -> Said:
        self._history.server.require()  # where it is lost, that is what there is to say
        self._history.abandon()
        return Said(obstacle=Obstacle.of(error, check.id, revision))

    @cached_property
    def _below_head(self) -> str | None:
        """The revision that keeps head from being reached, if there is one."""
        last = self._history.revisions[-1].revision
        try:
            with self._history.head_copy() as database:
                station = Station(database, self._history.version_table)
                reached = last in station.heads()
                station.close()
        except UpgradeFailedError as error:
            return self._stop(error.index + 1)
        return None if reached else self._stop(len(self._history.revisions))

    def _stop(self, count: int) -> str | None:
        """The first of the lowest ``count`` revisions whose upgrade fails, or is not recorded."""
        for index in range(count):
            if index not in self._passable:
                self._stairs(index)
            if not self._passable[index]:
                return self._history.revisions[index].revision
        return None

    def _stairs(self, index: int) -> Stairs | None:
        """The stairway at ``index``; None where what lies below it can't be climbed."""
        try:
            stairs = self._history.stairs(self._history.revisions[index].revision)
        except UpgradeFailedError as error:
            self._passable[error.index] = self._passable[index] = False
            return None
        self._passable[index] = stairs.down is not None
        return stairs
