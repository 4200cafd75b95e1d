"""What the checks of failures share: the faults injected into a history, and the crashes beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from schemaproof.migration.history import History
from schemaproof.proofs.failure.crashing import Crasher
from schemaproof.proofs.failure.proof import Examined, Kinds, Proof
from schemaproof.tally import Tally


@dataclass
class Injected:
    """What one process hands over to another.

    Attributes:
        tally: how many faults it injected.
        kinds: of which kinds the revisions are, as far as it knows; see ``Proof.kinds``.
    """

    tally: Tally = field(default_factory=Tally)
    kinds: dict[str, Kinds] = field(default_factory=dict)


class Failures:
    """What fails in ``history``, and how; it is kept by it."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._proof = Proof(history, everywhere=history.subject.everywhere)
        self._last: tuple[str, tuple[Examined, ...]] | None = None
        self._crasher: Crasher | None = None

    @property
    def tally(self) -> Tally:
        """How many faults were injected so far."""
        return self._proof.tally

    @property
    def injected(self) -> Injected:
        """What another process is to know of this one's faults."""
        return Injected(self._proof.tally, self._proof.kinds)

    def take_over(self, other: Injected) -> None:
        """Know what another process has handed over."""
        self._proof.tally.add(other.tally)
        self._proof.kinds.update(other.kinds)

    def of(self, revision: str) -> tuple[Examined, ...]:
        """What faults do to ``revision``; nothing where it can't be applied. See :meth:`Proof.examine`."""
        if self._last is None or self._last[0] != revision:
            stairs = self._history.stairs(revision)
            applied = stairs.up.error is None and stairs.recorded
            found = self._proof.examine(revision, downgrade=stairs.ran_down) if applied else ()
            self._last = (revision, found)
        return self._last[1]

    def begin_crashes(self) -> None:
        """Begin to crash a server of its own in the revisions, in another process."""
        history = self._history
        if history.asked is not None and not history.asked:
            return
        if self._crasher is None and not history.alone and history.server.options is not None:
            subject = replace(history.subject, driver=history.environment.driver)
            asked = None if history.asked is None else [one for one in history.positions if one in history.asked]
            everywhere = history.subject.everywhere
            self._crasher = Crasher(subject, history.server, everywhere=everywhere, revisions=asked)

    def crashes(self) -> Mapping[str, tuple[Examined, ...]]:
        """By revision, what crashes of the server left; see :class:`Crasher`.

        Where faults were injected, it is known which revisions are of one kind, and not all have to be gone through.
        """
        self.begin_crashes()
        if self._history.asked is not None and not self._history.asked:
            return {}
        assert self._crasher is not None  # noqa: S101 (asked for where there can be one)
        found = self._crasher.finish(self._proof.kinds, self._history.told)
        self._crasher = None
        self.tally.add(found.tally)
        self._history.note_left_out(found.left_out)
        return found.examined

    def leave(self) -> None:
        """Drop the databases, which are in whatever state."""
        self._last = None
        self._proof.close()

    def close(self) -> None:
        """Drop the databases, and end the crashes."""
        if self._crasher is not None:
            self._crasher.end()
            self._crasher = None
        self._proof.close()
