"""The contracts between the folders of schemaproof are kept, and an import that breaks one is noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "schemaproof", tmp_path / "schemaproof", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_are_kept(copy: Path) -> None:
    said = lint(copy)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        pytest.param("proofs/deletes/oracle.py", "schemaproof.proofs.failure.state", id="a-proof-imports-another"),
        pytest.param("proofs/chain/checks.py", "schemaproof.run.record", id="a-proof-imports-run"),
        pytest.param("proofs/parity/tell.py", "schemaproof.report.text", id="a-proof-imports-report"),
        pytest.param("migration/history.py", "schemaproof.proofs.failure.proof", id="the-history-imports-a-proof"),
        pytest.param("postgres/owner.py", "schemaproof.catalog.values", id="postgres-imports-catalog"),
        pytest.param("run/record.py", "schemaproof.run.walk", id="a-circle"),
    ],
)
def test_broken_contract_is_told(copy: Path, importer: str, imported: str) -> None:
    file = copy / "schemaproof" / importer
    file.write_text(f"{file.read_text()}\n\nimport {imported}\n")
    said = lint(copy)
    assert said.returncode == 1, said.stdout
    assert imported.removeprefix("schemaproof.run") in said.stdout


def test_new_area_has_to_be_named_in_the_contracts(copy: Path) -> None:
    area = copy / "schemaproof" / "proofs" / "novel"
    area.mkdir()
    (area / "__init__.py").write_text("")
    said = lint(copy)
    assert said.returncode == 1, said.stdout
    assert "novel" in said.stdout
