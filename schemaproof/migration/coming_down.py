"""What one stairway says of a revision's downgrade."""

from dataclasses import dataclass
from typing import Literal

from schemaproof.catalog import Difference, Identity
from schemaproof.migration.culprits import culprits
from schemaproof.migration.environment import NoDowngradeError
from schemaproof.migration.intent import is_deliberate
from schemaproof.migration.stairway import Stairs

# "": it comes down as it should.
type Fault = Literal["", "no function", "refuses", "fails", "not recorded", "does nothing", "leaves"]


def is_harmless(difference: Difference) -> bool:
    """Whether a downgrade may leave ``difference``, as long as the upgrade can then be run again.

    An extension may be used by others; PostgreSQL can't take a label from an enum; a constraint that was validated
    stays true.
    """
    identity, attribute = difference.identity, difference.attribute
    if identity.kind == "extension":
        return difference.kind == "extra"
    if attribute == "validated":
        return difference.after is True
    if attribute == "labels" and isinstance(difference.before, tuple) and isinstance(difference.after, tuple):
        return set(difference.before) <= set(difference.after)
    return False


def _is_reordered(difference: Difference, left: tuple[Difference, ...]) -> bool:
    """Whether a view has its columns in another order and no other difference: SELECT * follows its table."""
    columns = {one.identity: one for one in left if one.attribute == "columns"}.get(difference.identity)
    if columns is None or not isinstance(columns.before, tuple) or not isinstance(columns.after, tuple):
        return False
    return difference.attribute in {"columns", "definition"} and sorted(columns.before, key=str) == sorted(
        columns.after, key=str
    )


@dataclass(frozen=True)
class Judgement:
    """What one stairway says.

    Attributes:
        stairs: the stairway.
        left: how the schema after the downgrade differs from the one before the upgrade, positions of columns aside:
            PostgreSQL adds columns at the end.
        harmful: those that a downgrade must not leave.
    """

    stairs: Stairs
    left: tuple[Difference, ...]
    harmful: tuple[Difference, ...]

    @classmethod
    def of(cls, stairs: Stairs) -> "Judgement":
        """What ``stairs`` says."""
        left = tuple(difference for difference in stairs.left if difference.attribute != "position")
        moved = len(left) < len(stairs.left)
        harmful = tuple(one for one in left if not is_harmless(one) and not (moved and _is_reordered(one, left)))
        return cls(stairs, left, harmful)

    @property
    def fault(self) -> Fault:
        """What is wrong with the downgrade."""
        stairs, down = self.stairs, self.stairs.down
        if down is None:
            return ""
        if isinstance(down.error, NoDowngradeError):
            return "no function"
        if down.error is not None:
            return "refuses" if is_deliberate(down) else "fails"
        if not stairs.unrecorded:
            return "not recorded"
        if self.harmful:
            return "does nothing" if stairs.after == stairs.first else "leaves"
        return ""

    @property
    def again_fails(self) -> bool:
        """Whether the upgrade can't be applied again after it."""
        return self.stairs.again is not None and self.stairs.again.error is not None

    @property
    def in_the_way(self) -> tuple[Difference, ...]:
        """Those of ``left`` that keep the upgrade from being applied again: its error names their objects."""
        again = self.stairs.again
        return culprits(self.left, again.first or again.error) if again is not None else ()


@dataclass(frozen=True)
class ComingDown:
    """As much of a judgement as outlives the stairway, and goes from one process to another.

    Attributes:
        fault: what is wrong with the downgrade.
        left: the objects that it leaves otherwise than they were.
    """

    fault: Fault
    left: tuple[Identity, ...]

    @classmethod
    def of(cls, stairs: Stairs) -> "ComingDown":
        """What is to be remembered of ``stairs``."""
        judgement = Judgement.of(stairs)
        return cls(judgement.fault, tuple(dict.fromkeys(one.identity for one in judgement.harmful)))
