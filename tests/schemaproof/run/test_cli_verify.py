"""``schemaproof verify`` and ``checks``: options, exit statuses, where what is said goes. The run itself is faked."""

import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from schemaproof.cli import main
from schemaproof.errors import ProofError
from schemaproof.finding import Severity
from schemaproof.postgres import Choice, PostgresError
from schemaproof.project.allowances import Allowance
from schemaproof.project.severities import Grade
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Obstacle, Report
from schemaproof.run.apart import Examination, Request, work
from schemaproof.run.interruption import Interruption
from schemaproof.run.judging import report
from schemaproof.run.progress import Display
from schemaproof.run.record import Record
from schemaproof.run.scope import Wanted
from tests.schemaproof.report.reports import a_finding, a_report


class Run:
    """Stands in for the server, the run and the report; keeps what it was called with, and does ``work``."""

    def __init__(self) -> None:
        self.report: Report = a_report()
        self.work: Callable[[], object] = lambda: None
        self.arguments: Mapping[str, Any] = {}
        self.server_ended = False

    @contextmanager
    def start(self, options: object, choice: Choice, progress: Callable[[str], object]) -> Iterator[object]:
        assert choice.provider == "embedded"
        progress("starting a server")
        try:
            yield options
        finally:
            self.server_ended = True

    def examine(self, subject: object, server: object, **arguments: object) -> None:
        self.arguments = {"subject": subject, "server": server, **arguments}
        self.work()

    def reported(self, record: Record, allowances: object, seconds: float, **policy: Any) -> Report:
        self.arguments = {**self.arguments, "allowances": allowances, **policy}
        if record.obstacles and not self.report.findings:
            return report(record, (), seconds)
        return dataclasses.replace(self.report, obstacles=tuple(record.obstacles), fail_on=policy["fail_on"])


