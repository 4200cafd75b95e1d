"""The example projects, assembled: an example's own files, and from tests/examples/skeleton what it leaves out.

``uv run python -m tests.example NAME FOLDER`` writes one as a project to try by hand.
"""

import argparse
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).with_name("examples")
SKELETON = ROOT / "skeleton"
PROJECTS = sorted(file.parent for file in ROOT.glob("*/*/expected.toml"))

# What an example takes from the skeleton, unless it has its own: places in the project.
TAKEN = ("alembic.ini", "migrations/env.py", "requirements.txt")


def expected(example: Path) -> dict[str, Any]:
    """What expected.toml says."""
    return tomllib.loads((example / "expected.toml").read_text(encoding="utf-8"))


def from_skeleton(example: Path) -> dict[str, Path]:
    """What ``example`` takes: places in the project, and the skeleton's files."""
    wanted = expected(example)
    names = {"migrations/env.py": f"{wanted.get('env', 'sync')}.py"}
    left_out = wanted.get("without", ())
    return {
        place: SKELETON / names.get(place, place)
        for place in TAKEN
        if place not in left_out and not (example / place).exists()
    }


def assemble(example: Path, folder: Path) -> Path:
    """Write the whole project to ``folder``, which is made, and return it. Its own files keep their names and lines."""
    left_out = shutil.ignore_patterns("__pycache__", "expected.toml", "verify.txt", ".gitkeep")
    shutil.copytree(example, folder, ignore=left_out)
    for place, source in from_skeleton(example).items():
        (folder / place).parent.mkdir(exist_ok=True)
        shutil.copyfile(source, folder / place)
    return folder


@contextmanager
def assembled(example: Path) -> Iterator[Path]:
    """The whole project in a folder of its own, which goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="example-") as folder:
        yield assemble(example, Path(folder) / example.name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the example that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.example", description="Write an example as a whole project.")
    parser.add_argument("name", help="such as downgrade-restores/faulty-leaves-enum")
    parser.add_argument("folder", type=Path, help="where it is written; must not exist yet")
    parsed = parser.parse_args(arguments)
    example = ROOT / parsed.name
    if example not in PROJECTS:
        parser.error(f"no example {parsed.name!r} in {ROOT}")
    if parsed.folder.exists():
        parser.error(f"{parsed.folder} exists")
    assemble(example, parsed.folder)
    print(f"uv run schemaproof verify --project {parsed.folder}   # expected: {expected(example)['verdict']}")


if __name__ == "__main__":
    main()
