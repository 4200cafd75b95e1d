"""Allowances: findings that the team accepts, each with a reason."""

import fnmatch
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from schemaproof.errors import ProofError
from schemaproof.finding import Cause, Finding, Place, Severity
from schemaproof.project.pyproject import nearest

if TYPE_CHECKING:
    from schemaproof.check import Check

# The check that reports allowances that match nothing. It can't be allowed: deleting the allowance is less work.
UNUSED = "unused-allowance"

_FILE = "pyproject.toml"
_HEADER = re.compile(r"\s*\[\[\s*tool\s*\.\s*schemaproof\s*\.\s*allow\s*\]\]")

# The variable of a revision module that holds its allowances.
VARIABLE = "schemaproof_allow"

# How one is written beside the revision, and in pyproject.toml.
_IN_REVISION = '{"check": "downgrade-restores", "reason": "Old rows use it.", "object": "type public.color"}'
_IN_PROJECT = '[[tool.schemaproof.allow]]\n  check = "downgrade-restores"\n  reason = "Old rows use it."'


@dataclass(frozen=True)
class Allowance:
    """What is accepted, and why.

    Attributes:
        check: the id of the check.
        reason: why the finding is accepted; never empty.
        revision: the id of the revision that the finding must be about, or a pattern with ``*`` and ``?``; None for any
            revision, or none.
        object: the object that it must be about, or a pattern; None for any object, or none.
        source: where it is written: "pyproject.toml" or "revision 0003".
        expires: the last day on which it counts (UTC); None if it always does.
        where: file and line of it; None where that is not known.
    """

    check: str
    reason: str
    revision: str | None = None
    object: str | None = None
    source: str = "pyproject.toml"
    expires: date | None = None
    where: Place | None = field(default=None, compare=False)

    def counts(self, day: date) -> bool:
        """Whether it has not expired before ``day``."""
        return self.expires is None or day <= self.expires

    def concerns(self, revision: str | None) -> bool:
        """Whether it may be about ``revision``; None: one that does not matter, or none."""
        return self.revision is None or _alike(revision, self.revision)

    def matches(self, finding: Finding) -> bool:
        """Whether it accepts ``finding``."""
        return (
            finding.check == self.check
            and self.concerns(finding.revision)
            and (self.object is None or _alike(finding.object, self.object))
        )

    def accepts(self, cause: Cause) -> bool:
        """Whether it accepts every finding that ``cause`` names."""
        return (
            cause.check == self.check
            and self.concerns(cause.revision)
            and (self.object is None or _alike(cause.object, self.object))
        )

    def __str__(self) -> str:
        """What it accepts: "downgrade-restores at revision 0003, type public.color"."""
        revision = f" at revision {self.revision}" if self.revision else ""
        return f"{self.check}{revision}{f', {self.object}' if self.object else ''}"


class Sorted(NamedTuple):
    """Findings, sorted by allowances; the order is kept."""

    kept: list[Finding]
    allowed: list[tuple[Finding, str]]  # with the reason
    unused: list[Allowance]
    expired: list[Allowance]  # that would match something


def of_project(entries: object, known: Collection[str], places: Sequence[Place] = ()) -> tuple[Allowance, ...]:
    """The allowances of pyproject.toml; ``entries`` is the value of ``[[tool.schemaproof.allow]]`` (None: no value).

    ``places``: where they are, see ``places_in``.

    Raises:
        ProofError: on one without a reason, with a check that is not in ``known``, or of the wrong form.
    """
    place = "[[tool.schemaproof.allow]]"
    entries = _entries(entries, place, f"Write each allowance as a table of its own:\n  {_IN_PROJECT}")
    read = (_allowance(entry, f"{place}, entry {number}", known) for number, entry in enumerate(entries, 1))
    # A list on one line, or a file that was edited meanwhile, has no line for each.
    where = places if len(places) == len(entries) else [Place(_FILE)] * len(entries)
    return tuple(replace(one, where=there) for one, there in zip(read, where, strict=True))