class Here(Examination):
    """The other process's work, done in this one."""

    def __init__(self, request: Request, record: Record) -> None:
        self.obstacle, self.examined, self.undecided = None, False, False
        self._request, self._record = request, record

    def follow(self, progress: Display, interruption: Interruption) -> None:
        del interruption
        try:
            work(self._request, lambda kind, *said: self._take(kind, said, progress))
        except Exception as error:  # noqa: BLE001 (as the other process)
            self.obstacle = Obstacle.of(error)

    def end(self) -> None:
        """Nothing is left."""

    def finish(self, interruption: Interruption) -> None:
        """Nothing is left."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """A run in a folder with an alembic.ini, which is the current one."""
    fake = Run()
    monkeypatch.setattr("schemaproof.run.verification.Examination", Here)
    monkeypatch.setattr("schemaproof.run.verification.report", fake.reported)
    monkeypatch.setattr("schemaproof.run.apart.examine", fake.examine)
    monkeypatch.setattr("schemaproof.run.apart.start", fake.start)
    monkeypatch.setattr("schemaproof.run.apart.choose", lambda _: Choice("embedded", "", ""))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alembic.ini").touch()
    return fake


@pytest.mark.usefixtures("run")
def test_verify_of_a_sound_project_ends_with_0_and_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    assert capsys.readouterr().out.startswith("sound: 2 checks, ")


@pytest.mark.parametrize(("severity", "status"), [(Severity.ERROR, 1), (Severity.WARNING, 1), (Severity.NOTE, 0)])
def test_verify_ends_with_1_for_errors_and_warnings(run: Run, severity: Severity, status: int) -> None:
    run.report = a_report(a_finding(severity=severity))
    assert main(["verify"]) == status


@pytest.mark.parametrize(
    ("fail_on", "severity", "status"),
    [
        ("error", Severity.WARNING, 0),
        ("error", Severity.ERROR, 1),
        ("warning", Severity.WARNING, 1),
        ("never", Severity.ERROR, 0),
    ],
)
def test_verify_fails_on_what_is_said_to_fail(run: Run, fail_on: str, severity: Severity, status: int) -> None:
    run.report = a_report(a_finding(severity=severity))
    assert main(["verify", "--fail-on", fail_on]) == status


def test_verify_that_never_fails_on_findings_fails_where_it_could_not_check(run: Run) -> None:
    run.report = a_report(a_finding())
    run.work = lambda: run.arguments["record"].fail(Obstacle.of(KeyError("x"), "single-head"))
    assert main(["verify", "--fail-on", "never"]) == 2


def test_verify_hands_on_the_severities_of_pyproject(run: Run, tmp_path: Path) -> None:
    lines = 'check = "single-head"\nseverity = "note"\nreason = "Two."\n'
    (tmp_path / "pyproject.toml").write_text(f"[[tool.schemaproof.severity]]\n{lines}")
    main(["verify"])
    assert run.arguments["grades"] == (Grade("single-head", Severity.NOTE, "Two."),)


def test_verify_tells_findings_on_stdout_and_progress_on_stderr(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.report = a_report(a_finding())
    run.work = lambda: run.arguments["progress"].stage("revisions", 3)
    main(["verify"])
    captured = capsys.readouterr()
    assert captured.out.startswith("revision 0003\n  error[downgrade-restores]")
    assert captured.err == "schemaproof: starting a server\nschemaproof: revisions (3)\n"


def test_verify_examines_what_the_command_line_says(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    command = "verify --project sub --alembic-ini a.ini --metadata m:a --url-env U --driver psycopg --postgres embedded"
    assert main(command.split()) == 0
    subject = run.arguments["subject"]
    assert (subject.project, subject.alembic_ini) == (tmp_path / "sub", Path("a.ini"))
    assert (subject.metadata, subject.url_env, subject.driver) == ("m:a", "U", "psycopg")
    assert run.arguments["server"].provider == "embedded"


def test_verify_runs_all_checks_unless_some_are_selected_or_ignored(run: Run) -> None:
    main(["verify"])
    assert run.arguments["checks"] == list(CHECKS)
    main(["verify", "--select", "upgrade-again,downgrade-runs", "--ignore", "downgrade-runs"])
    assert [check.id for check in run.arguments["checks"]] == ["upgrade-again"]


def test_verify_selects_and_ignores_areas(run: Run) -> None:
    assert main(["verify", "--select", "parity,failure", "--ignore", "failure"]) == 0
    assert [check.id for check in run.arguments["checks"]] == ["parity-autogenerate", "parity-catalog"]


@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        (["--since", "origin/main"], Wanted(since="origin/main")),
        (["--revision", "0002, 0003"], Wanted(revisions=("0002", "0003"))),
        ([], Wanted()),
    ],
)
def test_verify_asks_of_the_revisions_that_are_wanted(run: Run, option: list[str], wanted: Wanted) -> None:
    assert main(["verify", *option]) == 0
    assert run.arguments["wanted"] == wanted


@pytest.mark.usefixtures("run")
def test_verify_with_two_ways_to_choose_revisions_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--since", "main", "--revision", "0001"]) == 2
    assert "--since and --revision are both given.\nRemedy: Give one of them." in capsys.readouterr().err


def test_verify_hands_on_the_allowances_of_pyproject(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[[tool.schemaproof.allow]]\ncheck = "single-head"\nreason = "Two."\n')
    main(["verify"])
    assert run.arguments["allowances"] == (Allowance("single-head", "Two."),)


def test_verify_writes_json_and_junit_also_where_it_is_faulty(run: Run, tmp_path: Path) -> None:
    """Relative to the caller's folder, wherever the project is."""
    run.report = a_report(a_finding())
    (tmp_path / "sub").mkdir()
    assert main(["verify", "--project", "sub", "--json", "r.json", "--junit", "r.xml"]) == 1
    assert json.loads((tmp_path / "r.json").read_text())["verdict"] == "faulty"
    assert "<failure" in (tmp_path / "r.xml").read_text()


def test_verify_finds_an_unwritable_report_before_the_run(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "r.json", "--junit", "missing/r.xml"]) == 2
    assert not run.arguments
    assert capsys.readouterr().err.startswith("schemaproof: --junit ")
    assert not Path("r.json").exists()


@pytest.mark.usefixtures("run")
def test_verify_refuses_to_write_two_reports_into_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "r", "--junit", "./r"]) == 2
    assert capsys.readouterr().err == (
        "schemaproof: --json and --junit name the same file.\n"
        "Remedy: Give each a file of its own: --json report-1 --junit report-2\n"
    )


