"""What the command takes."""

from pathlib import Path

import pytest

from schemaproof.arguments import parser
from schemaproof.project.settings import Settings
from schemaproof.run.scope import Wanted

LISTS = ("select", "ignore", "revision")


@pytest.mark.parametrize("command", ["verify", "baseline"])
@pytest.mark.parametrize("option", LISTS)
def test_list_that_is_given_in_parts_is_one(command: str, option: str) -> None:
    parsed = parser().parse_args([command, f"--{option}", "a,b", f"--{option}=c"])
    assert vars(parsed)[option] == "a,b,c"


@pytest.mark.parametrize("option", LISTS)
def test_list_that_is_given_once_is_as_it_stands(option: str) -> None:
    assert vars(parser().parse_args(["verify", f"--{option}", "a,b"]))[option] == "a,b"
    assert vars(parser().parse_args(["verify"]))[option] is None


def test_every_option_that_says_it_takes_a_list_takes_it_in_parts() -> None:
    """An option whose help has ``...`` is refused if a second one replaces the first."""
    commands = next(one for one in parser()._actions if one.choices and "verify" in one.choices).choices
    assert isinstance(commands, dict)
    options = [one for command in commands.values() for one in command._actions if str(one.metavar).endswith(",...")]
    assert {one.dest for one in options} == set(LISTS)
    assert {type(one).__name__ for one in options} == {"_AddedToTheList"}


def test_names_in_parts_are_all_chosen(tmp_path: Path) -> None:
    parsed = parser().parse_args(["verify", "--select", "one", "--select", "two", "--ignore", "two", "--ignore", "six"])
    given = {"select": parsed.select, "ignore": parsed.ignore}
    settings = Settings.read(tmp_path, given, known={"one", "two", "six"})
    assert (settings.select, settings.ignore) == (("one", "two"), ("two", "six"))


def test_revisions_in_parts_are_all_asked() -> None:
    parsed = parser().parse_args(["verify", "--revision", "0001", "--revision", "0003"])
    assert Wanted.read(parsed.since, parsed.revision, parsed.shard).revisions == ("0001", "0003")


def test_arguments_of_env_py_are_a_list() -> None:
    assert parser().parse_args(["verify", "-x", "a=1,2", "-x", "b"]).x == ["a=1,2", "b"]
