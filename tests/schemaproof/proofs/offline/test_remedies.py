"""What is to be done where no script can be printed: it depends on who fails, and for want of what."""

from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.offline.checks import OFFLINE_SCRIPT
from tests.schemaproof.projects import ENV, Step, make_project

ONLINE = ENV.replace("connection=connection", "connection=connection, prefix='app_', version_table='app_version'")


@pytest.mark.parametrize(
    ("env", "code", "remedy"),
    [
        pytest.param(
            ONLINE,
            "op.get_context().opts['prefix']",
            "env.py gives context.configure() prefix and version_table only where it has a connection. Let it do so"
            " where context.is_offline_mode() too: `context.configure(url=..., prefix=..., version_table=...)`.",
            id="option",
        ),
        pytest.param(ENV, "op.get_bind().exec_driver_sql('SELECT 1').scalar()", OFFLINE_SCRIPT.remedy, id="reads"),
        pytest.param(
            ENV,
            "{False: 'a setting'}[op.get_context().as_sql]",
            "Fix the error above. With a connection the same code works",
            id="error-of-its-own",
        ),
        pytest.param(
            ENV.replace("context.configure(dialect_name", "{}['url']; context.configure(dialect_name"),
            "op.execute('SELECT 1')",
            "Let env.py connect to nothing where context.is_offline_mode()",
            id="env",
        ),
    ],
)
def test_remedy_is_about_what_fails(tmp_path: Path, own_server: Server, env: str, code: str, remedy: str) -> None:
    subject = make_project(tmp_path, [Step("UP")], env=env)
    path = tmp_path / "migrations" / "versions" / "0001.py"
    path.write_text(path.read_text().replace("op.execute('UP')", code))
    with open_history(subject, own_server) as history:
        (finding,) = OFFLINE_SCRIPT.examine(history)
    assert finding.remedy.startswith(remedy)
