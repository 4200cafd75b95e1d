"""What there is to ask of a project: a case for each item that pytest collects."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemaproof.check import Check
from schemaproof.errors import ProofError
from schemaproof.project.settings import Settings
from schemaproof.project.subject import Subject
from schemaproof.proofs.registry import BY_AREA, CHECKS
from schemaproof.run.items.process import Assistant
from schemaproof.run.items.revisions import NotPlainError, read_revisions

KNOWN = tuple(check.id for check in CHECKS)

# What needs to know only which revisions were applied comes after these have been.
_LATE = 3
_PHASES = {"history": 0, "configuration": _LATE}


@dataclass(frozen=True)
class Case:
    """One check, asked of one revision or (None) of the project as a whole.

    Attributes:
        place: its rank in the order in which cases share the most work.
    """

    check: Check
    revision: str | None
    place: tuple[int, int, int]

    @property
    def id(self) -> str:
        """What stands in the item's brackets."""
        return self.check.id if self.revision is None else f"{self.revision}-{self.check.id}"


@dataclass(frozen=True)
class Plan:
    """The cases of one project.

    Attributes:
        settings: the project's; None where they are wrong.
        checks: those that are asked.
        revisions: the ids of its revisions as they are applied; None where they can't be walked, and then the checks
            are those that tell why.
    """

    settings: Settings | None
    checks: tuple[Check, ...]
    revisions: tuple[str, ...] | None

    @classmethod
    def of(cls, project: Path) -> "Plan":
        """The plan of the project in the folder ``project``; nothing that is wrong with it is an error here."""
        try:
            settings = Settings.read(project, {}, known=KNOWN, areas=BY_AREA)
            checks = tuple(settings.choose(CHECKS))
        except ProofError:
            return cls(None, _structural(CHECKS), None)
        revisions = _revisions(settings.subject)
        if revisions:
            return cls(settings, checks, revisions)
        # Also where none of them is selected: no item at all would look like success.
        return cls(settings, _structural(checks) or _structural(CHECKS), None)

    def cases(self, *, each: bool) -> Iterator[Case]:
        """The cases of the revisions one by one (``each``), or those of the project as a whole."""
        ranked = list(enumerate(self.checks))
        if each:
            for index, revision in enumerate(self.revisions or ()):
                for rank, check in ranked:
                    if check.scope == "revision":
                        yield Case(check, revision, (1, index, rank))
            return
        for rank, check in ranked:
            if check.scope == "history":
                yield Case(check, None, (_PHASES.get(check.area, 2), 0, rank))


def _structural(checks: Sequence[Check]) -> tuple[Check, ...]:
    return tuple(check for check in checks if check.area == "history")


def _revisions(subject: Subject) -> tuple[str, ...] | None:
    """The subject's revisions; None for whatever keeps them from being walked: the items tell it when they are run."""
    with contextlib.suppress(Exception):  # Alembic's own and the project's
        try:
            return read_revisions(subject)
        except NotPlainError:
            with Assistant() as assistant:
                return assistant.revisions(subject)
    return None
