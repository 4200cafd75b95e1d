"""The catalogue of checks, for people and for programs."""

import json
from collections.abc import Iterable, Iterator

from schemaproof.check import Check
from schemaproof.manual import reference
from schemaproof.report.style import Style


def as_text(checks: Iterable[Check], style: Style) -> str:
    """The ``checks`` by area, each with its title, reason and remedy; ends with a newline."""
    areas: dict[str, list[str]] = {}
    for check in checks:
        areas.setdefault(check.area, [style.bold(check.area)]).extend(_lines(check, style))
    return "\n\n".join("\n".join(lines) for lines in areas.values()) + "\n"


def as_json(checks: Iterable[Check]) -> str:
    """The ``checks`` as one JSON object; ends with a newline."""
    names = ("id", "area", "scope", "title", "reason", "remedy", "page")
    told = [{name: getattr(check, name) for name in names} for check in checks]
    return json.dumps({"version": 1, "checks": told}, indent=2) + "\n"


def _lines(check: Check, style: Style) -> Iterator[str]:
    yield f"  {style.bold(check.id)}"
    yield from style.wrap(check.title, "    ", "    ")
    yield from style.wrap(f"reason: {check.reason}", "      = ", "        ")
    yield from style.wrap(f"remedy: {check.remedy}", "      = ", "        ")
    yield from style.wrap(f"page: {reference(check.id)}", "      = ", "        ")
