"""An upgrade run by an owner who is no superuser."""

from pathlib import Path

from schemaproof.migration.history import open_history
from schemaproof.migration.roles import Roles
from schemaproof.postgres import Server
from schemaproof.proofs.data.inhabited import Inhabited
from schemaproof.proofs.data.owners import owned
from schemaproof.proofs.data.passing import passed
from tests.schemaproof.projects import Step, make_project

FORCED = Step(
    "CREATE TABLE t (id int PRIMARY KEY, a text);"
    " ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY"
)


def defaults(server: Server) -> list[str]:
    """The roles that sessions of this test's databases become; others on the server make roles meanwhile."""
    query = (
        "SELECT split_part(setting, '=', 2) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase,"
        " unnest(s.setconfig) setting WHERE starts_with(d.datname, %s) AND setting LIKE 'role=%%'"
    )
    return [role for (role,) in server._administer(query, [server._name("", "")]).fetchall()]


def test_role_of_the_owner_is_none_that_revisions_have_made(tmp_path: Path, own_server: Server) -> None:
    """Another process of the same run looks for these, where an object of a revision is there already, say."""
    with open_history(make_project(tmp_path, [FORCED, Step("UPDATE t SET a = 'x'")]), own_server) as history:
        experiment = passed(history, "0002")
        assert experiment is not None
        roles = Roles(own_server)
        with owned(history.kept(Inhabited), experiment) as (run, _):
            assert run.error is None
            (role,) = defaults(own_server)
            assert role in own_server.roles() - roles.before
            assert roles.made(history.texts) == []
        assert role not in own_server.roles()
