"""``schemaproof baseline``: a verification whose findings go into the baseline instead of being printed."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from schemaproof.project.baseline import FILE, Baseline
from schemaproof.project.settings import Settings
from schemaproof.report import known
from schemaproof.report.files import ReportFile
from schemaproof.report.outcome import Report
from schemaproof.report.output import write
from schemaproof.report.printing import Printing


@dataclass(frozen=True, kw_only=True)
class Recording(Printing):
    """What is done with a report in place of printing it.

    Attributes:
        target: the file.
        before: what it has.
        prune: whether what is fixed is removed, and nothing else changed; else what is new is added.
    """

    target: ReportFile
    before: Baseline
    prune: bool

    @classmethod
    def into(cls, settings: Settings, *, prune: bool) -> Self:
        """For the project of ``settings``.

        Raises:
            ProofError: when the file can't be written.
        """
        target = ReportFile.at(settings.subject.project / FILE, "the baseline")
        return cls(target=target, before=settings.baseline or Baseline(), prune=prune)

    @contextlib.contextmanager
    def printed(self, report: Report, files: Mapping[str, ReportFile]) -> Iterator[None]:
        """Write the baseline, and print what has changed in it; not after an interruption: not all is known then.

        Raises:
            ProofError: if it can't be written.
        """
        if report.revisions and not any(one.kind == "interrupted" for one in report.obstacles):
            fixed = report.known.fixed if report.known else ()
            before = self.before.renewed(one for one, _ in (report.known.findings if report.known else ()))
            after = before.without(fixed) if self.prune else before.with_findings(report.findings)
            if after != self.before:
                self.target.write(after.render())
            if all(file.path is not None for file in files.values()):  # else standard output is a report's
                write(known.recorded(self.before.entries, after.entries, fixed))
        yield
