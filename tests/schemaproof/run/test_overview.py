"""What would be asked, told without a server."""

import os
from pathlib import Path

import pytest

from schemaproof.check import Check
from schemaproof.cli import main
from schemaproof.errors import ProofError
from schemaproof.postgres import Server
from schemaproof.proofs.registry import CHECKS
from schemaproof.run.costs import Cost, cost_of
from schemaproof.run.overview import as_text, overview
from schemaproof.run.scope import EVERYTHING, Wanted
from schemaproof.run.verify import verify
from tests.schemaproof.clones import Clone
from tests.schemaproof.projects import make_project, table
from tests.schemaproof.run.test_walk import Silent


def named(*names: str) -> list[Check]:
    return [check for check in CHECKS if check.id in names]


def test_overview_says_of_how_many_revisions_each_check_is_asked(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    assert as_text(named("single-head", "downgrade-runs"), overview(subject, EVERYTHING)) == (
        "single-head     once\ndowngrade-runs  2 revisions\n\n2 checks, 2 revisions; nothing was run\n"
    )


def test_overview_says_that_the_number_of_faults_is_an_estimate(tmp_path: Path) -> None:
    told = as_text(named("atomicity", "crash-recovery"), overview(make_project(tmp_path, [table("t")]), EVERYTHING))
    assert told.startswith("atomicity       1 revision, about 26 faults\ncrash-recovery  1 revision, about 4 crashes\n")
    assert "estimated from the operations in the files" in told


@pytest.mark.parametrize("count", [2, 8])
def test_estimate_is_near_what_a_run_injects(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # each process injects what no other one knows of
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(count)])
    report = verify(subject, postgres_server, checks=named("atomicity"), progress=Silent())
    assert 0.7 < report.faults.injected / overview(subject, EVERYTHING).faults < 1.4


def test_overview_says_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from another folder, and where alembic.ini names its own relative to the project's."""
    clone = Clone(tmp_path / "clone")
    (clone.root / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    clone.add()
    with (clone.root / "migrations" / "env.py").open("a") as file:
        file.write("# edited\n")
    monkeypatch.chdir(tmp_path)
    told = as_text(named("downgrade-runs"), overview(clone.subject, Wanted(since="main")))
    assert told.startswith("downgrade-runs  1 revision\n\n1 check, 4 revisions; nothing was run\n")
    assert "\nrevisions asked one by one: 0004: new since main (merge base " in told
    assert "\nenv.py was edited since then; " in told


def test_overview_runs_files_whose_ids_cannot_be_read_off(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    path = clone.add()
    path.write_text(path.read_text().replace("revision = '0004'", "revision = '00' + '04'"))
    assert overview(clone.subject, EVERYTHING).revisions == ("0001", "0002", "0003", "0004")


def test_overview_of_revisions_that_have_no_order_is_refused(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.add("0005", "0004")
    with pytest.raises(ProofError, match=r"The revisions can't be put in order: .*0004") as caught:
        overview(clone.subject, EVERYTHING)
    assert "--select revision-import,revision-chain" in caught.value.remedy


def test_command_lists_and_starts_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_project(tmp_path, [table("t"), table("u")])
    monkeypatch.setattr("schemaproof.run.verification.run", lambda *_, **__: pytest.fail("it runs"))
    assert main(["verify", "--list", "--project", str(tmp_path), "--revision", "0002", "--select", "downgrade"]) == 0
    told = capsys.readouterr().out
    assert "downgrade-runs           1 revision\n" in told
    assert "\n5 checks, 2 revisions; nothing was run\nrevisions asked one by one: 0002: named by --revision\n" in told


def test_command_lists_what_a_part_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, [table("t"), table("u")])
    assert (
        main(["verify", "--list", "--project", str(tmp_path), "--shard", "2/2", "--select", "history,downgrade"]) == 0
    )
    told = capsys.readouterr().out
    assert "revisions asked one by one: 0002: part 2 of 2\n" in told
    assert "downgrade-runs           1 revision\n" in told
    assert told.count(" once\n") == 2  # of four checks of the whole


def test_command_that_lists_writes_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--list", "--json", str(tmp_path / "r.json")]) == 2
    assert "Remedy: Leave --json out." in capsys.readouterr().err


def test_cost_counts_the_operations_of_each_direction(tmp_path: Path) -> None:
    path = tmp_path / "0001.py"
    path.write_text(
        "def upgrade():\n"
        "    op.create_table('t', sa.Column('id', sa.Integer()))\n"
        "    with op.batch_alter_table('t') as batch:\n"
        "        batch.add_column(sa.Column('a', sa.Integer()))\n"
        "    print('done')\n"
        "\n\n"
        "def downgrade():\n"
        "    op.drop_table('t')\n"
    )
    assert cost_of(path) == Cost(up=2, down=1)
    assert cost_of(tmp_path / "none.py") == Cost(up=1, down=1)
