"""The baseline: findings that were there when the gate was set up, so that it fails on new ones alone."""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

from schemaproof.errors import ProofError
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.project.toml import table

FILE = "schemaproof-baseline.toml"

_VERSION = 2
_READ = (1, 2)  # in files of version 1, messages are in the fingerprints: see ``Finding.former_fingerprint``
_HEAD = """\
# Findings that were there when the gate was set up: `schemaproof verify` fails on others alone. Say of each why it may
# stay. `schemaproof baseline` adds what is found today, `schemaproof baseline --prune` removes what is gone.
"""
_REMEDY = f"Restore {FILE} from git, or delete it and run `schemaproof baseline`."
_SEVERITIES = (Severity.WARNING, Severity.ERROR)  # the worst last; notes fail nothing, so none is in it


@dataclass(frozen=True)
class Entry:
    """A finding that is known.

    Attributes:
        fingerprint: the finding's; the former one where the file is that old.
        check: the id of its check.
        severity: the worst that it may have: a warning that becomes an error is new.
        revision: its revision; None if it is about none.
        object: its object; None if it is about none.
        message: what it says, for who reads the file.
        reason: why it may stay; "" until somebody fills it in.
    """

    fingerprint: str
    check: str
    severity: Severity
    revision: str | None = None
    object: str | None = None
    message: str = ""
    reason: str = ""

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """The entry for ``finding``."""
        return cls(
            finding.fingerprint, finding.check, finding.severity, finding.revision, finding.object, finding.message
        )

    def concerns(self, revision: str | None) -> bool:
        """Whether it is about ``revision``."""
        return self.revision == revision

    def is_named_by(self, cause: Cause) -> bool:
        """Whether it is one of the findings that ``cause`` names."""
        return (
            cause.check == self.check
            and cause.revision in {None, self.revision}
            and cause.object in {None, self.object}
        )

    def is_as_bad_as(self, finding: Finding) -> bool:
        """Whether ``finding`` is no worse than this was."""
        return _SEVERITIES.index(self.severity) >= _SEVERITIES.index(finding.severity)


class Divided(NamedTuple):
    """Findings, as a baseline divides them; the order is kept."""

    new: list[Finding]
    known: list[Finding]


@dataclass(frozen=True)
class Baseline:
    """What is known of a project's findings."""

    entries: tuple[Entry, ...] = ()

    def divide(self, findings: Iterable[Finding]) -> Divided:
        """The new ones among ``findings``, and those that are known.

        A defect that is known is known under every name: one all of whose causes are known is known too, whether or not
        the checks that report those causes ran.
        """
        by_check: dict[str, list[Entry]] = {}
        for one in self.entries:
            by_check.setdefault(one.check, []).append(one)
        divided = Divided([], [])
        for finding in findings:
            entry = self._of(finding)
            known = finding.faulty and (
                (entry is not None and entry.is_as_bad_as(finding)) or _has_known_causes(finding, by_check)
            )
            (divided.known if known else divided.new).append(finding)
        return divided

    def unmatched(self, findings: Iterable[Finding]) -> tuple[Entry, ...]:
        """The entries that none of ``findings`` is; the caller knows which of them were looked for."""
        found = {one for finding in findings for one in (finding.fingerprint, finding.former_fingerprint)}
        return tuple(one for one in self.entries if one.fingerprint not in found)

    def reason(self, finding: Finding) -> str:
        """Why ``finding`` is known: the reason in the file, or the file's name."""
        entry = self._of(finding)
        return (entry and entry.reason) or f"known: {FILE}"

    @cached_property
    def _by_fingerprint(self) -> Mapping[str, Entry]:
        return {one.fingerprint: one for one in self.entries}

    def _of(self, finding: Finding) -> Entry | None:
        """The entry that ``finding`` is; None for none."""
        known = self._by_fingerprint
        return known.get(finding.fingerprint) or known.get(finding.former_fingerprint)

    def with_findings(self, findings: Iterable[Finding]) -> Self:
        """It, and an entry for each error and warning in ``findings``; what it said of one that is known stays."""
        entries = dict(self._by_fingerprint)
        for finding in findings:
            if finding.faulty:
                before = entries.get(finding.fingerprint)
                entries[finding.fingerprint] = replace(Entry.of(finding), reason=before.reason if before else "")
        return replace(self, entries=tuple(entries.values()))

    def renewed(self, findings: Iterable[Finding]) -> Self:
        """It, with the fingerprints of today for those of ``findings`` that it knows by their former ones."""
        today = {one.former_fingerprint: one.fingerprint for one in findings}
        return replace(
            self,
            entries=tuple(
                replace(one, fingerprint=today.get(one.fingerprint, one.fingerprint)) for one in self.entries
            ),
        )

    def without(self, fixed: Collection[Entry]) -> Self:
        """It without those that are ``fixed``."""
        return replace(self, entries=tuple(one for one in self.entries if one not in fixed))

    def render(self) -> str:
        """The file."""
        tables = [table("", {"version": _VERSION}), *(table("[[finding]]", _values(one)) for one in self.entries)]
        return "\n".join([_HEAD.rstrip("\n"), *tables])


def read(project: Path) -> Baseline | None:
    """The baseline in the folder ``project``; None where there is none.

    Raises:
        ProofError: if the file can't be read, or is of another form.
    """
    path = project / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProofError(f"{FILE} is not valid TOML: {error}.", remedy="Fix the syntax at that place.") from error
    except OSError as error:
        raise ProofError(
            f"{path} can't be read: {error.strerror}.", remedy="Make it readable for this user."
        ) from error
    if document.get("version") not in _READ:
        cause = f"{FILE} has version = {document.get('version')!r}; this release reads up to {_VERSION}."
        raise ProofError(cause, remedy=_REMEDY)
    entries = document.get("finding", [])
    if not isinstance(entries, list):
        raise ProofError(f"finding in {FILE} is no list of tables.", remedy=_REMEDY)
    return Baseline(tuple(_entries(entries)))


def _entries(entries: Sequence[object]) -> Iterator[Entry]:
    for number, entry in enumerate(entries, 1):
        place = f"[[finding]], entry {number} of {FILE}"
        if not isinstance(entry, Mapping):
            raise ProofError(f"{place} is {entry!r}.", remedy=_REMEDY)
        values: dict[str, Any] = dict(entry)
        if wrong := [key for key, value in values.items() if not isinstance(value, str)]:
            raise ProofError(f"{wrong[0]} of {place} is {values[wrong[0]]!r}.", remedy=f'Write {wrong[0]} = "..."')
        if values.get("severity") not in _SEVERITIES:
            raise ProofError(f"{place} has the severity {values.get('severity')!r}.", remedy="Write error or warning.")
        try:
            yield Entry(**{**values, "severity": Severity(values["severity"])})
        except TypeError as error:  # a key that is missing, or that nobody knows
            raise ProofError(f"{place}: {str(error).partition('() ')[2]}.", remedy=_REMEDY) from error


def _values(entry: Entry) -> dict[str, str | int]:
    told = {
        "check": entry.check,
        "severity": entry.severity.value,
        "revision": entry.revision,
        "object": entry.object,
        "message": entry.message,
        "fingerprint": entry.fingerprint,
        "reason": entry.reason,
    }
    return {key: value for key, value in told.items() if value is not None}


def _has_known_causes(finding: Finding, entries: Mapping[str, Sequence[Entry]]) -> bool:
    return bool(finding.causes) and all(
        any(one.is_named_by(cause) and one.is_as_bad_as(finding) for one in entries.get(cause.check, ()))
        for cause in finding.causes
    )
