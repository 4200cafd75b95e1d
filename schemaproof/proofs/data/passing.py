"""The upgrade that the checks of this area judge: one that passes on rows."""

from schemaproof.migration.history import History
from schemaproof.proofs.data.inhabited import Experiment, Inhabited


def passed(history: History, revision: str) -> Experiment | None:
    """What the upgrade to ``revision`` did to rows; None where it fails, on rows or whatever, or can't do anything.

    Raises:
        UpgradeFailedError, SubjectError, PostgresError: as ``Inhabited.examine`` does.
    """
    stairs = history.stairs(revision)
    if stairs.up.error is not None or not stairs.recorded or history.alone:
        return None
    return history.kept(Inhabited).experiment(history.positions[revision])
