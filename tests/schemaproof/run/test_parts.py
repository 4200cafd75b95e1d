"""What each part of a verification asks."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from schemaproof.errors import ProofError
from schemaproof.migration.revisions import load, script_directory
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Scope
from schemaproof.run.parts import BY_REVISION, Shard, digest_of
from tests.schemaproof.projects import Step, make_project, table

IDS = [check.id for check in CHECKS]


def test_shard_is_read() -> None:
    assert (Shard.read("2/3"), Shard.read(None)) == (Shard(2, 3), None)


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "1/0", "a/b", "1/3/5", "-1/3"])
def test_shard_that_is_none_of_its_parts_is_refused(text: str) -> None:
    with pytest.raises(ProofError, match="--shard is") as caught:
        Shard.read(text)
    assert caught.value.remedy.endswith("--shard 1/4 to 4/4.")


@pytest.mark.parametrize("of", [1, 2, 5, 40])
def test_every_check_of_the_whole_is_asked_by_one_part_and_those_of_revisions_by_all(of: int) -> None:
    asked = [[check.id for check in Shard(number, of).checks(CHECKS)] for number in range(1, of + 1)]
    for check in CHECKS:
        expected = of if check.scope == "revision" or check.id in BY_REVISION else 1
        assert sum(check.id in ids for ids in asked) == expected


@pytest.mark.parametrize("of", [1, 2, 3, 9])
def test_parts_share_the_revisions_in_stretches(of: int, tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(8)])
    order = load(script_directory(subject.config(), contextlib.nullcontext), contextlib.nullcontext).revisions
    parts = [Shard(number, of).cut(order, faults=True) for number in range(1, of + 1)]
    assert [revision for part in parts for revision in part] == [one.revision for one in order]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_revision_that_costs_more_makes_its_part_smaller(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(6)])
    first = tmp_path / "migrations" / "versions" / "0001.py"
    first.write_text(first.read_text().replace("    op.execute(", "    op.f('x')\n" * 40 + "    op.execute("))
    order = load(script_directory(subject.config(), contextlib.nullcontext), contextlib.nullcontext).revisions
    assert Shard(1, 2).cut(order, faults=True) == ("0001",)
    assert Shard(1, 2).cut(order, faults=False) == ("0001", "0002", "0003")


def test_part_of_some_revisions_is_cut_from_these(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(6)])
    order = load(script_directory(subject.config(), contextlib.nullcontext), contextlib.nullcontext).revisions
    found = Shard(2, 2).scope(Scope(("0003", "0004", "0006"), "new since main"), order, IDS, "digest")
    assert (found.asked, found.why) == (("0004", "0006"), "part 2 of 2 of those new since main")
    assert found.part is not None
    assert (found.part.together, found.part.why) == (("0003", "0004", "0006"), "new since main")


def test_digest_is_another_where_a_file_is(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t")])
    env = tmp_path / "migrations" / "env.py"
    order = load(script_directory(subject.config(), contextlib.nullcontext), contextlib.nullcontext).revisions
    digests = {digest_of(subject, order, env)}
    assert digest_of(subject, order, env) in digests
    for path in (env, Path(order[0].path), tmp_path / "alembic.ini", tmp_path / "pyproject.toml"):
        with path.open("a") as file:
            file.write("# edited\n")
        digests.add(digest_of(subject, order, env))
    assert len(digests) == 5
    assert digest_of(replace(subject, name="tenant"), order, env) not in digests


def test_digest_is_another_where_a_module_of_the_project_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = make_project(tmp_path, [Step("SELECT 1")])
    module = tmp_path / "digested_models.py"
    module.write_text("a = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("digested_models")
    before = digest_of(subject, (), tmp_path / "env.py")
    module.write_text("a = 2\n")
    assert digest_of(subject, (), tmp_path / "env.py") != before
