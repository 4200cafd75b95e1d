"""The summary of a job: Markdown, in which all that is the project's is text."""

import html
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from schemaproof.finding import Finding, Severity
from schemaproof.report import known, summary
from schemaproof.report.characters import readable, readable_finding
from schemaproof.report.lines import MORE, what
from schemaproof.report.style import Style, counted
from schemaproof.report.urgency import most_urgent, to_begin_with, urgency

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

# GitHub takes 1 MiB of all summaries of a step; bytes of this one.
_MOST = 900_000

# Lines of evidence of each finding.
_EVIDENCE = 40

# What Markdown (GFM) may take for more than text, mentions and references included.
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@/^$=])")


def render(report: "Report") -> str:
    """The ``report``: verdict, findings by check, those to begin with, and all of them to be unfolded."""
    every = most_urgent(readable_finding(one) for one in report.findings)
    revisions = counted(len(report.revisions), "revision")
    on = f" on PostgreSQL {report.postgres}" if report.postgres else ""
    parts = [
        f"## schemaproof: {summary.verdict_of(report, Style())}\n",
        f"{', '.join(summary.counts(every))}; {revisions}{on}\n\n",
        *(f"- {text(line)}\n" for line in known.lines(report)),
        *(f"- {text(one.cause)}\n" for one in report.obstacles),
    ]
    if every:
        parts += ["\n", *_table(every), "\n### Begin with\n\n"]
        first = to_begin_with(every) or every[:1]
        parts += [f"{number}. {_line(one)}\n" for number, one in enumerate(first, 1)]
        parts.append("\n### All findings\n\n")
    size = sum(len(part.encode()) for part in parts)
    for number, one in enumerate(every):
        part = "".join(_details(one))
        size += len(part.encode())
        if size > _MOST:
            parts.append(f"\n{len(every) - number:,} more: {MORE}\n")
            break
        parts.append(part)
    return "".join([*parts, "\n"])


def text(raw: str) -> str:
    """``raw`` on one line, with nothing in it that Markdown or HTML mean anything by."""
    plain = " ".join(readable(raw).split())
    # An entity holds none of the marks but # and ;, so it goes second.
    return html.escape(_MARKS.sub(r"\\\1", plain), quote=False)


def code(raw: str) -> str:
    """``raw`` as a block of code, whatever fences are in it."""
    longest = max((len(run) for run in re.findall(r"`+", raw)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{raw}\n{fence}\n"


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    rows: dict[tuple[int, str], dict[Severity, int]] = {}
    for one in findings:
        row = rows.setdefault((urgency(one.check, one.area), one.check), dict.fromkeys(Severity, 0))
        row[one.severity] += 1
    yield "| check | errors | warnings | notes |\n|---|--:|--:|--:|\n"
    for key in sorted(rows):
        yield f"| {text(key[1])} | {' | '.join(str(number) for number in rows[key].values())} |\n"


def _line(finding: Finding) -> str:
    place = finding.where or (f"revision {finding.revision}" if finding.revision else "project")
    return f"**{finding.severity}** {text(finding.check)}, {text(str(place))}: {text(what(finding))}"


def _details(finding: Finding) -> Iterator[str]:
    yield f"<details><summary>{_line_of_html(finding)}</summary>\n\n"
    if finding.consequence:
        yield f"{text(finding.consequence)}\n\n"
    evidence = finding.evidence.rstrip().splitlines()
    if evidence:
        more = [f"... {len(evidence) - _EVIDENCE} more lines: --json FILE"] if len(evidence) > _EVIDENCE else []
        yield code("\n".join([*evidence[:_EVIDENCE], *more]))
    if finding.remedy:
        yield f"\nRemedy:\n\n{code(finding.remedy)}"
    if finding.also_found_by:
        yield f"\nAlso found by {text(', '.join(finding.also_found_by))}.\n"
    yield "\n</details>\n\n"


def _line_of_html(finding: Finding) -> str:
    place = finding.where or (f"revision {finding.revision}" if finding.revision else "project")
    told = f"{finding.check}, {place}: {what(finding)}"
    # On a line that begins with a tag, Markdown takes marks for marks all the same.
    return f"<b>{finding.severity}</b> {text(told)}"
