"""One report of the parts of a verification, from the JSON that each has written."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from schemaproof.errors import ProofError
from schemaproof.figure import grid, link
from schemaproof.finding import Cause, FailOn, Finding, Place, Severity, numbered
from schemaproof.project.allowances import Allowance, unused_findings
from schemaproof.project.baseline import Baseline, Entry
from schemaproof.project.severities import Grade, Regraded
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.causes import told_once
from schemaproof.report.outcome import CheckResult, Known, Obstacle, Recalled, Report, Scope
from schemaproof.run.judging import allowed_once, fixed, is_judged
from schemaproof.run.parts import BY_REVISION
from schemaproof.tally import Tally

_AGAIN = "Run all parts anew from one commit, with the same options: `schemaproof verify --shard K/N --json FILE`."

# What all parts have in common, by the words for it.
_COMMON = {
    "of": "number of parts",
    "digest": "project",
    "versions": "versions",
    "selected": "checks",
    "together": "revisions to ask of",
}


# What is told of a finding beside its own attributes.
_BESIDE = {"fingerprint", "file", "line", "page", "baseline", "reason"}


@dataclass(frozen=True)
class _Read:
    """A part as it was read: the ``document`` of the file ``name``."""

    name: str
    document: Mapping[str, Any]

    @property
    def part(self) -> Mapping[str, Any]:
        part: Mapping[str, Any] = self.document["part"]
        return part

    @property
    def asked(self) -> Sequence[str]:
        asked: Sequence[str] = self.document["scope"]["asked"]
        return asked


def merge(files: Sequence[Path]) -> Report:
    """The report of the parts in ``files``.

    Raises:
        ProofError: if one can't be read or is no part, if one is missing or there twice, or if they are not parts of
            one verification.
    """
    parts = [_read(path) for path in files]
    _require_alike(parts)
    parts.sort(key=lambda one: int(one.part["shard"]))
    _require_all(parts)
    return _merged(parts)


def _read(path: Path) -> _Read:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProofError(
            f"{path} can't be read: {error.strerror}.", remedy="Name the files that `verify --shard K/N --json` wrote."
        ) from error
    except ValueError as error:
        raise ProofError(
            f"{path} is no JSON: {error}.", remedy="Name the files that `verify --shard K/N --json` wrote."
        ) from error
    if not isinstance(document, dict) or document.get("version") != 1 or "verdict" not in document:
        raise ProofError(
            f"{path} is no report of schemaproof.", remedy="Name the files that `verify --shard K/N --json` wrote."
        )
    if not document.get("part"):
        causes = [one["cause"] for one in document.get("obstacles", ())]
        told = "was written without --shard" if not causes else "has no revisions: the run ended before it knew them"
        raise ProofError(f"{path} {told}.", evidence="\n".join(causes), remedy=_AGAIN)
    return _Read(str(path), document)


def _require_alike(parts: Sequence[_Read]) -> None:
    """Raise where two are of different verifications."""
    first = parts[0]
    for other in parts[1:]:
        differing = [(words, first.part[key], other.part[key]) for key, words in _COMMON.items()]
        differing += [("PostgreSQL", first.document["postgres"], other.document["postgres"])]
        differing += [("revisions", first.part["revisions"], other.part["revisions"])]
        differing += [("fail-on", first.document["fail_on"], other.document["fail_on"])]
        for words, one, another in differing:
            if one != another:
                raise ProofError(
                    f"{first.name} and {other.name} don't fit together: they differ in {words}.",
                    evidence=f"{first.name}: {_short(one)}\n{other.name}: {_short(another)}",
                    remedy=_AGAIN,
                )


def _short(value: object) -> str:
    told = str(value)
    return told if len(told) <= 300 else f"{told[:300]}..."


def _require_all(parts: Sequence[_Read]) -> None:
    """Raise where one is missing, or two ask the same."""
    of = int(parts[0].part["of"])
    by_number: dict[int, _Read] = {}
    for one in parts:
        number = int(one.part["shard"])
        if number in by_number:
            raise ProofError(
                f"{by_number[number].name} and {one.name} are both part {number} of {of}.",
                remedy="Leave one of them out.",
            )
        by_number[number] = one
    if missing := [number for number in range(1, of + 1) if number not in by_number]:
        lines = "\n".join(f"  schemaproof verify --shard {one}/{of} --json part-{one}.json" for one in missing)
        numbers = ", ".join(map(str, missing))
        raise ProofError(
            f"Of {of} parts, these are missing: {numbers}.", remedy=f"Run, and name their files too:\n{lines}"
        )
    asked = [revision for one in parts for revision in one.asked]
    if sorted(asked) != sorted(parts[0].part["together"]):
        raise ProofError("The parts overlap, or leave revisions out.", evidence=_short(asked), remedy=_AGAIN)


def _merged(parts: Sequence[_Read]) -> Report:
    first = parts[0]
    revisions = tuple(first.part["revisions"])
    together = tuple(first.part["together"])
    remarks = tuple(dict.fromkeys(one for part in parts for one in part.document["scope"]["remarks"]))
    scope = Scope(together, first.part["why"], remarks) if first.part["why"] else None
    kept = told_once(numbered(one for part in parts for one in _findings(part) if one.check != "server"))
    kept += numbered(_unused(parts, scope))
    kept, known = _divided(parts, kept, scope)
    allowed = allowed_once([one for part in parts for one in _allowed(part)])
    told = dict.fromkeys(one for part in parts for one in _findings(part) if one.check == "server")
    return Report(
        {**first.document["subject"], "parts": len(parts)},
        revisions,
        first.document["postgres"],
        tuple(_results(parts, kept)),
        tuple(allowed),
        sum(part.document["seconds"] for part in parts),
        _faults(parts),
        tuple(told),
        tuple(dict.fromkeys(Obstacle(**one) for part in parts for one in part.document["obstacles"])),
        tuple(_regraded(parts)),
        FailOn(first.document["fail_on"]),
        scope,
        _recalled(parts),
        sum(part.document["walk_seconds"] for part in parts),
        server=first.document["server"],
        known=known,
    )


def _recalled(parts: Sequence[_Read]) -> Recalled | None:
    told = [part.document["recalled"] for part in parts if part.document["recalled"] is not None]
    revisions, remarks = ([each for one in told for each in one[name]] for name in ("revisions", "remarks"))
    return Recalled(tuple(revisions), tuple(dict.fromkeys(remarks))) if told else None


def _findings(part: _Read) -> list[Finding]:
    """The findings of ``part``, with the causes that the report itself does not show."""
    return [finding for finding, told in _all_findings(part) if not told["baseline"]]


def _known(part: _Read) -> list[tuple[Finding, str]]:
    """The findings of ``part`` that are in the baseline, with the reasons."""
    return [(finding, told["reason"]) for finding, told in _all_findings(part) if told["baseline"]]


def _all_findings(part: _Read) -> Iterator[tuple[Finding, Mapping[str, Any]]]:
    for told, causes in zip(part.document["findings"], part.part["causes"], strict=True):
        yield _finding(told, causes), told


def _allowed(part: _Read) -> list[tuple[Finding, str]]:
    told = zip(part.document["allowed"], part.part["allowed_causes"], strict=True)
    return [(_finding(one, causes), one["reason"]) for one, causes in told]


def _finding(told: Mapping[str, Any], causes: Iterable[Sequence[str | None]]) -> Finding:
    values = {key: value for key, value in told.items() if key not in _BESIDE}
    values |= {"severity": Severity(told["severity"]), "also_found_by": tuple(told["also_found_by"])}
    values |= {"grids": tuple(map(grid, told["grids"])), "links": tuple(map(link, told["links"]))}
    values["where"] = None if told["file"] is None else Place(told["file"], told["line"])
    return Finding(**values, causes=tuple(Cause(*one) for one in causes))  # type: ignore[arg-type]  # its first is no None


def _divided(
    parts: Sequence[_Read], kept: Sequence[Finding], scope: Scope | None
) -> tuple[list[Finding], Known | None]:
    """Those of ``kept`` that are not known, and what the baseline of all parts says."""
    if parts[0].part["unmatched_baseline"] is None:
        return list(kept), None
    unmatched = [[_entry(one) for one in part.part["unmatched_baseline"]] for part in parts]
    nowhere = Baseline(tuple(one for one in unmatched[0] if all(one in other for other in unmatched)))
    new, more = nowhere.divide(kept)  # what only the merge finds: an allowance that no part has a finding for
    found = [one for part in parts for one in _known(part)] + [(one, nowhere.reason(one)) for one in more]
    answered = set(parts[0].part["selected"]) - _open_checks(parts)
    gone = fixed(nowhere.unmatched(kept), answered, scope, parts[0].part["revisions"])
    return new, Known(tuple(allowed_once(found)), tuple(gone))


def _entry(told: Mapping[str, Any]) -> Entry:
    return Entry(**{**told, "severity": Severity(told["severity"])})


def _open_checks(parts: Sequence[_Read]) -> set[str]:
    """The checks that some part has not asked of all that it was to ask."""
    return {one["id"] for part in parts for one in part.document["checks"] if one["skipped"]}


def _unused(parts: Sequence[_Read], scope: Scope | None) -> Iterator[Finding]:
    """What unused-allowance finds: allowances that no part has a finding for, of checks that all of them answered."""
    selected = set(parts[0].part["selected"])
    if UNUSED_ALLOWANCE.id not in selected:
        return iter(())
    unmatched, expired = ([list(_allowances(part.part[key])) for part in parts] for key in ("unmatched", "expired"))
    everywhere = [one for one in unmatched[0] if all(one in other for other in unmatched)]
    revisions = parts[0].part["revisions"]
    judged = [one for one in everywhere if one.check in selected - _open_checks(parts)]
    judged = [one for one in judged if is_judged(one, scope, revisions)]
    return unused_findings(UNUSED_ALLOWANCE, judged, dict.fromkeys(one for each in expired for one in each))


def _allowances(told: Iterable[Mapping[str, Any]]) -> Iterator[Allowance]:
    for one in told:
        day, where = one["expires"] and date.fromisoformat(one["expires"]), one["where"] and Place(*one["where"])
        yield Allowance(**{**one, "expires": day, "where": where})


def _results(parts: Sequence[_Read], kept: Sequence[Finding]) -> Iterator[CheckResult]:
    selected = parts[0].part["selected"]
    for check in CHECKS:
        if check.id not in selected:
            continue
        told = [one for part in parts for one in part.document["checks"] if one["id"] == check.id]
        if check.scope == "history" and check.id not in BY_REVISION and len(told) != 1:
            raise ProofError(f"{len(told)} parts have asked {check.id}, not one.", remedy=_AGAIN)
        yield CheckResult(
            check,
            sum(one["seconds"] for one in told),
            tuple(one for one in kept if one.check == check.id),
            "; ".join(dict.fromkeys(one["skipped"] for one in told if one["skipped"])),
            tuple(revision for one in told for revision in one["not_asked"]),
        )


def _faults(parts: Sequence[_Read]) -> Tally:
    total = Tally()
    for part in parts:
        told = part.document["faults"]
        total.injected += told["injected"]
        total.survived += told["survived"]
        total.seconds += told["seconds"]
        total.unfilled |= told["tables_without_rows"]
    return total


def _regraded(parts: Sequence[_Read]) -> Iterator[Regraded]:
    found: dict[Grade, dict[Severity, int]] = {}
    for part in parts:
        for one in part.document["severities"]:
            counts = found.setdefault(Grade(one["check"], Severity(one["severity"]), one["reason"]), {})
            for severity, number in one["changed"].items():
                counts[Severity(severity)] = counts.get(Severity(severity), 0) + number
    return (Regraded(grade, counts) for grade, counts in found.items())
