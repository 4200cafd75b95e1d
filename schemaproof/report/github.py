"""What GitHub Actions shows of a run: annotations at the code, and a summary of the job.

Annotations are workflow commands, lines of output that begin with two colons. Whatever else is printed must not be
taken for one.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from schemaproof.errors import ProofError
from schemaproof.finding import Finding, Severity
from schemaproof.manual import reference
from schemaproof.report import markdown
from schemaproof.report.characters import readable_finding
from schemaproof.report.lines import what
from schemaproof.report.location import Locations
from schemaproof.report.urgency import most_urgent

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

# The runner's words for a severity. It shows ten of each from a step, so the most urgent come first.
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}

_SUMMARY = "GITHUB_STEP_SUMMARY"


def is_wanted(asked: bool | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is told: as ``asked``, or by itself where the job is GitHub's."""
    return environ.get("GITHUB_ACTIONS") == "true" if asked is None else asked


def annotations(report: "Report") -> str:
    """A command for each finding of ``report``, the most urgent first; "" for none."""
    locations = Locations.of(report)
    return "".join(f"{_annotation(one, locations)}\n" for one in most_urgent(report.findings))


def _annotation(raw: Finding, locations: Locations) -> str:
    finding = readable_finding(raw)
    place = locations.of_finding(finding)
    properties = {"file": place.file, "line": place.line, "title": f"schemaproof: {finding.check}"}
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    remedy = f"\nRemedy: {finding.remedy}" if finding.remedy else ""
    page = f"\nPage: {reference(finding.check)}"
    return f"::{_COMMANDS[finding.severity]} {told}::{_data(what(finding) + remedy + page)}"


def _data(text: str) -> str:
    """``text`` as the runner reads it back (actions/toolkit, command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def stopped() -> tuple[str, str]:
    """What is to be printed before and after text of which the runner is to take no line for a command."""
    token = secrets.token_hex(16)  # which nobody can print to end it
    return f"::stop-commands::{token}\n", f"::{token}::\n"


def summarize(report: "Report", environ: Mapping[str, str] = os.environ) -> None:
    """Append the summary to the job's, where there is one.

    Raises:
        ProofError: if its file can't be written.
    """
    name = environ.get(_SUMMARY)
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(markdown.render(report))
    except OSError as error:
        raise ProofError(
            f"The job's summary, {name}, can't be written: {error.strerror}.",
            remedy=f"Leave it out: `--no-github`, or set {_SUMMARY} to a file that this user can write.",
        ) from error
