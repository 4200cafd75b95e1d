"""Findings as data; only the command line and the plugin turn them into a failure."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from schemaproof import manual
from schemaproof.figure import Grid, Link


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    ERROR = "error"  # a defect, whatever the use
    WARNING = "warning"  # a hazard that needs a decision
    NOTE = "note"  # could not be decided, or worth knowing


class FailOn(StrEnum):
    """What makes a run fail."""

    ERROR = "error"  # an error does, a warning does not
    WARNING = "warning"  # either does
    NEVER = "never"  # neither does: the verdict is as for WARNING, and the exit status does not follow it

    def counts(self, severity: Severity) -> bool:
        """Whether a finding of ``severity`` makes the verdict "faulty"."""
        return severity is Severity.ERROR or (severity is Severity.WARNING and self is not FailOn.ERROR)


class Cause(NamedTuple):
    """The findings that report the cause of another one: those of a check, on one revision and one object.

    ``revision`` and ``object`` are None if they do not matter.
    """

    check: str
    revision: str | None = None
    object: str | None = None


class Place(NamedTuple):
    """Where in the project's code a finding stands.

    Attributes:
        file: from the project's folder, with slashes; what lies outside of it begins with "../" or is absolute.
        line: from 1; None for the file as a whole.
    """

    file: str
    line: int | None = None

    def __str__(self) -> str:
        """As an editor opens it."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


# A count, a size, a line number; not what is part of a name.
_NUMBER = re.compile(r"\b\d[\d,.:]*\b")


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    Attributes:
        check: the id of the check.
        area: the check's area.
        severity: errors and warnings make a subject faulty, notes do not.
        revision: the id of the revision that it is about; None for the project as a whole.
        object: the database object, as PostgreSQL's kind and name ("index public.ix_a"); None if it is about none.
        message: what is wrong, one sentence.
        consequence: what happens in production.
        evidence: what was seen: a difference, an error message, a statement, the output; "" for nothing to add.
        remedy: what to do about it.
        causes: the findings that report the same defect by its cause. The check has found it on its own; the report
            sees to it that it appears once (see ``schemaproof.report.causes``).
        also_found_by: the ids of the checks whose findings were left out because of this one.
        where: the revision's statement, or the model's declaration; None where that is not known.
        grids: the tables in the evidence, and more that show the same.
        links: the foreign keys that a delete follows, from the table that it is about.
        kind: which of the things that its check finds on its object, in words that stay whatever the message says; ""
            where there is but one.
        ordinal: which of the findings that check, revision, object and kind don't tell apart, from 0; see ``numbered``.
    """

    check: str
    area: str
    severity: Severity
    revision: str | None
    object: str | None
    message: str
    consequence: str
    evidence: str
    remedy: str
    causes: tuple[Cause, ...] = ()
    also_found_by: tuple[str, ...] = ()
    where: Place | None = None
    grids: tuple[Grid, ...] = ()
    links: tuple[Link, ...] = ()
    kind: str = ""
    ordinal: int = 0

    @property
    def fingerprint(self) -> str:
        """What the same finding of another run has too, 16 hexadecimal digits.

        It stays as it is when other revisions, models or lines are edited, and when a later release of schemaproof
        words the message in another way: it is made of check, revision, object and kind.
        """
        return self._digest(self.kind)

    @property
    def former_fingerprint(self) -> str:
        """What was the fingerprint before there were kinds; for baselines of that time."""
        return self._digest(_NUMBER.sub("#", self.message))

    def _digest(self, what: str) -> str:
        parts = (self.check, self.revision or "", self.object or "", what, str(self.ordinal))
        return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]

    @property
    def page(self) -> str:
        """The page of its check in the documentation: a URL, or a path in schemaproof's repository."""
        return manual.page(self.check)

    @property
    def faulty(self) -> bool:
        """Whether it makes the verdict "faulty"."""
        return self.severity is not Severity.NOTE


def together(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """``findings``, those that say the same of one object merged into one, with the evidence and the kinds of all."""
    found: dict[object, Finding] = {}
    for number, finding in enumerate(findings):
        alike: object = number if finding.object is None else replace(finding, evidence="", kind="", grids=(), links=())
        first = found.get(alike)
        if first is None:
            found[alike] = finding
        else:
            lines = dict.fromkeys([*first.evidence.splitlines(), *finding.evidence.splitlines()])
            kinds = {*first.kind.split(", "), *finding.kind.split(", ")}
            grids, links = (
                (*dict.fromkeys([*first.grids, *finding.grids]),),
                (*dict.fromkeys([*first.links, *finding.links]),),
            )
            found[alike] = replace(
                first, grids=grids, links=links, evidence="\n".join(lines), kind=", ".join(sorted(kinds))
            )
    return tuple(found.values())


def numbered(findings: Iterable[Finding]) -> list[Finding]:
    """``findings``, those with one fingerprint told apart by their ``ordinal``, in their order."""
    seen: dict[str, int] = {}
    found = []
    for finding in findings:
        alike = replace(finding, ordinal=0)
        ordinal = seen.setdefault(alike.fingerprint, 0)
        seen[alike.fingerprint] += 1
        found.append(replace(alike, ordinal=ordinal) if ordinal != finding.ordinal else finding)
    return found
