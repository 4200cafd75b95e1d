"""A report whose names, values and messages are all that a format may take for something else than text."""

import dataclasses

from schemaproof.figure import Grid, Link
from schemaproof.finding import Finding, Place
from schemaproof.report.outcome import Obstacle, Report
from tests.schemaproof.report.reports import a_finding, a_report

SCRIPT = "</script></details></pre><script>alert(1)</script><img src=x onerror=alert(1)>"
TERMINAL = "\x1b[2J\x1b]0;title\x07\x9b31m\x00"
BIDI = "user\u202egnp.exe\u2066"
COMMAND = "\n::error file=a,line=1::forged\n::stop-commands::x\n##[error]forged\r\n%0A::set-output::"
MARKDOWN = "```\n# forged\n[click](javascript:alert(1)) ![x](http://127.0.0.1/x.png) | cell | @everyone\n</summary>"
QUOTES = "'\"`&<>\\{0}"
ALL = " ".join((SCRIPT, TERMINAL, BIDI, COMMAND, MARKDOWN, QUOTES, "half \ud800 pair"))


def a_hostile_finding() -> Finding:
    """An error, all of whose texts are hostile."""
    found = a_finding(ALL, object=f"table {ALL}", evidence=ALL, revision=f"0003{ALL}")
    return dataclasses.replace(
        found,
        remedy=ALL,
        consequence=ALL,
        where=Place(f"versions/{ALL}.py", 3),
        also_found_by=("single-head", ALL),
        grids=(Grid((ALL, ALL), ((ALL, ALL),), ((0, 1),)),),
        links=(Link(ALL, ALL, (ALL,), ALL),),
        kind=ALL,
    )


def a_hostile_report() -> Report:
    """One with such a finding, one that is allowed for a hostile reason, and a hostile obstacle."""
    found = a_report(
        a_hostile_finding(), allowed=((a_hostile_finding(), ALL),), obstacles=(Obstacle("defect", ALL, ALL, ALL),)
    )
    return dataclasses.replace(found, server=ALL, revisions=("0001", f"0003{ALL}"), subject={"project": ALL})
