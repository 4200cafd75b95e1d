"""Parts of a verification, and the one report that they make."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemaproof.check import Check
from schemaproof.cli import main
from schemaproof.errors import ProofError
from schemaproof.finding import Place, Severity
from schemaproof.postgres import Server
from schemaproof.project.allowances import Allowance
from schemaproof.project.baseline import Entry
from schemaproof.project.subject import Subject
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.json import render
from schemaproof.report.outcome import CheckResult, Known, Part, Report, Scope
from schemaproof.run.judging import is_judged
from schemaproof.run.merging import merge
from schemaproof.run.parts import Shard
from schemaproof.run.scope import Wanted
from schemaproof.run.verify import verify
from tests.schemaproof.projects import Step, make_project, table
from tests.schemaproof.run.test_walk import Silent

# Of both scopes, and what is judged of all parts together. Faults, rows, locks and deletes are shared out likewise.
PLAIN = [check for check in CHECKS if check.area not in {"failure", "data", "locks", "releases", "delete"}]
STEPS = [check for check in CHECKS if check.id in {"upgrade-from-empty", "upgrade-in-one-call"}]
DOWNGRADES = [check for check in PLAIN if check.area == "downgrade" or check is UNUSED_ALLOWANCE]
FORGETS_TYPE = Step("CREATE TYPE a AS ENUM ('x')")
ALLOWANCES = [
    Allowance("downgrade-runs", "It can't."),
    Allowance("single-head", "Two."),
    Allowance("downgrade-missing", "Old.", revision="0003"),
]


def verified(subject: Subject, server: Server, wanted: Wanted, checks: Sequence[Check] = PLAIN) -> Report:
    return verify(subject, server, checks=checks, progress=Silent(), wanted=wanted, allowances=ALLOWANCES)


def in_parts(
    subject: Subject,
    server: Server,
    of: int,
    folder: Path,
    wanted: Wanted | None = None,
    *,
    checks: Sequence[Check] = PLAIN,
) -> Report:
    files = []
    for number in range(1, of + 1):
        part = dataclasses.replace(wanted or Wanted(), shard=Shard(number, of))
        files.append(folder / f"part-{number}.json")
        files[-1].write_text(render(verified(subject, server, part, checks)))
    return merge(files[::-1])


def told(report: Report) -> list[tuple[str, ...]]:
    """What a reader sees of the findings."""
    return sorted(
        (one.check, str(one.severity), str(one.revision), str(one.object), one.message, str(sorted(one.also_found_by)))
        for one in report.findings
    )


def test_parts_of_a_faulty_project_make_the_report_of_the_whole(tmp_path: Path, postgres_server: Server) -> None:
    steps = [table("t"), FORGETS_TYPE, Step("CREATE TYPE b AS ENUM ('x')"), table("u")]
    subject = make_project(tmp_path / "project", steps)
    whole = verified(subject, postgres_server, Wanted())
    merged = in_parts(subject, postgres_server, 3, tmp_path)
    assert told(merged) == told(whole)
    (left,) = (one for one in merged.findings if one.check == "downgrade-missing")
    assert (left.revision, "downgrade-to-base" in left.also_found_by) == ("0002", True)  # by a check of another part
    assert [(one.check.id, one.skipped, one.not_asked) for one in merged.checks] == [
        (one.check.id, one.skipped, one.not_asked) for one in whole.checks
    ]
    assert (merged.verdict, merged.revisions, merged.scope) == (whole.verdict, whole.revisions, None)
    assert [(one.check, reason) for one, reason in merged.allowed] == [
        (one.check, reason) for one, reason in whole.allowed
    ]


def test_parts_of_new_revisions_make_their_report(tmp_path: Path, postgres_server: Server) -> None:
    steps = [table("t"), FORGETS_TYPE, Step("CREATE TYPE b AS ENUM ('x')"), table("u")]
    subject, wanted = make_project(tmp_path / "project", steps), Wanted(since="0002")
    merged = in_parts(subject, postgres_server, 2, tmp_path, wanted, checks=DOWNGRADES)
    assert told(merged) == told(verified(subject, postgres_server, wanted, DOWNGRADES))
    assert merged.scope == Scope(("0003", "0004"), "above revision 0002")


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(since="0001")])
def test_step_that_differs_from_one_call_is_found_in_whichever_part_it_is(
    wanted: Wanted, tmp_path: Path, postgres_server: Server
) -> None:
    """The part that asks for it knows nothing of the other parts' steps."""
    steps = [table("t"), Step("SET my.flag = 'on'", "SELECT 1")]
    leans = "DO $$ BEGIN IF current_setting('my.flag', true) = 'on' THEN CREATE TABLE extra (); END IF; END $$"
    steps += [Step(leans, "DROP TABLE IF EXISTS extra"), table("u")]
    subject = make_project(tmp_path / "project", steps)
    merged = in_parts(subject, postgres_server, 3, tmp_path, wanted, checks=STEPS)
    found = [one.revision for one in merged.findings if one.check == "upgrade-in-one-call"]
    assert found == ["0003"]


