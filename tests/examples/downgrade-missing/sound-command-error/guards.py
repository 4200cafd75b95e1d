"""What revisions have in common."""

from typing import NoReturn


def irreversible(revision: str) -> NoReturn:
    raise RuntimeError(f"revision {revision} is irreversible: restore a backup")
