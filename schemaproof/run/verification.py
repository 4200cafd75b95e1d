"""``schemaproof verify``: another process runs the checks, and this one reports what they found, however that ends."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from schemaproof.check import Check
from schemaproof.errors import ProofError
from schemaproof.finding import FailOn
from schemaproof.postgres import Options
from schemaproof.project.settings import Settings
from schemaproof.proofs.registry import CHECKS
from schemaproof.report import gitlab, junit, sarif
from schemaproof.report import json as json_report
from schemaproof.report.characters import readable
from schemaproof.report.files import ReportFile
from schemaproof.report.outcome import Obstacle, Report
from schemaproof.report.printing import PLAINLY, Printing
from schemaproof.run.apart import Examination, Request
from schemaproof.run.files_alone import suffice
from schemaproof.run.interruption import STATUS, Interruption
from schemaproof.run.judging import report
from schemaproof.run.progress import display
from schemaproof.run.record import Record
from schemaproof.run.scope import EVERYTHING, Wanted

# Exit statuses.
_SOUND = 0
_FAULTY = 1
_IMPOSSIBLE = 2


def _page(said: Report) -> str:
    from schemaproof.report import page  # with its templates, for who wants one

    return page.render(said)


_RENDERERS = {
    "json": json_report.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "gitlab": gitlab.render,
    "html": _page,
}


def run(  # noqa: PLR0913 (what, where, how it is told)
    settings: Settings,
    checks: Sequence[Check],
    options: Options,
    files: Mapping[str, ReportFile],
    interruption: Interruption,
    *,
    wanted: Wanted = EVERYTHING,
    cached: bool = False,
    printing: Printing = PLAINLY,
) -> int:
    """Run ``checks`` on the revisions that are ``wanted``, show the report and write ``files``; the exit status.

    ``cached``: whether what is known of revisions from earlier runs is not asked again; ``printing``: how the report is
    printed.

    0: everything was checked and is sound, or findings are not to fail the run. 1: everything was checked and something
    is faulty. 2: something could not be
    checked, whatever was found elsewhere: who reads 1 as "these are the findings" would take the rest for sound. 130: a
    signal ended it.
    """
    begun = perf_counter()
    subject = settings.subject
    ids = tuple(check.id for check in wanted.checks(checks))
    record = Record(ids, about=_about(subject.project, subject.alembic_ini))
    alone = suffice(checks, wanted)
    request = Request(subject, tuple(check.id for check in checks), options, wanted, cached, alone)
    examination = Examination(request, record)
    try:
        with display(sys.stderr) as progress:
            examination.follow(progress, interruption)
            if examination.undecided:
                examination.finish(interruption)
                examination = Examination(replace(request, files_alone=False), record)
                examination.follow(progress, interruption)
        if not examination.examined:
            examination.end()
            record.fail(examination.obstacle or interrupted(record, interruption))
        seconds = perf_counter() - begun
        said = report(
            record,
            settings.allowances,
            seconds,
            grades=settings.grades,
            fail_on=settings.fail_on,
            baseline=settings.baseline,
        )
        status = show(said, files, interruption, printing)
    finally:
        examination.finish(interruption)
    if interruption.signal and status != STATUS:
        _say(interrupted(record, interruption))
        return STATUS
    if examination.examined and examination.obstacle:  # its server could not be removed, say
        _say(examination.obstacle)
        return _IMPOSSIBLE
    return status


def refused(
    error: ProofError,
    files: Mapping[str, ReportFile],
    interruption: Interruption,
    project: Path,
    printing: Printing = PLAINLY,
) -> int:
    """Report, also in ``files``, why nothing could be checked; the exit status."""
    record = Record(tuple(check.id for check in CHECKS), about=_about(project, None))
    record.fail(Obstacle.of(error))
    return show(report(record, (), 0.0), files, interruption, printing)


def interrupted(record: Record, interruption: Interruption) -> Obstacle:
    """The obstacle that a signal is, with how far the run got."""
    return Obstacle("interrupted", f"{interruption} {record.place()}")


def show(
    said: Report,
    files: Mapping[str, ReportFile],
    interruption: Interruption,
    printing: Printing = PLAINLY,
) -> int:
    """Write ``files``, the report to standard output, and to standard error what kept anything from being checked.

    Raises:
        ProofError: if a file can't be written; the rest is reported all the same.
    """
    failures = _written(said, files)
    ends = [one for one in said.obstacles if one.check is None and one.revision is None]
    told = {one.cause: one for one in said.obstacles if one not in ends} | {one.cause: one for one in ends}
    try:
        with printing.printed(said, files):
            for one in told.values():
                _say(one)
    except ProofError as error:
        failures.append(error)
    interruption.told = any(one.kind == "interrupted" for one in told.values())
    for failure in failures:
        raise failure
    if interruption.told:
        return STATUS
    if said.obstacles:
        return _IMPOSSIBLE
    return _SOUND if said.verdict == "sound" or said.fail_on is FailOn.NEVER else _FAULTY


def _written(said: Report, files: Mapping[str, ReportFile]) -> list[ProofError]:
    """Write ``files``; why some could not be written."""
    failures: list[ProofError] = []
    for form, file in files.items():
        try:
            file.write(_RENDERERS[form](said))
        except ProofError as error:
            failures.append(error)
    return failures


def _say(obstacle: Obstacle) -> None:
    if obstacle.kind == "defect":
        print(readable(obstacle.evidence), file=sys.stderr)
        told = "this is a bug in schemaproof; please report it with the lines above."
    elif obstacle.kind == "interrupted":
        told = obstacle.cause
    else:
        told = str(ProofError(obstacle.cause, evidence=obstacle.evidence, remedy=obstacle.remedy))
    print(f"schemaproof: {readable(told)}", file=sys.stderr, flush=True)


def _about(project: Path, alembic_ini: Path | None) -> dict[str, object]:
    return {"project": str(project), "alembic_ini": None if alembic_ini is None else str(alembic_ini)}