def part(number: int = 1, of: int = 2, **changes: Any) -> Report:
    """A report of a part: of two revisions, one each."""
    together = ("0001", "0002")
    values: dict[str, Any] = {"selected": ("downgrade-runs",), "together": together, "why": "", "digest": "d"}
    versions = {"schemaproof": "1"}
    scope = Scope((together[number - 1],), "part", part=Part(number, of, **{**values, "versions": versions, **changes}))
    (check,) = (check for check in CHECKS if check.id == "downgrade-runs")
    return Report({}, together, "17.10", (CheckResult(check, 1.0, ()),), (), 2.0, scope=scope)


def written(folder: Path, *reports: Report) -> Sequence[Path]:
    paths = [folder / f"{number}.json" for number, _ in enumerate(reports)]
    for path, report in zip(paths, reports, strict=True):
        path.write_text(render(report))
    return paths


def refused(files: Sequence[Path]) -> ProofError:
    with pytest.raises(ProofError) as caught:
        merge(files)
    return caught.value


def test_seconds_of_parts_are_added(tmp_path: Path) -> None:
    merged = merge(written(tmp_path, part(1), part(2)))
    assert (merged.seconds, merged.checks[0].seconds, merged.subject["parts"]) == (4.0, 2.0, 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"digest": "other"}, "differ in project"),
        ({"versions": {"schemaproof": "2"}}, "differ in versions"),
        ({"selected": ("single-head",)}, "differ in checks"),
        ({"together": ("0002",)}, "differ in revisions to ask of"),
        ({"of": 3}, "differ in number of parts"),
    ],
)
def test_parts_of_different_verifications_are_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    error = refused(written(tmp_path, part(1), part(2, **changes)))
    assert error.cause.endswith(f"don't fit together: they {words}.")
    assert error.remedy.startswith("Run all parts anew from one commit")


def test_parts_on_different_servers_are_refused(tmp_path: Path) -> None:
    other = dataclasses.replace(part(2), postgres="16.4")
    assert "they differ in PostgreSQL" in refused(written(tmp_path, part(1), other)).cause


def test_part_that_is_missing_is_named_with_the_line_that_makes_it(tmp_path: Path) -> None:
    error = refused(written(tmp_path, part(2, of=3), part(1, of=3)))
    assert error.cause == "Of 3 parts, these are missing: 3."
    assert error.remedy.endswith("\n  schemaproof verify --shard 3/3 --json part-3.json")


def test_part_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    first, second = written(tmp_path, part(1), part(1))
    assert refused([first, second]).cause == f"{first} and {second} are both part 1 of 2."


