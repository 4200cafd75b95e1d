"""``python -m schemaproof`` is the command."""

import subprocess
import sys


def test_module_is_the_command() -> None:
    said = subprocess.run([sys.executable, "-m", "schemaproof", "checks"], capture_output=True, text=True, check=False)
    assert said.returncode == 0
    assert "single-head" in said.stdout
