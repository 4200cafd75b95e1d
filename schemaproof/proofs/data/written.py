"""What to write where a statement that writes rows, or deletes them, meets a constraint that was there before it."""

from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.counting import counted
from schemaproof.proofs.data.nulled import Nulled
from schemaproof.proofs.data.referred import StillReferred, without_parent


def remedy(error: BaseException | None, stairs: Stairs, *, down: bool = False) -> str:
    """It, with the query that counts the rows; "" where ``error`` is about something else.

    Args:
        error: what the migration failed with.
        stairs: the revision's.
        down: whether its downgrade failed.
    """
    found = Nulled.of(error, stairs, down=down) or StillReferred.of(error, stairs, down=down)
    return found.remedy + counted(found.query) if found is not None else without_parent(error)