def test_parts_that_overlap_are_refused(tmp_path: Path) -> None:
    overlapping = part(2)
    assert overlapping.scope is not None
    scope = dataclasses.replace(overlapping.scope, asked=("0001", "0002"))
    files = written(tmp_path, part(1), dataclasses.replace(overlapping, scope=scope))
    assert refused(files).cause == "The parts overlap, or leave revisions out."


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "can't be read: "),
        (lambda path: path.write_text("{"), "is no JSON: "),
        (lambda path: path.write_text("[]"), "is no report of schemaproof."),
        (lambda path: path.write_text(render(dataclasses.replace(part(), scope=None))), "was written without --shard."),
    ],
)
def test_file_that_is_no_part_is_refused(tmp_path: Path, spoil: Callable[[Path], object], words: str) -> None:
    files = written(tmp_path, part(1), part(2))
    spoil(files[1])
    assert words in refused(files).cause


def test_allowance_that_has_expired_is_told_once_for_all_parts(tmp_path: Path) -> None:
    place = Place("a.py", 3)
    expired = Allowance("downgrade-runs", "Until then.", revision="000*", expires=date(2027, 3, 1), where=place)
    selected = ("downgrade-runs", "unused-allowance")
    parts = [dataclasses.replace(part(number, selected=selected), expired=(expired,)) for number in (1, 2)]
    unused = CheckResult(UNUSED_ALLOWANCE, 0.0, ())
    parts[0] = dataclasses.replace(parts[0], checks=(*parts[0].checks, unused))
    (note,) = merge(written(tmp_path, *parts)).findings
    assert (note.check, note.severity, note.where) == ("unused-allowance", Severity.NOTE, place)


@pytest.mark.parametrize(("pattern", "is_told"), [("000*", False), ("0002*", True), ("0009", False)])
def test_pattern_is_unused_if_all_that_it_may_mean_was_asked(pattern: str, *, is_told: bool) -> None:
    allowance = Allowance("downgrade-runs", ".", revision=pattern)
    assert is_judged(allowance, Scope(("0002", "0003"), "new"), ("0001", "0002", "0003")) is is_told


def known_part(number: int, *revisions: str, unmatched: tuple[Entry, ...]) -> Report:
    """A part that has found what the baseline knows of ``revisions``, and not what is ``unmatched``."""
    report = part(number)
    findings = tuple((report.checks[0].check.finding("It fails.", revision=one), "Old.") for one in revisions)
    return dataclasses.replace(report, known=Known(findings, unmatched=unmatched))


def test_baseline_of_the_parts_is_that_of_the_whole(tmp_path: Path) -> None:
    first, second, gone, unasked = (
        Entry(str(number) * 16, check, Severity.ERROR, f"000{number}")
        for number, check in enumerate(["downgrade-runs", "downgrade-runs", "downgrade-runs", "single-head"], 1)
    )
    parts = [
        known_part(1, "0001", unmatched=(second, gone, unasked)),
        known_part(2, "0002", unmatched=(first, gone, unasked)),
    ]
    merged = merge(written(tmp_path, *parts))
    assert merged.known is not None
    assert [(one.revision, reason) for one, reason in merged.known.findings] == [("0001", "Old."), ("0002", "Old.")]
    assert (merged.known.fixed, merged.findings, merged.verdict) == ((gone,), (), "sound")


def test_parts_without_a_baseline_have_none(tmp_path: Path) -> None:
    assert merge(written(tmp_path, part(1), part(2))).known is None


def test_merge_ends_as_verify_does_and_writes_the_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faulty = part(2)
    (result,) = faulty.checks
    finding = result.check.finding("It fails.", revision="0002")
    faulty = dataclasses.replace(faulty, checks=(dataclasses.replace(result, findings=(finding,)),))
    files = [str(path) for path in written(tmp_path, part(1), faulty)]
    output = [str(tmp_path / name) for name in ("m.json", "m.xml")]
    assert main(["merge", *files, "--json", output[0], "--junit", output[1]]) == 1
    assert "(the sum of 2 parts)" in capsys.readouterr().out
    document = json.loads(Path(output[0]).read_text())
    assert (document["verdict"], document["part"]) == ("faulty", None)
    assert 'failures="1"' in Path(output[1]).read_text()
    assert main(["merge", files[0]]) == 2
    assert "these are missing: 2" in capsys.readouterr().err
