"""The wheel, and what the package may import."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of this source tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        yield archive


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    """The file ``name`` of the wheel's .dist-info."""
    (path,) = [path for path in wheel.namelist() if path.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode()


def test_wheel_holds_the_harness_alone(wheel: zipfile.ZipFile) -> None:
    tops = {path.split("/")[0] for path in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"schemaproof"}


def test_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    files = [path for path in ROOT.joinpath("schemaproof").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {str(path.relative_to(ROOT)) for path in files} <= set(wheel.namelist())
    assert "schemaproof/py.typed" in wheel.namelist()


def test_wheel_brings_the_command_and_the_pytest_plugin(wheel: zipfile.ZipFile) -> None:
    entry_points = metadata(wheel, "entry_points.txt")
    assert "[console_scripts]\nschemaproof = schemaproof.cli:main" in entry_points
    assert "[pytest11]\nschemaproof = schemaproof.plugin" in entry_points


def test_wheel_asks_for_a_servers_dependencies_by_extras_only(wheel: zipfile.ZipFile) -> None:
    required = re.findall(r"^Requires-Dist: (.*)$", metadata(wheel, "METADATA"), re.MULTILINE)
    heavy = [line for line in required if re.match("testcontainers|celerp|embedded", line)]
    assert len(heavy) == 3
    assert all("extra ==" in line for line in heavy)


def test_harness_knows_no_subject_by_name() -> None:
    sources = [*ROOT.joinpath("schemaproof").rglob("*.py"), *ROOT.joinpath("schemaproof").rglob("*.sh")]
    assert [path.name for path in sources if re.search("faceplate|mcp_config", path.read_text(), re.IGNORECASE)] == []


def test_harness_is_imported_without_the_application(tmp_path: Path) -> None:
    program = "import sys, schemaproof.plugin, schemaproof.cli; assert 'schema' not in sys.modules; print('alone')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout == "alone\n"


def test_plugin_loads_without_sqlalchemy_and_drivers(tmp_path: Path) -> None:
    """It is loaded in every pytest run, also of projects that have nothing to do with it."""
    program = (
        "import sys, schemaproof.plugin, schemaproof.postgres.options;"
        "print(sorted({'sqlalchemy', 'psycopg', 'docker', 'testcontainers', 'psutil'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
