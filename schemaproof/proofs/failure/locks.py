"""Which lock of another session lets a statement wait (manual, "Table-Level Locks")."""

from collections.abc import Mapping

# The locks of one session: their modes, by schema and name of the relation.
type Held = Mapping[tuple[str, str], frozenset[str]]

# From the weakest to the strongest, each with the number of those that it conflicts with: the table of the manual.
_MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
_CONFLICTS = {
    "AccessShareLock": {"AccessExclusiveLock"},
    "RowShareLock": {"ExclusiveLock", "AccessExclusiveLock"},
    "RowExclusiveLock": set(_MODES[4:]),
    "ShareUpdateExclusiveLock": set(_MODES[3:]),
    "ShareLock": {"RowExclusiveLock", "ShareUpdateExclusiveLock", *_MODES[5:]},
    "ShareRowExclusiveLock": set(_MODES[2:]),
    "ExclusiveLock": set(_MODES[1:]),
    "AccessExclusiveLock": set(_MODES),
}
# As LOCK TABLE spells them.
_SPELLED = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}


def blocking_mode(wanted: frozenset[str], held: frozenset[str]) -> str | None:
    """The weakest mode, as LOCK TABLE spells it, that lets ``wanted`` wait and can be had beside ``held``."""
    for mode in _MODES:
        conflicts = _CONFLICTS[mode]
        if conflicts & wanted and not conflicts & held:
            return _SPELLED[mode]
    return None
