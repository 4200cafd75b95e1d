"""Allowances: findings that the team accepts, each with its reason."""

import fnmatch
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from schemaproof.errors import ProofError
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.project.pyproject import nearest

if TYPE_CHECKING:
    from schemaproof.check import Check

# The check that reports the allowances that match nothing; to allow that would be to keep what is of no use.
UNUSED = "unused-allowance"

# The variable of a revision module that holds its allowances.
VARIABLE = "schemaproof_allow"

_EXAMPLE = '{"check": "downgrade-restores", "reason": "Old rows keep it in use.", "object": "type public.color"}'


@dataclass(frozen=True)
class Allowance:
    """What is accepted, and why.

    Attributes:
        check: the id of the check.
        reason: why the finding is accepted; never empty.
        revision: the id of the revision that it must be about; None for whatever revision, or none.
        object: the object that it must be about, or a pattern with ``*`` and ``?``; None for whatever object, or none.
        source: where it is written: "pyproject.toml" or "revision 0003".
    """

    check: str
    reason: str
    revision: str | None = None
    object: str | None = None
    source: str = "pyproject.toml"

    def matches(self, finding: Finding) -> bool:
        """Whether it accepts ``finding``."""
        return (
            finding.check == self.check
            and self.revision in {None, finding.revision}
            and (self.object is None or _alike(finding.object, self.object))
        )

    def accepts(self, cause: Cause) -> bool:
        """Whether it accepts every finding that ``cause`` names."""
        return (
            cause.check == self.check
            and self.revision in {None, cause.revision}
            and (self.object is None or _alike(cause.object, self.object))
        )

    def __str__(self) -> str:
        """What it accepts: "downgrade-restores at revision 0003, type public.color"."""
        revision = f" at revision {self.revision}" if self.revision else ""
        return f"{self.check}{revision}{f', {self.object}' if self.object else ''}"


class Sorted(NamedTuple):
    """What allowances make of findings; order is kept."""

    kept: list[Finding]
    allowed: list[tuple[Finding, str]]  # with the reason
    unused: list[Allowance]


def of_project(entries: object, known: Collection[str]) -> tuple[Allowance, ...]:
    """The allowances of pyproject.toml; ``entries`` is what stands at ``[[tool.schemaproof.allow]]`` (None: nothing).

    Raises:
        ProofError: for one without a reason, with a check that is not in ``known``, or otherwise not to be read.
    """
    place = "[[tool.schemaproof.allow]]"
    entries = _entries(entries, place, "Write each allowance as a table of its own: [[tool.schemaproof.allow]].")
    return tuple(_allowance(entry, f"{place}, entry {number}", known) for number, entry in enumerate(entries, 1))


def of_revision(module: object, revision: str, known: Collection[str]) -> tuple[Allowance, ...]:
    """The allowances in the variable ``schemaproof_allow`` of the revision's ``module``; each is for that revision.

    Raises:
        ProofError: as for ``of_project``.
    """
    place = f"{VARIABLE} of revision {revision}"
    entries = _entries(getattr(module, VARIABLE, None), place, f"Write a list of such as {_EXAMPLE}.")
    return tuple(
        _allowance(entry, f"{place}, entry {number}", known, revision=revision)
        for number, entry in enumerate(entries, 1)
    )


def split(findings: Iterable[Finding], allowances: Sequence[Allowance]) -> Sorted:
    """What is kept, what is allowed, and which allowances matched nothing.

    Where several match a finding, all of them count as used and the first gives the reason. One for a check that was
    not asked is among the unused too; the caller knows what was asked.

    Who accepts a defect accepts it under every name: a finding all of whose causes are accepted is allowed too, whether
    the checks that tell those were asked or not.
    """
    kept, allowed, used = [], [], set()
    for finding in findings:
        matching = [allowance for allowance in allowances if allowance.matches(finding)]
        matching = matching or _of_causes(finding, allowances)
        used.update(matching)
        if matching:
            allowed.append((finding, matching[0].reason))
        else:
            kept.append(finding)
    return Sorted(kept, allowed, [allowance for allowance in allowances if allowance not in used])


def _of_causes(finding: Finding, allowances: Sequence[Allowance]) -> list[Allowance]:
    """Those that accept the causes of ``finding``; none unless each of its causes is accepted."""
    accepting = [[one for one in allowances if one.accepts(cause)] for cause in finding.causes]
    return [one for found in accepting for one in found] if all(accepting) else []


def unused_findings(check: "Check", unused: Iterable[Allowance]) -> Iterator[Finding]:
    """A warning of ``check`` for each allowance that matched nothing."""
    for allowance in unused:
        yield check.finding(
            f"The allowance of {allowance} in {allowance.source} matches no finding.",
            severity=Severity.WARNING,
            revision=allowance.revision,
            object=allowance.object,
            evidence=f"Its reason: {allowance.reason}",
        )


def _entries(value: object, place: str, remedy: str) -> Sequence[object]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ProofError(f"{place} is no list.", remedy=remedy)
    return value


def _allowance(entry: object, place: str, known: Collection[str], revision: str | None = None) -> Allowance:
    """The allowance that ``entry`` is; ``revision`` is the one whose file it stands in."""
    if not isinstance(entry, Mapping):
        raise ProofError(f"{place} is {entry!r}.", remedy=f"Write it like {_EXAMPLE}.")
    # One beside the code says the check and the object only: it is for the revision that it stands in.
    keys = ("check", "reason", "object") if revision else ("check", "reason", "revision", "object")
    for key, value in entry.items():
        if key not in keys:
            raise ProofError(f"{place} holds an unknown key: {key}.", remedy=nearest(str(key), keys))
        if not isinstance(value, str) or not value.strip():
            raise ProofError(f"{key} of {place} is {value!r}.", remedy="Give a string that is not empty.")
    for key in ("check", "reason"):
        if key not in entry:
            raise ProofError(f"{place} has no {key}.", remedy=f"Add it. An allowance is written like {_EXAMPLE}.")
    _known_check(entry["check"], place, known)
    return Allowance(
        check=entry["check"],
        reason=entry["reason"].strip(),
        revision=revision or entry.get("revision"),
        object=entry.get("object"),
        source=f"revision {revision}" if revision else "pyproject.toml",
    )


def _known_check(check: str, place: str, known: Collection[str]) -> None:
    if check == UNUSED:
        raise ProofError(
            f"{place} allows {UNUSED}, which tells of allowances without a use.",
            remedy="Remove the allowance that matches nothing.",
        )
    if check not in known:
        raise ProofError(f"{place} names an unknown check: {check}.", remedy=nearest(check, known))


def _alike(object: str | None, pattern: str) -> bool:  # noqa: A002 (the vocabulary's word)
    """Whether ``pattern`` is the object, also where its name has what patterns are made of ("integer[]")."""
    return object is not None and (object == pattern or fnmatch.fnmatchcase(object, pattern))
