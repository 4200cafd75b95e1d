"""A first run on what ``alembic init`` makes is green, with every check and no configuration.

With pyproject.toml the configuration is read from another file, and the rest is the same: there, what runs in this
process with rows, faults and locks is left out, and what reads the configuration in processes of its own is asked.
"""

from pathlib import Path

import pytest

from schemaproof.postgres import Server
from schemaproof.proofs.registry import CHECKS
from tests.example_process import outcome
from tests.schemaproof.stock import TEMPLATES, stock_project

# Its target_metadata is None until somebody edits env.py.
CASES = {"generic": True, "async": False, "pyproject": False, "pyproject_async": True}
IN_PROCESS = {"delete", "data", "locks", "releases"}  # areas


@pytest.mark.parametrize("template", TEMPLATES)
def test_stock_project_is_sound(tmp_path: Path, postgres_server: Server, template: str) -> None:
    stock_project(tmp_path, template, models=CASES[template])
    asked = {check.id for check in CHECKS}
    if template.startswith("pyproject"):
        asked -= {check.id for check in CHECKS if check.area in IN_PROCESS} | {"atomicity", "rerun-after-failure"}
    said = outcome(tmp_path, postgres_server, asked)
    assert said.verdict == "sound", said.shown
    assert {str(one.severity) for one in said.findings} == {"note"}
    assert "concurrent-deployers" in {one.check for one in said.findings}
