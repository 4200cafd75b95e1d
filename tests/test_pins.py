"""requirements/oldest.txt holds what pyproject.toml says that the harness works with."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def floors() -> dict[str, str]:
    """The lowest release of each package that the harness, or its tests, ask for."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = table["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    requirements = map(Requirement, [*project["dependencies"], *extras, *table["dependency-groups"]["harness"]])
    return {one.name: next(iter(one.specifier)).version for one in requirements if one.specifier}


def test_oldest_is_what_pyproject_names() -> None:
    """A floor that is lowered takes `rm requirements/oldest.txt; nox -s pins`: uv keeps the pins that still fit."""
    text = (ROOT / "requirements" / "oldest.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)", text, re.MULTILINE))
    higher = {
        name: (floor, pins[name]) for name, floor in floors().items() if not f"{pins[name]}.".startswith(f"{floor}.")
    }
    assert higher == {}
