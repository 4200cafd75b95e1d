"""What of a report is printed: the text, and on GitHub Actions the annotations."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemaproof.report import github, text
from schemaproof.report.files import ReportFile
from schemaproof.report.output import write
from schemaproof.report.style import Style
from schemaproof.report.text import Loudness

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report


@dataclass(frozen=True)
class Printing:
    """How a report is printed.

    Attributes:
        loudness: how much of it.
        github: whether GitHub Actions is to annotate the code and to summarize the job.
    """

    loudness: Loudness = Loudness.USUAL
    github: bool = False

    @contextlib.contextmanager
    def printed(self, report: "Report", files: Mapping[str, ReportFile]) -> Iterator[None]:
        """Print ``report``; in the block, the caller may print more about it.

        Where one of ``files`` is standard output, the text is left out, and the annotations go to standard error.

        Raises:
            ProofError: if the summary can't be written.
        """
        taken = any(file.path is None for file in files.values())
        before, after = github.stopped() if self.github else ("", "")
        _tell(before, taken=taken)
        if (report.revisions or report.findings) and not taken:
            write(text.render(report, Style.of(sys.stdout), self.loudness))
        try:
            yield
        finally:
            _tell(after, taken=taken)
            if self.github:
                _tell(github.annotations(report), taken=taken)
                github.summarize(report)


PLAINLY = Printing()


def _tell(commands: str, *, taken: bool) -> None:
    """Write what the runner reads, which it does from both."""
    if taken:
        sys.stderr.write(commands)
        sys.stderr.flush()
    elif commands:
        write(commands)
