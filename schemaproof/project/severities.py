"""Severities that the team gives to the findings of a check, each with a reason."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from schemaproof.errors import ProofError
from schemaproof.finding import Finding, Severity
from schemaproof.project.pyproject import nearest

_KEYS = ("check", "severity", "reason")
_PLACE = "[[tool.schemaproof.severity]]"
_LINES = '{place}\n  check = "{check}"\n  severity = "{severity}"\n  reason = "..."'


@dataclass(frozen=True)
class Grade:
    """How bad the errors and warnings of a check are for this team; its notes stay notes.

    Attributes:
        check: the id of the check.
        severity: the one that they get.
        reason: why; never empty.
    """

    check: str
    severity: Severity
    reason: str


@dataclass(frozen=True)
class Regraded:
    """What a grade has changed.

    Attributes:
        grade: the grade.
        counts: by the severity that the check gave, how many findings have another one now; empty if it changed none.
    """

    grade: Grade
    counts: Mapping[Severity, int]


def of_project(entries: object, known: Collection[str]) -> tuple[Grade, ...]:
    """The grades of pyproject.toml; ``entries`` is the value of ``[[tool.schemaproof.severity]]`` (None: no value).

    Raises:
        ProofError: on one without a reason, with a check that is not in ``known``, with two for one check, or of the
            wrong form; the remedy shows the lines to write.
    """
    if entries is None:
        return ()
    if isinstance(entries, Mapping):  # severity = { "single-head" = "note" }: there is no place for the reason
        check, severity = next(iter(entries.items()), ("foreign-key-index", "note"))
        example = _lines(check, severity)
        raise ProofError("severity in [tool.schemaproof] is a table.", remedy=f"Give a reason for each:\n  {example}")
    if not isinstance(entries, list):
        raise ProofError("severity in [tool.schemaproof] is not a list.", remedy=f"Write\n  {_lines()}")
    grades = tuple(_grade(entry, f"{_PLACE}, entry {number}", known) for number, entry in enumerate(entries, 1))
    checks = [grade.check for grade in grades]
    for check in checks:
        if checks.count(check) > 1:
            raise ProofError(f"{_PLACE} has several entries for {check}.", remedy="Delete all but one of them.")
    return grades


def regraded(findings: Sequence[Finding], grades: Iterable[Grade]) -> list[Finding]:
    """``findings`` with the severities that ``grades`` give."""
    given = {grade.check: grade.severity for grade in grades}
    return [
        replace(one, severity=given[one.check]) if one.check in given and one.severity is not Severity.NOTE else one
        for one in findings
    ]


def changes(findings: Sequence[Finding], grades: Iterable[Grade]) -> tuple[Regraded, ...]:
    """For each of ``grades``, which of ``findings``, as the checks reported them, it changes."""
    return tuple(Regraded(grade, _counts(findings, grade)) for grade in grades)


def _counts(findings: Sequence[Finding], grade: Grade) -> dict[Severity, int]:
    counts: dict[Severity, int] = {}
    for one in findings:
        if one.check == grade.check and one.severity not in {Severity.NOTE, grade.severity}:
            counts[one.severity] = counts.get(one.severity, 0) + 1
    return counts


def _grade(entry: object, place: str, known: Collection[str]) -> Grade:
    if not isinstance(entry, Mapping):
        raise ProofError(f"{place} is {entry!r}.", remedy=f"Write it like this:\n  {_lines()}")
    for key, value in entry.items():
        if key not in _KEYS:
            raise ProofError(f"{place} has an unknown key: {key}.", remedy=nearest(str(key), _KEYS))
        if not isinstance(value, str) or not value.strip():
            raise ProofError(f"{key} of {place} is {value!r}.", remedy="Write a non-empty string.")
    for key in _KEYS:
        if key not in entry:
            remedy = f"Add its {key}, as in\n  {_lines(entry.get('check'), entry.get('severity'))}"
            raise ProofError(f"{place} has no {key}.", remedy=remedy)
    if entry["check"] not in known:
        raise ProofError(f"{place} names an unknown check: {entry['check']}.", remedy=nearest(entry["check"], known))
    if entry["severity"] not in set(Severity):
        remedy = nearest(entry["severity"], list(Severity))
        raise ProofError(f"{place} names an unknown severity: {entry['severity']}.", remedy=remedy)
    return Grade(entry["check"], Severity(entry["severity"]), entry["reason"].strip())


def _lines(check: object = None, severity: object = None) -> str:
    """The lines to write."""
    return _LINES.format(place=_PLACE, check=check or "foreign-key-index", severity=severity or "note")
