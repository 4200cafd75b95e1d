"""Roles that revisions make and drop, verified on several databases in several processes: no false alarm, no rest."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.migration.roles import literals, need_the_server
from schemaproof.postgres import Server
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Report
from schemaproof.run.record import Record
from schemaproof.run.walk import walk
from tests.schemaproof.processes import wait_until
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.run.test_verify import FORGETS_INDEX, Recorder, small_stretches, verified

__all__ = ["small_stretches"]

pytestmark = pytest.mark.usefixtures("small_stretches")

GUARDED = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role}; END IF;
END $$
"""
SAYING = "DO $$ BEGIN EXECUTE '{verb} ROLE ' || quote_ident('{role}'); END $$"


def spoken(report: Report) -> list[str]:
    """The errors and warnings."""
    return [f"{one.check} {one.revision}: {one.message}" for one in report.findings if str(one.severity) != "note"]


# What the revisions' text tells of beforehand, so that one verification with the server for itself is of all of them.
DROPPED = {
    "made": ("CREATE ROLE {role}", "DROP ROLE {role}"),
    "user": ("CREATE USER {role}; GRANT SELECT ON a TO {role}", "REVOKE ALL ON a FROM {role}; DROP USER {role}"),
    "guarded": (GUARDED + "; GRANT SELECT ON a TO {role}", "REVOKE ALL ON a FROM {role}; DROP ROLE IF EXISTS {role}"),
    "owner": (
        "CREATE ROLE {role}; ALTER TABLE a OWNER TO {role}",
        "REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}",
    ),
    "member": (
        "CREATE ROLE {role}; CREATE ROLE {role}_member; GRANT {role} TO {role}_member",
        "DROP ROLE {role}_member; DROP ROLE {role}",
    ),
    "made anew": (
        "DROP ROLE IF EXISTS {role}; CREATE ROLE {role}; GRANT SELECT ON a TO {role}",
        "DROP OWNED BY {role}",
    ),
    "default privileges": (
        "CREATE ROLE {role}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {role}",
        "DROP OWNED BY {role}; DROP ROLE {role}",
    ),
}


def rest(server: Server, role: str) -> tuple[list[str], list[str]]:
    """What is left of ``role``, of those whose names begin so, and of databases."""
    roles = [name for name in server.roles() if name.startswith(role)]
    return roles, [name for name in server._names() if name.startswith(server._name("", ""))]


def test_roles_that_are_dropped_again_are_sound(tmp_path: Path, own_server: Server, role: str) -> None:
    makes = [
        Step(*(text.replace("{role}", f"{role}_{number}") for text in texts))
        for number, texts in enumerate(DROPPED.values())
    ]
    said = spoken(verified(make_project(tmp_path, [table("a"), *makes, table("b"), table("c")]), own_server))
    of_each = {name: [one for one in said if f" {number:04}: " in one] for number, name in enumerate(DROPPED, 2)}
    assert of_each == {name: [] for name in DROPPED}
    assert said == []
    assert rest(own_server, role) == ([], [])


def test_role_whose_statement_is_made_up_by_the_server_is_sound(tmp_path: Path, own_server: Server, role: str) -> None:
    make = Step(*(SAYING.replace("{verb}", verb).replace("{role}", role) for verb in ("CREATE", "DROP")))
    subject = make_project(tmp_path, [table("a"), make, table("b"), table("c")])
    assert spoken(verified(subject, own_server)) == []
    assert rest(own_server, role) == ([], [])


def test_role_that_a_later_revision_drops_is_sound(tmp_path: Path, own_server: Server, role: str) -> None:
    make = Step(f"CREATE ROLE {role}; GRANT SELECT ON a TO {role}", f"DROP OWNED BY {role}; DROP ROLE {role}")
    subject = make_project(tmp_path, [table("a"), make, table("b"), Step(make.down, make.up)])
    assert spoken(verified(subject, own_server)) == []
    assert role not in own_server.roles()


def test_role_that_only_statements_tell_of_is_sound(tmp_path: Path, own_server: Server, role: str) -> None:
    """The statements come from files, so that nothing is known of them before they run, in several processes."""
    make = Step(f"CREATE ROLE {role}; GRANT SELECT ON a TO {role}", f"DROP OWNED BY {role}; DROP ROLE {role}")
    subject = make_project(tmp_path, [table("a"), make, table("b"), table("c")])
    file = tmp_path / "migrations" / "versions" / "0002.py"
    source = "from pathlib import Path\n" + file.read_text()
    for name, text in (("up.sql", make.up), ("down.sql", make.down)):
        (tmp_path / name).write_text(text)
        source = source.replace(repr(text), f"Path({name!r}).read_text()")
    file.write_text(source)
    assert spoken(verified(subject, own_server)) == []
    assert role not in own_server.roles()


