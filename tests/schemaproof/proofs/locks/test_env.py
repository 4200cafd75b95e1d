"""Remedies that need a transaction of Alembic's own, where env.py has begun one before."""

import re
from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.deletes.checks.cost import FOREIGN_KEY_INDEX
from schemaproof.proofs.locks.blocked import READS_BLOCKED, WRITES_BLOCKED
from tests.schemaproof.projects import ENV, Step, make_project
from tests.schemaproof.proofs.locks.projects import EACH_ITS_OWN, ORDERS

INDEX = Step("CREATE INDEX ix ON orders (total)", "DROP INDEX ix")
CONFIGURE = "        context.configure(connection=connection, **OPTIONS)\n"
BEGUN = {
    "begin": ENV.replace("engine.connect()", "engine.begin()"),
    "begun after": ENV.replace(
        f"{CONFIGURE}        with context.begin_transaction():", f"{CONFIGURE}        with connection.begin():"
    ),
}
ALEMBICS = {
    "as alembic init writes it": ENV,
    "a query that is committed": ENV.replace(
        CONFIGURE, f'        connection.exec_driver_sql("SELECT 1")\n        connection.commit()\n{CONFIGURE}'
    ),
}


def told(folder: Path, server: Server, env: str, options: str, steps: list[Step]) -> list[str]:
    """The remedies for the last revision."""
    with open_history(make_project(folder, steps, env=env, options=options), server) as history:
        last = history.revisions[-1].revision
        return [one.remedy for check in (READS_BLOCKED, WRITES_BLOCKED) for one in check.examine(history, last)][:1]


@pytest.mark.parametrize(
    ("env", "options"),
    [(BEGUN["begin"], "{}"), (BEGUN["begin"], EACH_ITS_OWN), (BEGUN["begun after"], "{}")],
    ids=["begin", "begin, each its own", "begun after"],
)
def test_env_py_that_begins_the_transaction_is_changed_first(
    env: str, options: str, tmp_path: Path, own_server: Server
) -> None:
    (remedy,) = told(tmp_path, own_server, env, options, [ORDERS, INDEX])
    assert "In env.py, open the connection with `engine.connect()` in place of `engine.begin()`" in remedy


@pytest.mark.parametrize("options", ["{}", EACH_ITS_OWN])
@pytest.mark.parametrize("env", ALEMBICS.values(), ids=ALEMBICS)
def test_env_py_that_leaves_it_to_alembic_is_not(env: str, options: str, tmp_path: Path, own_server: Server) -> None:
    (remedy,) = told(tmp_path, own_server, env, options, [ORDERS, INDEX])
    assert "env.py" not in remedy


def test_remedy_fails_in_the_old_env_py_and_passes_in_the_new_one(tmp_path: Path, own_server: Server) -> None:
    (remedy,) = told(tmp_path / "now", own_server, BEGUN["begin"], "{}", [ORDERS, INDEX])
    lines = [line for line in remedy.splitlines() if re.match(r"(with )?op\.|    op\.", line)]
    ran = {}
    for name, env in {"old": BEGUN["begin"], "new": ENV}.items():
        subject = make_project(tmp_path / name, [ORDERS, INDEX], env=env)
        path = tmp_path / name / "migrations" / "versions" / "0002.py"
        path.write_text(path.read_text().replace(f"op.execute({INDEX.up!r})", "\n    ".join(lines)))
        with open_history(subject, own_server) as history:
            ran[name] = history.stairs("0002").up.error
            assert not [*WRITES_BLOCKED.examine(history, "0002")]
    assert isinstance(ran["old"], AssertionError)
    assert ran["new"] is None


def test_revisions_in_one_transaction_of_env_py_keep_the_locks_of_those_before(
    tmp_path: Path, own_server: Server
) -> None:
    """Whatever it tells Alembic of transactions of their own."""
    steps = [ORDERS, Step("ALTER TABLE orders ADD COLUMN a int"), Step("UPDATE orders SET a = total")]
    (remedy,) = told(tmp_path, own_server, BEGUN["begin"], EACH_ITS_OWN, steps)
    assert remedy.startswith("Run each revision in a transaction of its own")
    assert "transaction_per_migration does nothing" in remedy


def test_index_of_a_foreign_key_needs_it_too(tmp_path: Path, own_server: Server) -> None:
    child = Step("CREATE TABLE items (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE CASCADE)")
    with open_history(make_project(tmp_path, [ORDERS, child], env=BEGUN["begin"]), own_server) as history:
        (found,) = FOREIGN_KEY_INDEX.examine(history)
    assert found.remedy.count("In env.py, open the connection with") == 1
