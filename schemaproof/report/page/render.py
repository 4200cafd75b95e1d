"""The page, made of its template, its style and its script."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mako.template import Template

from schemaproof.finding import Severity
from schemaproof.manual import is_link, reference
from schemaproof.report import closing, summary
from schemaproof.report.characters import readable_report
from schemaproof.report.page.content import rows, sections
from schemaproof.report.page.graph import graph
from schemaproof.report.style import Style, counted
from schemaproof.report.urgency import to_begin_with

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report


def render(raw: "Report") -> str:
    """The report as HTML; ends with a newline. The code of findings is read where the project lies, if it is there."""
    report = readable_report(raw)
    told = list(sections(report, [one.fingerprint for one in raw.findings]))
    every = [one for section in told for one in section.told]
    begin = {id(one.finding): one for one in every if one.begin}
    style, script = _own("page.css"), _own("page.js")
    page: str = _template().render(
        report=report,
        severities=[severity.value for severity in Severity],
        counted=counted,
        is_link=is_link,
        reference=reference,
        counts=", ".join(summary.counts(report.findings)),
        verdict=summary.verdict_of(report, Style()),
        rows=rows(report.findings),
        areas=sorted({one.area for one in report.findings}),
        begin=[begin[id(one)] for one in to_begin_with(report.findings)],
        sections=told,
        number=len(every),
        graph=graph(report.revisions, _below(report)),
        places={section.revision: section for section in told},
        closing=[
            *closing.matters(report, Style(), everything=True),
            *([str(report.faults)] if report.faults.injected else []),
        ],
        version=version("schemaproof"),
        style=style,
        script=script,
        # Whatever would slip through the escaping, the browser runs nothing but this script, and loads nothing.
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none';"
        " form-action 'none'",
    )
    return page.rstrip() + "\n"


def _below(report: "Report") -> Mapping[str, Sequence[str]]:
    below: Any = report.subject.get("down_revisions")
    return below if isinstance(below, dict) else {}


def _own(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    return Template(_own("page.mako"), default_filters=["str", "h"], strict_undefined=True)  # noqa: S702 ("h" escapes them)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
