"""Where a finding stands, for programs that know the repository and not the project's folder in it."""

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from schemaproof.finding import Finding, Place

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

# Where a CI system has checked the repository out.
_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


@dataclass(frozen=True)
class Locations:
    """Places of one project in its repository.

    Attributes:
        folder: the project's, from the repository's root; "" for the root itself.
        fallback: the file for what stands nowhere: a program may show nothing without one.
    """

    folder: str
    fallback: str

    @classmethod
    def of(cls, report: "Report", environ: Mapping[str, str] = os.environ) -> Self:
        """Those of the project that ``report`` is about."""
        project = Path(str(report.subject.get("project") or "."))
        return cls(_folder(project, environ), str(report.subject.get("alembic_ini") or "alembic.ini"))

    def of_finding(self, finding: Finding) -> Place:
        """File and line of ``finding`` from the repository's root; of what stands nowhere, or outside, the fallback."""
        where = finding.where or Place(self.fallback)
        place = self._within(where)
        return place if place is not None else self._within(Place(self.fallback)) or Place("alembic.ini")

    def _within(self, place: Place) -> Place | None:
        file = posixpath.normpath(posixpath.join(self.folder, place.file.replace(os.sep, "/")))
        return None if file.startswith(("/", "../")) else Place(file, place.line)


def _folder(project: Path, environ: Mapping[str, str]) -> str:
    """``project`` from the root of its repository; "" where that is not known."""
    roots = [Path(environ[name]) for name in _CHECKOUTS if environ.get(name)]
    roots += [one for one in (project, *project.parents) if (one / ".git").exists()]
    for root in roots:
        try:
            found = project.resolve().relative_to(root.resolve()).as_posix()
        except (ValueError, OSError):
            continue
        return "" if found == "." else found
    return ""