def test_role_named_after_the_database_is_dropped(tmp_path: Path, own_server: Server) -> None:
    name = "quote_ident(left(current_database(), 50) || '_reader')"
    up = f"DO $$ BEGIN EXECUTE 'CREATE ROLE ' || {name}; END $$"
    subject = make_project(tmp_path, [table("a"), Step(up, up.replace("CREATE", "DROP")), table("b")])
    assert spoken(verified(subject, own_server)) == []
    prefix = own_server._name("", "")[:50]
    assert not [role for role in own_server.roles() if role.startswith(prefix)]


def test_restart_keeps_what_the_project_remembers_of_its_url(tmp_path: Path, own_server: Server, role: str) -> None:
    """As a settings module does; the faulty revision shows that the second attempt came to its end."""
    env = ENV.replace('config.get_section("alembic")', "{'sqlalchemy.url': URL}")
    kept = "import sys\nURL = sys.__dict__.setdefault('remembered_url', config.get_main_option('sqlalchemy.url'))"
    env = env.replace("config = context.config", f"config = context.config\n{kept}")
    make = Step(f"CREATE ROLE {role}", "SELECT 1")  # the second database trips over it
    subject = make_project(tmp_path, [table("t"), make, FORGETS_INDEX, table("u")], env=env)
    findings = spoken(verified(subject, own_server))
    assert any(one.startswith("downgrade-missing 0003") for one in findings), findings
    assert role not in own_server.roles()


def test_role_that_the_downgrade_cannot_drop_is_told(tmp_path: Path, own_server: Server, role: str) -> None:
    make = Step(f"CREATE ROLE {role}; GRANT SELECT ON a TO {role}", f"DROP ROLE {role}")
    subject = make_project(tmp_path, [table("a"), make, table("b")])
    assert [one for one in spoken(verified(subject, own_server)) if one.startswith("downgrade-runs 0002")]
    assert role not in own_server.roles()


def test_role_of_another_user_of_the_server_is_left(tmp_path: Path, own_server: Server, role: str) -> None:
    subject = make_project(tmp_path, [Step(f"CREATE ROLE {role}", f"DROP ROLE {role}")])
    try:
        with open_history(subject, own_server) as history:
            own_server.create_role(f"{role}_of_another")
            assert history.stairs("0001").clean
            history.leave()
            assert f"{role}_of_another" in own_server.roles()
            assert role not in own_server.roles()
    finally:
        own_server.drop_role(f"{role}_of_another")


def test_revisions_that_create_and_drop_roles_have_the_server_for_themselves(
    tmp_path: Path, own_server: Server, role: str
) -> None:
    subject = make_project(tmp_path, [Step(f"CREATE ROLE {role}", f"DROP ROLE {role}")])
    with open_history(subject, own_server) as history:
        assert history.alone


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ('op.execute("CREATE ROLE a"); op.execute("drop role if exists a")', True),
        ('op.execute(f"CREATE USER {name}"); op.execute(f"DROP GROUP {name}")', True),
        ('op.execute("CREATE ROLE a")', False),
        ('op.execute("DROP ROLE IF EXISTS of_old")', False),
        ('"""CREATE ROLE a, DROP ROLE a"""\nop.create_table("role")', False),
        ('op.execute("CREATE USER MAPPING FOR a SERVER s; DROP USER MAPPING FOR a SERVER s")', False),
        ("not python", False),
    ],
)
def test_need_of_the_whole_server_is_read_from_a_revision(source: str, needed: bool) -> None:
    assert need_the_server([literals(source)]) is needed


def test_role_that_revisions_make_is_none_that_the_project_must_name(
    tmp_path: Path, own_server: Server, role: str
) -> None:
    """The grant meets the role too early: that is the revision's fault, and no lack of the server."""
    steps = [Step(f"CREATE TABLE t (); GRANT SELECT ON t TO {role}", "DROP TABLE t"), Step(f"CREATE ROLE {role}")]
    with open_history(replace(make_project(tmp_path, steps)), own_server, alone=True) as history:
        assert history.stairs("0001").up.error is not None


def test_processes_that_are_ended_leave_no_database(
    tmp_path: Path, own_server: Server, databases: Callable[[], set[str]]
) -> None:
    """Such a one may use the role that is to be dropped before the restart."""
    with open_history(make_project(tmp_path, [table(f"t{n}") for n in range(8)]), own_server) as history:
        before = databases()
        checks = [check for check in CHECKS if check.scope == "revision"]
        with walk(history, checks, Recorder(), Record(tuple(one.id for one in checks)), parallel=True) as walking:
            assert not walking.inline
            wait_until(lambda: len(databases() - before) > 1)
        assert databases() == before
