"""From a record to its report: what is allowed is sorted out, one defect is reported once."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from schemaproof.check import Check
from schemaproof.finding import FailOn, Finding, numbered
from schemaproof.project.allowances import Allowance, split, unused_findings
from schemaproof.project.baseline import Baseline, Entry
from schemaproof.project.severities import Grade, changes, regraded
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.causes import told_once
from schemaproof.report.outcome import CheckResult, Known, Report, Scope
from schemaproof.run import spells
from schemaproof.run.record import Record
from schemaproof.tally import Tally

_KNOWN = {check.id for check in CHECKS}

# The checks that are asked of each revision, and those of the whole history that ask about the same ones.
_BY_REVISION = {check.id for check in CHECKS if check.scope == "revision"} | {
    *("upgrade-in-one-call", "branch-by-itself", "crash-recovery", "concurrent-deployers"),
}


def _in_order(record: Record) -> Iterator[Finding]:
    """All findings, upwards: of several processes that climb, the upper one may have been the first to tell."""
    places = {revision: place for place, revision in enumerate(record.revisions)}
    climbing = {check.id for check in CHECKS if check.scope == "revision"}
    for check, findings in record.findings.items():
        if check in climbing:
            yield from sorted(findings, key=lambda one: places.get(one.revision or "", -1))
        else:
            yield from findings


def report(  # noqa: PLR0913 (what was found, and how the team judges it)
    record: Record,
    allowances: Sequence[Allowance],
    seconds: float,
    *,
    grades: Sequence[Grade] = (),
    fail_on: FailOn = FailOn.WARNING,
    baseline: Baseline | None = None,
) -> Report:
    """The report of ``record``, what is allowed or known apart; the run may have ended early.

    ``grades``: the severities that the team gives; ``fail_on``: what makes the verdict "faulty"; ``baseline``: the
    findings that are known.
    """
    found = numbered(_in_order(record))
    kept, allowed, unused, expired = split(found, [*allowances, *record.beside])
    # Before one defect is told once: a finding that counts is never told by one that has been made a note.
    kept, changed = regraded(kept, grades), changes(kept, grades)
    part = None if record.scope is None else record.scope.part
    if UNUSED_ALLOWANCE.id in record.checks and part is None:  # else another part may have what it matches
        answered = _answered(record)
        judged = (one for one in unused if one.check in answered and is_judged(one, record.scope, record.revisions))
        kept.extend(numbered(unused_findings(UNUSED_ALLOWANCE, judged, expired)))
    kept, known = _divided(kept, found, baseline, record)
    kept, allowed = told_once(kept), allowed_once(allowed)
    taken = spells.seconds(record.spells)
    results = tuple(
        CheckResult(
            check,
            taken.get(check.id, 0.0),
            tuple(one for one in kept if one.check == check.id),
            _why_not(check, record),
            tuple(one for one in record.unanswered(check.id) if one is not None),
        )
        for check in CHECKS
        if check.id in record.checks
    )
    faults = record.faults.get("all") or _sum(record.faults)
    obstacles = tuple(record.obstacles)
    return Report(
        record.about,
        record.revisions,
        record.postgres,
        results,
        tuple(allowed),
        seconds,
        faults,
        record.remarks,
        obstacles,
        changed,
        fail_on,
        record.scope,
        record.recalled,
        taken.get(spells.WALK, 0.0),
        () if part is None else tuple(unused),
        record.server,
        () if part is None else tuple(expired),
        known,
    )


def _answered(record: Record) -> set[str]:
    """The checks of which all is known."""
    return {check for check in record.checks if check not in record.skipped and not record.unanswered(check)}


def _divided(
    kept: Sequence[Finding], found: Sequence[Finding], baseline: Baseline | None, record: Record
) -> tuple[list[Finding], Known | None]:
    """Those of ``kept`` that are new, and what is known; ``found`` is all, also what is allowed."""
    if baseline is None:
        return list(kept), None
    new, known = baseline.divide(kept)
    told = tuple((one, baseline.reason(one)) for one in told_once(known))
    unmatched = baseline.unmatched([*found, *kept])
    if record.scope is not None and record.scope.part is not None:
        return new, Known(told, (), unmatched)
    return new, Known(told, tuple(fixed(unmatched, _answered(record), record.scope, record.revisions)))


def fixed(
    unmatched: Iterable[Entry], answered: Container[str], scope: Scope | None, revisions: Sequence[str]
) -> Iterator[Entry]:
    """Those of the ``unmatched`` that would have been found: all that they are about was asked.

    ``answered``: the checks that were asked of all of ``scope``. What no check of today's finds is gone too.
    """
    for one in unmatched:
        if one.check not in _KNOWN or (one.check in answered and is_judged(one, scope, revisions)):
            yield one


def is_judged(one: Allowance | Entry, scope: Scope | None, revisions: Sequence[str]) -> bool:
    """Whether ``one`` would have matched by now if it matches anything: all that it is about was asked.

    ``revisions``: all that there are.
    """
    if scope is None:
        return True
    if one.revision is not None:
        concerned = [revision for revision in revisions if one.concerns(revision)]
        return bool(concerned) and set(concerned) <= set(scope.asked)
    return one.check not in _BY_REVISION


def _why_not(check: Check, record: Record) -> str:
    """Why ``check`` did not run, or not on every revision; "" if it did."""
    if reason := record.skipped.get(check.id):
        return reason
    missing = record.unanswered(check.id)
    causes = [
        one.cause
        for one in record.obstacles
        if one.check in {None, check.id} and (one.revision is None or one.revision in missing)
    ]
    return "; ".join(dict.fromkeys(causes)) if missing else ""


def _sum(faults: Mapping[str, Tally]) -> Tally:
    total = Tally()
    for one in faults.values():
        total.add(one)
    return total


def allowed_once(allowed: Sequence[tuple[Finding, str]]) -> list[tuple[Finding, str]]:
    """The allowed findings, without those that are allowed only because their cause is."""
    reasons = {(one.check, one.revision, one.object, one.message): reason for one, reason in reversed(allowed)}
    told = told_once([finding for finding, _ in allowed])
    return [(one, reasons[one.check, one.revision, one.object, one.message]) for one in told]