def places_in(project: Path) -> list[Place]:
    """Where the ``[[tool.schemaproof.allow]]`` of the project's pyproject.toml are, in their order."""
    try:
        lines = (project / _FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [Place(_FILE, number) for number, line in enumerate(lines, 1) if _HEADER.match(line)]


def of_revision(
    module: object, revision: str, known: Collection[str], project: Path | None = None
) -> tuple[Allowance, ...]:
    """The allowances in the variable ``schemaproof_allow`` of the revision's ``module``; all are for that revision.

    ``project``: the folder from which its file is told.

    Raises:
        ProofError: as for ``of_project``.
    """
    place = f"{VARIABLE} of revision {revision}"
    entries = _entries(getattr(module, VARIABLE, None), place, f"Write a list:\n  {VARIABLE} = [{_IN_REVISION}]")
    where = _place_of(module, project) if entries and project is not None else None
    return tuple(
        replace(_allowance(entry, f"{place}, entry {number}", known, revision=revision), where=where)
        for number, entry in enumerate(entries, 1)
    )


def _place_of(module: object, project: Path) -> Place | None:
    """File and line of the variable in ``module``."""
    path = getattr(module, "__file__", None)
    if path is None:
        return None
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    line = next((number for number, text in enumerate(lines, 1) if text.startswith(VARIABLE)), None)
    return Place(os.path.relpath(os.path.realpath(path), os.path.realpath(project)).replace(os.sep, "/"), line)


def today() -> date:
    """The day by which allowances expire."""
    return datetime.now(UTC).date()


def split(findings: Iterable[Finding], allowances: Sequence[Allowance], day: date | None = None) -> Sorted:
    """The findings that remain, those that are allowed, and the allowances that matched nothing, or expired.

    One that has expired before ``day`` (None: today) allows nothing. If several match a finding, all of them count as
    used and the first gives the reason. An allowance for a check that did not run is among the unused too; the caller
    knows which ones ran.

    A defect that is accepted is accepted under every name: a finding all of whose causes are accepted is allowed too,
    whether or not the checks that report those causes ran.
    """
    day = day or today()
    valid = [one for one in allowances if one.counts(day)]
    kept, allowed, used = [], [], set()
    for finding in findings:
        matching = _matching(finding, valid)
        used.update(matching)
        if matching:
            allowed.append((finding, matching[0].reason))
        else:
            kept.append(finding)
    past = [one for one in allowances if not one.counts(day)]
    expired = {one for finding in kept for one in _matching(finding, past)} if past else set()
    unused = [one for one in allowances if one not in used and one not in expired]
    return Sorted(kept, allowed, unused, [one for one in past if one in expired])


def _matching(finding: Finding, allowances: Sequence[Allowance]) -> list[Allowance]:
    return [one for one in allowances if one.matches(finding)] or _of_causes(finding, allowances)


def _of_causes(finding: Finding, allowances: Sequence[Allowance]) -> list[Allowance]:
    """Those that accept the causes of ``finding``; none unless each of its causes is accepted."""
    accepting = [[one for one in allowances if one.accepts(cause)] for cause in finding.causes]
    return [one for found in accepting for one in found] if all(accepting) else []


def unused_findings(
    check: "Check", unused: Iterable[Allowance], expired: Iterable[Allowance] = ()
) -> Iterator[Finding]:
    """A warning of ``check`` for each allowance that matched nothing, and a note for each that has expired.

    What one allowed that has expired is a finding again, so that it need not be one too.
    """
    for allowance in unused:
        yield check.finding(
            f"The allowance for {allowance} in {allowance.source} matches no finding.",
            kind=_kind("unmatched", allowance),
            severity=Severity.WARNING,
            revision=None if _is_pattern(allowance.revision) else allowance.revision,
            object=allowance.object,
            evidence=f"Its reason: {allowance.reason}",
            remedy=_removal(allowance),
            where=allowance.where,
        )
    for allowance in expired:
        yield check.finding(
            f"The allowance for {allowance} in {allowance.source} expired on {allowance.expires}.",
            kind=_kind("expired", allowance),
            severity=Severity.NOTE,
            revision=None if _is_pattern(allowance.revision) else allowance.revision,
            object=allowance.object,
            evidence=f"Its reason: {allowance.reason}",
            consequence="What it allowed counts again.",
            where=allowance.where,
            remedy=f"Fix what it allowed, or give it a later day than expires = {allowance.expires}.",
        )


def _kind(what: str, allowance: Allowance) -> str:
    """What a finding on ``allowance`` is; its check and pattern are told nowhere else in words that stay."""
    return " ".join(filter(None, (what, allowance.check, allowance.revision)))


def _is_pattern(text: str | None) -> bool:
    return text is not None and not {"*", "?", "["}.isdisjoint(text)


def _removal(allowance: Allowance) -> str:
    """The remedy for one that matches nothing: what to delete, and where."""
    check = allowance.check
    if allowance.source != "pyproject.toml":
        about = f' with "object": "{allowance.object}"' if allowance.object else ""
        return f"Delete the entry for {check}{about} from {VARIABLE} in {allowance.source}."
    keys = {"check": check, "revision": allowance.revision, "object": allowance.object}
    lines = ", ".join(f'{key} = "{value}"' for key, value in keys.items() if value is not None)
    return f"Delete the [[tool.schemaproof.allow]] with {lines} from pyproject.toml."


def _entries(value: object, place: str, remedy: str) -> Sequence[object]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ProofError(f"{place} is not a list.", remedy=remedy)
    return value


def _allowance(entry: object, place: str, known: Collection[str], revision: str | None = None) -> Allowance:
    """The allowance in ``entry``; ``revision`` is the one whose file it is in."""
    example = _IN_REVISION if revision else _IN_PROJECT
    if not isinstance(entry, Mapping):
        raise ProofError(f"{place} is {entry!r}.", remedy=f"Write it like this:\n  {example}")
    # One beside the code has no revision: it is for the one whose file it is in.
    keys = ("check", "reason", *(() if revision else ("revision",)), "object", "expires")
    for key, value in entry.items():
        if key not in keys:
            raise ProofError(f"{place} has an unknown key: {key}.", remedy=nearest(str(key), keys))
        if key != "expires" and (not isinstance(value, str) or not value.strip()):
            raise ProofError(f"{key} of {place} is {value!r}.", remedy="Write a non-empty string.")
    for key in ("check", "reason"):
        if key not in entry:
            raise ProofError(f"{place} has no {key}.", remedy=f"Add its {key}, as in\n  {example}")
    _known_check(entry["check"], place, known)
    return Allowance(
        check=entry["check"],
        reason=entry["reason"].strip(),
        revision=revision or entry.get("revision"),
        object=entry.get("object"),
        source=f"revision {revision}" if revision else "pyproject.toml",
        expires=_day(entry.get("expires"), place),
    )


def _day(value: object, place: str) -> date | None:
    """The day of ``expires``: TOML's local date, Python's, or one as a string."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise ProofError(f"expires of {place} is {value!r}.", remedy="Write the last day on which it counts: 2027-03-01.")


def _known_check(check: str, place: str, known: Collection[str]) -> None:
    if check == UNUSED:
        raise ProofError(
            f"{place} allows {UNUSED}, which reports allowances that match nothing.",
            remedy="Delete this allowance, and the one that matches nothing.",
        )
    if check not in known:
        raise ProofError(f"{place} names an unknown check: {check}.", remedy=nearest(check, known))


def _alike(object: str | None, pattern: str) -> bool:  # noqa: A002 (the vocabulary's word)
    """Whether ``pattern`` matches the object, whose own name may look like a pattern ("integer[]")."""
    return object is not None and (object == pattern or fnmatch.fnmatchcase(object, pattern))
