"""What to write where a statement fails on the values that it meets, or for itself: by what the statement says."""

from schemaproof.migration.environment import Run
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.casting import Cast
from schemaproof.proofs.data.counting import counted
from schemaproof.proofs.data.deferred import Deferred
from schemaproof.proofs.data.duplicated import Duplicated
from schemaproof.proofs.data.mistaken import converted_to_null, wrong_statement
from schemaproof.proofs.data.nulled import Nulled
from schemaproof.proofs.data.referred import StillReferred, without_parent
from schemaproof.proofs.data.snapshot import Name


def remedy(run: Run, stairs: Stairs, table: Name | None, release: int, *, down: bool = False) -> str:
    """It, with the query that counts the rows; "" where it failed for another reason.

    Args:
        run: the migration's, which failed.
        stairs: the revision's.
        table: where the rows are, where that is known.
        release: the server's, as a number.
        down: whether its downgrade failed.
    """
    late = Deferred.of(run, stairs, down=down)
    if late is not None and late.statement:
        instead = _of(late.error, stairs, table, release, down=down)
        return late.remedy + (instead or "Leave such rows out in it, or change them before.")
    if late is not None:
        return late.remedy
    return _of(run.error, stairs, table, release, down=down)


def _of(error: BaseException | None, stairs: Stairs, table: Name | None, release: int, *, down: bool) -> str:
    found = (
        Nulled.of(error, stairs, down=down)
        or StillReferred.of(error, stairs, down=down)
        or Duplicated.of(error, stairs, down=down)
        or Cast.of(error, table, stairs, release, down=down)
    )
    if found is not None:
        return found.remedy + counted(found.query)
    return without_parent(error) or converted_to_null(error) or wrong_statement(error)
