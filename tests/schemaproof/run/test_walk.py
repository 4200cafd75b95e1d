"""Several processes, each of which climbs a stretch of the history and injects faults into it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from schemaproof.postgres import Server
from schemaproof.project.subject import Subject
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Report
from schemaproof.run import walk
from schemaproof.run.verify import verify
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import ENV, make_project, table

SETTINGS = """
import os
from sqlalchemy import MetaData, create_engine

engine = create_engine(os.environ["DATABASE_URL"])
metadata = MetaData()
"""


class Silent:
    def stage(self, text: str, total: int) -> None: ...

    def step(self, text: str, done: int, share: float | None = None) -> None: ...

    def now(self, text: str) -> None: ...


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_WORTH_ANOTHER_WITH_FAULTS", 1)
    monkeypatch.setattr(walk, "_WORTH_ANOTHER", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def keeps_engine(tmp_path: Path, request: pytest.FixtureRequest) -> Subject:
    """A project whose models make the engine when they are imported: with the URL of that moment."""
    module = f"kept_engine_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    env = ENV.replace(
        'engine = engine_from_config(config.get_section("alembic"), poolclass=NullPool)', f"from {module} import engine"
    )
    subject = make_project(tmp_path, [table("t"), table("u")], env=env)
    (tmp_path / f"{module}.py").write_text(SETTINGS)
    with (tmp_path / "alembic.ini").open("a") as file:
        file.write("prepend_sys_path = %(here)s\npath_separator = os\n")
    return subject


def examined(subject: Subject, server: Server) -> Report:
    checks = [check for check in CHECKS if check.id in {"atomicity", "rerun-after-failure"}]
    return verify(subject, server, checks=checks, progress=Silent())


@pytest.mark.usefixtures("two_processes")
def test_project_that_keeps_its_engine_is_examined_in_several_processes(
    keeps_engine: Subject, own_server: Server, databases: Databases
) -> None:
    """Its URL is that of the first process's stand-in: once the others refused it."""
    assert [str(one) for one in examined(keeps_engine, own_server).findings] == []
    assert databases() == set()


@pytest.mark.usefixtures("two_processes")
def test_faults_of_all_processes_are_counted(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    take_over: Callable[..., None] = walk._Parallel._take_over

    def seen(walking: walk._Parallel, stretch: walk.Stretch) -> None:
        counts.append(stretch.faults.tally)
        take_over(walking, stretch)

    monkeypatch.setattr(walk._Parallel, "_take_over", seen)
    faults = examined(make_project(tmp_path, [table("t"), table("u")]), own_server).faults
    assert len(counts) == 2
    assert faults.injected == faults.survived == sum(one.injected for one in counts)
    assert min(one.injected for one in counts) > 10
    assert faults.seconds >= max(one.seconds for one in counts)