@pytest.mark.parametrize("kind", [ProofError, PostgresError])
def test_verify_that_is_impossible_ends_with_2_cause_evidence_and_remedy(
    run: Run, capsys: pytest.CaptureFixture[str], kind: type[ProofError]
) -> None:
    def fail() -> None:
        raise kind("The server was lost.", evidence="\x1b[31mFATAL\x1b[0m", remedy="Run again.")

    run.work = fail
    assert main(["verify"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("schemaproof: The server was lost.\nFATAL\nRemedy: Run again.\n")
    assert run.server_ended


@pytest.mark.usefixtures("run")
def test_verify_with_an_unknown_check_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--select", "single-hed"]) == 2
    assert "Remedy: Did you mean single-head? Known are " in capsys.readouterr().err


def test_verify_with_a_defect_of_its_own_ends_with_2_and_asks_for_a_report(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.work = lambda: int("no number")
    assert main(["verify"]) == 2
    captured = capsys.readouterr()
    assert "Traceback" in captured.err
    assert captured.err.endswith("this is a bug in schemaproof; please report it with the lines above.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_verify_that_is_interrupted_ends_its_server_and_with_130(run: Run, number: signal.Signals) -> None:
    run.work = lambda: signal.raise_signal(number)
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert main(["verify"]) == 130
    assert run.server_ended
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_verify_is_terminated_also_where_interrupts_are_ignored(run: Run) -> None:
    """As in a shell's background job."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    run.work = lambda: signal.raise_signal(signal.SIGTERM)
    try:
        assert main(["verify"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("found", [False, True])
def test_verify_that_fails_tells_and_writes_what_it_found_and_why(
    run: Run, capsys: pytest.CaptureFixture[str], *, found: bool
) -> None:
    def fail() -> None:
        raise PostgresError("The server was lost.", evidence="FATAL", remedy="Run again.")

    run.work = fail
    run.report = a_report(*([a_finding()] if found else []))
    assert main(["verify", "--json", "r.json", "--junit", "r.xml"]) == 2
    captured = capsys.readouterr()
    assert ("error[downgrade-restores]" in captured.out) == found
    assert captured.err.endswith("schemaproof: The server was lost.\nFATAL\nRemedy: Run again.\n")
    document = json.loads(Path("r.json").read_text())
    assert document["verdict"] == ("faulty" if found else "incomplete")
    assert [(one["kind"], one["cause"], one["remedy"]) for one in document["obstacles"]] == [
        ("impossible", "The server was lost.", "Run again.")
    ]
    assert '<error message="The server was lost." type="impossible">' in Path("r.xml").read_text()


@pytest.mark.usefixtures("run")
def test_verify_with_wrong_settings_writes_the_reason() -> None:
    assert main(["verify", "--select", "single-hed", "--json", "r.json"]) == 2
    (obstacle,) = json.loads(Path("r.json").read_text())["obstacles"]
    assert obstacle["cause"] == "--select names an unknown check: 'single-hed'."
    assert obstacle["remedy"].startswith("Did you mean single-head?")


def test_verify_in_which_a_check_crashed_reports_the_others_and_ends_with_2(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.report = a_report(a_finding())
    run.work = lambda: run.arguments["record"].fail(Obstacle.of(KeyError("x"), "single-head"))
    assert main(["verify"]) == 2
    captured = capsys.readouterr()
    assert "error[downgrade-restores]" in captured.out
    assert "single-head: schemaproof failed: KeyError: 'x'" in captured.out
    assert captured.err.endswith("this is a bug in schemaproof; please report it with the lines above.\n")


def test_verify_writes_the_other_report_where_one_cannot_be_written(run: Run, tmp_path: Path) -> None:
    run.report = a_report(a_finding())
    run.work = (tmp_path / "r.json").mkdir
    assert main(["verify", "--json", "r.json", "--junit", "r.xml"]) == 2
    assert "<failure" in (tmp_path / "r.xml").read_text()


@pytest.mark.usefixtures("run")
def test_command_runs_in_a_thread_that_may_have_no_signal_handlers() -> None:
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(main(["verify"])))
    thread.start()
    thread.join()
    assert statuses == [0]


def test_command_shows_what_the_locales_encoding_lacks_by_its_number(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="ascii"))
    run.report = a_report(a_finding("größer"))
    assert main(["verify"]) == 1
    assert b"gr\\xf6\\xdfer" in out.getvalue()


def test_checks_lists_every_check_with_reason_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines if line.startswith("  ") and line[2] != " "] == [c.id for c in CHECKS]
    assert sum(line.strip().startswith("= reason: ") for line in lines) == len(CHECKS)
    assert sum(line.strip().startswith("= remedy: ") for line in lines) == len(CHECKS)


def test_checks_lists_each_area_once(capsys: pytest.CaptureFixture[str]) -> None:
    main(["checks"])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line and line[0] != " "] == list(dict.fromkeys(check.area for check in CHECKS))


@pytest.mark.parametrize("names", [["history", "downgrade-restores"], ["downgrade-restores,history"]])
def test_checks_lists_a_part_where_some_are_named(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "--json", *names]) == 0
    listed = [check["id"] for check in json.loads(capsys.readouterr().out)["checks"]]
    assert listed == ["revision-import", "revision-chain", "single-head", "downgrade-restores"]


def test_checks_with_an_unknown_name_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "failures"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(
        "schemaproof: `schemaproof checks` names an unknown check: 'failures'.\nRemedy: Did you mean failure?"
    )


def test_checks_are_to_be_had_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["checks", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    assert [check["id"] for check in document["checks"]] == [check.id for check in CHECKS]
    assert set(document["checks"][0]) == {"id", "area", "scope", "title", "reason", "remedy", "page"}


def test_checks_ends_quietly_where_its_reader_has_seen_enough() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [str(Path(sys.executable).with_name("schemaproof")), "checks"]
    with os.fdopen(writer, "w") as broken:
        done = subprocess.run(command, stdout=broken, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [[], ["prove"], ["verify", "--no-such"]])
def test_command_with_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("option", "notes", "warnings"), [("-v", 6, 1), ("--verbose", 6, 1), ("-q", 0, 0), ("--quiet", 0, 0)]
)
def test_verify_prints_as_much_as_it_is_told(
    run: Run, capsys: pytest.CaptureFixture[str], option: str, notes: int, warnings: int
) -> None:
    found = [a_finding(object=f"type t{number}", severity=Severity.NOTE) for number in range(6)]
    run.report = a_report(*found, a_finding(severity=Severity.WARNING), a_finding())
    assert main(["verify", option]) == 1
    out = capsys.readouterr().out
    lines = [line for line in out.splitlines() if line.startswith(("  note[", "  warning[", "  error["))]
    assert [sum(line.startswith(f"  {word}[") for line in lines) for word in ("note", "warning", "error")] == [
        notes,
        warnings,
        1,
    ]


def test_verify_is_not_verbose_and_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["verify", "-v", "-q"])
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_verify_prints_json_alone_where_it_goes_to_standard_output(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.report = a_report(a_finding())
    assert main(["verify", "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "faulty"


def test_verify_prints_one_report_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "-", "--junit", "-"]) == 2
    assert "schemaproof: --json and --junit name standard output.\n" in capsys.readouterr().err


def test_help_tells_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["verify"], ["merge"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        out = " ".join(capsys.readouterr().out.split())
        for told in ("0 sound", "1 faulty", "2 ", "130 interrupted"):
            assert told in out


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The summary of a job of GitHub Actions, in which the command runs."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_verify_annotates_and_summarizes_in_a_job_of_github(
    run: Run, capsys: pytest.CaptureFixture[str], job: Path
) -> None:
    run.report = a_report(a_finding())
    assert main(["verify"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("::error file=alembic.ini,title=schemaproof")
    assert job.read_text(encoding="utf-8").startswith("## schemaproof: faulty\n")


def test_verify_does_neither_where_it_is_told_not_to(run: Run, capsys: pytest.CaptureFixture[str], job: Path) -> None:
    run.report = a_report(a_finding())
    main(["verify", "--no-github"])
    assert "::" not in capsys.readouterr().out
    assert not job.exists()


@pytest.mark.usefixtures("job")
def test_verify_annotates_on_stderr_where_json_goes_to_stdout(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.report = a_report(a_finding())
    main(["verify", "--json", "-"])
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"] == "faulty"
    assert "::error file=alembic.ini" in captured.err


def test_verify_whose_summary_cannot_be_written_ends_with_2(
    run: Run, capsys: pytest.CaptureFixture[str], job: Path
) -> None:
    run.report = a_report(a_finding())
    job.mkdir()
    assert main(["verify"]) == 2
    captured = capsys.readouterr()
    assert "error[downgrade-restores]" in captured.out
    assert "The job's summary" in captured.err


def test_verify_writes_sarif_and_gitlabs_report(run: Run, tmp_path: Path) -> None:
    run.report = a_report(a_finding())
    assert main(["verify", "--sarif", "r.sarif", "--gitlab", "r.json"]) == 1
    assert json.loads((tmp_path / "r.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((tmp_path / "r.json").read_text())[0]["check_name"] == "downgrade-restores"
