"""A run that may take so long: what takes long is left out in part, evenly, and told."""

import os
import re
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import monotonic

import pytest

from schemaproof import budget
from schemaproof.budget import Budget
from schemaproof.finding import Finding, Severity
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure.proof import Proof
from schemaproof.report.outcome import Report
from tests.schemaproof.projects import ENV, Step, make_project
from tests.schemaproof.run.test_cache import run
from tests.schemaproof.run.test_verify import verified

CHILDREN = "CREATE TABLE c{0} (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE); CREATE INDEX ON c{0} (p);"
STEPS = [Step("CREATE TABLE p (id int PRIMARY KEY)", "DROP TABLE p"), Step(CHILDREN.format("a"), "DROP TABLE ca")]
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

METADATA = MetaData()
Table("p", METADATA, Column("id", Integer, primary_key=True))
key = Column("p", ForeignKey("p.id", ondelete="CASCADE"), index=True)
Table("ca", METADATA, Column("id", Integer, primary_key=True), key)
"""


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    return make_project(tmp_path, STEPS, env=MODELS + ENV, options='{"target_metadata": METADATA}')


def told(report: Report) -> Finding:
    (found,) = [one for one in report.findings if one.check == "budget"]
    return found


def test_nothing_that_takes_long_is_done_when_the_budget_is_spent(subject: Subject, own_server: Server) -> None:
    spent = replace(subject, budget=Budget(monotonic()))
    report = verified(spent, own_server, "atomicity", "delete-in-sql", "downgrade-restores")
    assert report.faults.injected == 0
    note = told(report)
    assert note.severity is Severity.NOTE
    assert [line.partition(":")[0] for line in note.evidence.splitlines()] == ["0001", "0002", "delete-in-sql"]
    assert "starting points of deletes" in note.message
    assert "--budget" in note.remedy
    assert not report.obstacles


@pytest.mark.usefixtures("own_errors_only")
def test_enough_leaves_nothing_out(subject: Subject, own_server: Server) -> None:
    plain, plenty = (
        verified(one, own_server, "atomicity", "delete-in-sql")
        for one in (subject, replace(subject, budget=Budget(monotonic() + 900)))
    )
    assert plenty.findings == plain.findings
    assert plenty.faults.injected == plain.faults.injected > 0


def test_all_revisions_have_the_same_of_it(
    subject: Subject, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # in one process
    monkeypatch.setattr(budget, "monotonic", count().__next__)  # a fault takes a second, and nothing else any
    monkeypatch.setattr("schemaproof.proofs.failure.proof.perf_counter", lambda: 0.0)
    report = verified(replace(subject, budget=Budget(20), everywhere=True), own_server, "atomicity")
    left = [re.findall(r"(\d+) of (\d+)", line) for line in told(report).evidence.splitlines()]
    done = [int(of) - int(missing) for ((missing, of),) in left]
    assert len(done) == len(STEPS)
    assert min(done) > 0
    assert max(done) - min(done) <= 4


@pytest.mark.usefixtures("own_errors_only", "proved_server")
def test_what_was_left_out_is_asked_the_next_time(subject: Subject, own_server: Server) -> None:
    assert run(replace(subject, budget=Budget(monotonic())), own_server, "atomicity").obstacles == 0
    assert run(subject, own_server, "atomicity").known == ()
    assert run(subject, own_server, "atomicity").known == ("0001", "0002")


@pytest.mark.usefixtures("errors_only")
def test_what_was_left_out_counts_as_known_of_no_revision_of_its_kind(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = Step(CHILDREN.format("b"), "DROP TABLE cb")
    subject = make_project(tmp_path, [*STEPS, third])
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    plain = verified(subject, own_server, "atomicity")
    monkeypatch.setattr(Proof, "_share", lambda proof, _: None if proof._done > 1 else 0.0)
    partial = verified(subject, own_server, "atomicity")
    missing = re.findall(r"000[12]: (\d+) of", told(partial).evidence)
    assert len(missing) == 2
    assert partial.faults.injected > plain.faults.injected - sum(map(int, missing))
