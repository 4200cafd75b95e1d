"""Which errors of a downgrade say that it is not to be had, and which are mistakes."""

from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.migration.intent import is_deliberate
from schemaproof.postgres import Server
from tests.schemaproof.projects import Step, make_project


@pytest.mark.parametrize(
    ("code", "deliberate"),
    [
        ("raise NotImplementedError", True),
        ("raise RuntimeError('irreversible')", True),
        ("if True: raise Exception('irreversible')", True),
        ("assert False, 'irreversible'", True),
        ("assert 1 == 2", False),
        ("raise KeyError('x')", False),
        ("{}['x']", False),
        ("int('x')", False),
        ("undefined", False),
        ("op.execute('SELECT nothing')", False),
    ],
)
def test_downgrade_that_refuses_is_told_from_one_that_fails(
    tmp_path: Path, own_server: Server, code: str, *, deliberate: bool
) -> None:
    subject = make_project(tmp_path, [Step("CREATE TABLE t (id int)")])
    file = tmp_path / "migrations" / "versions" / "0001.py"
    text = file.read_text()
    file.write_text(text[: text.index("def downgrade")] + f"def downgrade():\n    {code}\n")
    with open_history(subject, own_server) as history:
        down = history.stairs("0001").down
    assert down is not None
    assert is_deliberate(down) is deliberate
