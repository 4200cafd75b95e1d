"""What the command line says of reports: which files, and how much of it is printed."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from schemaproof.errors import ProofError
from schemaproof.report.files import ReportFile

# By the option that names a file, what is written into it.
FORMATS: Mapping[str, str] = {
    "json": "JSON",
    "junit": "JUnit XML",
    "sarif": "SARIF 2.1.0, for code scanning",
    "gitlab": "GitLab's code quality",
    "html": "one page of HTML",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Let ``parser`` take them."""
    for form, written in FORMATS.items():
        parser.add_argument(
            f"--{form}",
            type=Path,
            metavar="FILE",
            help=f"also write the report as {written}; - for standard output, in place of the text",
        )
    parser.add_argument(
        "--github",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="annotate the code in GitHub Actions, and summarize the job (default: where GITHUB_ACTIONS is true)",
    )
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument(
        "-v",
        "--verbose",
        dest="loudness",
        action="store_const",
        const="ALL",
        default="USUAL",
        help="print every finding, with all that was seen",
    )
    loudness.add_argument(
        "-q",
        "--quiet",
        dest="loudness",
        action="store_const",
        const="ERRORS",
        help="print the summary and the errors",
    )


def files(parsed: argparse.Namespace) -> dict[str, ReportFile]:
    """The files given on the command line, by format.

    Raises:
        ProofError: if one can't be written, or two are the same.
    """
    found: dict[str, ReportFile] = {}
    for form in FORMATS:
        path: Path | None = getattr(parsed, form)
        if path is None:
            continue
        file = ReportFile.at(path, f"--{form}")
        for other in found.values():
            if other.is_same(file):
                name = "standard output" if file.path is None else "the same file"
                raise ProofError(
                    f"{other.option} and {file.option} name {name}.",
                    remedy=f"Give each a file of its own: {other.option} report-1 {file.option} report-2",
                )
        found[form] = file
    return found
