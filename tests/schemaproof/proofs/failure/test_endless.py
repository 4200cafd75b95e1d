"""A migration that fails and then does not end."""

import pytest

from schemaproof.proofs.failure import equivalence
from schemaproof.proofs.failure.checks.atomicity import ATOMICITY
from schemaproof.proofs.failure.failures import Failures
from schemaproof.proofs.failure.fault import Fault
from tests.schemaproof.projects import table
from tests.schemaproof.proofs.failure.conftest import Open

# After an error it takes the lock that it holds already, on another connection, to say that it has failed.
ENV = """
from alembic import context
from sqlalchemy import NullPool, engine_from_config, text

OPTIONS = {options}
engine = engine_from_config(context.config.get_section("alembic"), poolclass=NullPool)
LOCK = text("SELECT pg_advisory_lock(4711)")
with engine.connect() as connection:
    connection.execute(LOCK)
    connection.commit()
    context.configure(connection=connection, **OPTIONS)
    try:
        with context.begin_transaction():
            context.run_migrations()
    except Exception:
        with engine.connect() as other:
            other.execute(LOCK)
        raise
"""


def test_env_py_that_waits_for_itself_after_a_failure_is_an_error(open_: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivalence, "faults_at", lambda *_, **__: iter([Fault.ERROR]))
    history = open_(table("t"), env=ENV)
    endless = [one for one in history.kept(Failures).of("0001")[0].outcomes if one.endless]
    assert endless
    assert not any(one.survived for one in endless)
    findings = [one for one in ATOMICITY.examine(history, "0001") if "waits for itself" in one.message]
    assert {str(one.severity) for one in findings} == {"error"}
    assert "pg_advisory_lock(4711)" in findings[0].evidence
