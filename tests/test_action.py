"""The GitHub action and the pre-commit hook: they can be read, and name options that there are."""

import argparse
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemaproof.adoption.ci import GITHUB
from schemaproof.arguments import parser
from schemaproof.cli import main
from schemaproof.proofs.registry import BY_AREA
from tests.schemaproof.stock import stock_project

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]


def options(command: str) -> set[str]:
    """The options of `schemaproof COMMAND`."""
    (commands,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    return {option for action in commands.choices[command]._actions for option in action.option_strings}


def scripts() -> Iterator[str]:
    yield from (step["run"] for step in STEPS if "run" in step)


def test_action_gives_verify_options_that_there_are() -> None:
    (verify,) = (script for script in scripts() if "schemaproof verify" in script)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", verify))
    assert {"--project", "--postgres", "--since", "--sarif", "--github"} <= named
    assert named <= options("verify")


def test_action_uses_each_of_its_inputs_and_no_other() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(ACTION["inputs"])
    assert all(one["description"] for one in ACTION["inputs"].values())


def test_action_puts_no_input_into_a_script() -> None:
    """It would be run as code: whoever names a branch could name a command."""
    assert not [script for script in scripts() if "${{" in script]


def test_actions_are_pinned_by_their_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    workflow = (ROOT / "schemaproof" / "adoption" / "ci.py").read_text(encoding="utf-8")
    used += re.findall(r"- uses: (\S+)", workflow)
    assert len(used) >= 5, GITHUB
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one) for one in used)


@pytest.mark.parametrize("number", range(len(list(scripts()))))
def test_scripts_of_the_action_are_of_bash(number: int) -> None:
    script = list(scripts())[number]
    done = subprocess.run(["/bin/bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_hook_is_a_command_with_options_that_there_are() -> None:
    (hook,) = HOOKS
    program, command, *rest = shlex.split(hook["entry"])
    assert (program, command) == ("schemaproof", "verify")
    assert {one for one in rest if one.startswith("--")} <= options("verify")
    assert rest[rest.index("--select") + 1] in BY_AREA
    assert {"id", "name", "entry", "language", "files"} <= hook.keys()


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("migrations/versions/0001_users.py", True),
        ("migrations/env.py", True),
        ("app/alembic.ini", True),
        ("app/versions.py", False),
        ("app/models.py", False),
    ],
)
def test_hook_runs_for_what_makes_the_chain(file: str, *, runs: bool) -> None:
    assert bool(re.search(HOOKS[0]["files"], file)) is runs


def test_hook_finds_a_broken_chain_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stock_project(tmp_path, "generic")
    monkeypatch.chdir(tmp_path)
    for command in (["init"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "x"]):
        subprocess.run(["/usr/bin/env", "git", *command], check=True, capture_output=True)
    arguments = shlex.split(HOOKS[0]["entry"])[1:]
    before = sum(os.times()[:4])  # of this process and those that it waits for, whatever else the machine does
    assert main(arguments) == 0
    assert sum(os.times()[:4]) - before < 3
    text = (tmp_path / "migrations" / "versions" / "0001_create_users.py").read_text()
    (tmp_path / "migrations" / "versions" / "0002.py").write_text(text.replace('"0001"', '"0002"'))
    assert main(arguments) == 1
