"""What foreign-key-enforced finds in databases that SQL makes; PostgreSQL says itself what a delete leaves."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from schemaproof.catalog import Catalog
from schemaproof.finding import Finding, Severity
from schemaproof.postgres import Database
from schemaproof.proofs.deletes.checks.enforced import FOREIGN_KEY_ENFORCED
from schemaproof.proofs.deletes.enforcement import find_orphans, replica_settings, silent_tables
from schemaproof.proofs.deletes.keys import read_keys
from schemaproof.proofs.deletes.swallowing import try_keys

type Connection = psycopg.Connection[tuple[Any, ...]]
type Find = Callable[..., list[Finding]]

USERS = "CREATE TABLE users (id int PRIMARY KEY);"
MESSAGES = "CREATE TABLE messages (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE {} ON UPDATE {});"
CASCADING = USERS + MESSAGES.format("CASCADE", "NO ACTION")
UNKEYED = USERS + "CREATE TABLE messages (id int PRIMARY KEY, user_id int);"
KEY = "ALTER TABLE messages ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE NOT VALID;"
SPLIT = """
    CREATE TABLE messages (id int, user_id int REFERENCES users ON DELETE CASCADE) PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF messages FOR VALUES FROM (MINVALUE) TO (0);
    CREATE TABLE high PARTITION OF messages DEFAULT;
"""


def trigger(event: str, body: str, table: str = "messages") -> str:
    return f"""
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;
        CREATE TRIGGER keep BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION f();
    """


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def find(empty_database: Database, connection: Connection) -> Find:
    """The check's findings after some SQL."""
    history: Any = SimpleNamespace(
        head_name=empty_database.name,
        environment=SimpleNamespace(standin=empty_database),
        head_copy=lambda: nullcontext(empty_database),
        version_table=("public", "alembic_version"),
        kept=lambda make: make(history),
        head_catalog=lambda: Catalog.read(connection),
        metadata=(),
    )

    def run(*statements: str) -> list[Finding]:
        connection.execute("".join(statements).encode())
        return list(FOREIGN_KEY_ENFORCED.examine(history))

    return run


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


def test_key_that_is_enforced_is_no_finding(find: Find) -> None:
    assert find(CASCADING, "INSERT INTO users VALUES (1); INSERT INTO messages VALUES (1, 1), (2, NULL)") == []


def test_key_that_is_left_not_valid_is_a_warning(find: Find) -> None:
    found = only(find(UNKEYED, KEY))
    assert (found.severity, found.object) == (Severity.WARNING, "constraint public.messages.fk")
    assert "ALTER TABLE public.messages VALIDATE CONSTRAINT fk" in found.remedy


def test_orphans_below_a_key_that_is_not_valid_are_an_error(find: Find) -> None:
    found = only(find(UNKEYED, "INSERT INTO messages VALUES (1, 7), (2, 8), (3, NULL);", KEY))
    assert found.severity is Severity.ERROR
    assert found.message.startswith("2 rows of public.messages refer to no row of public.users")
    assert "(user_id) = (7)" in found.evidence


def test_orphan_below_a_valid_key_is_an_error(find: Find) -> None:
    past = "SET session_replication_role = replica; INSERT INTO messages VALUES (1, 7); RESET session_replication_role"
    found = only(find(CASCADING, past))
    assert found.severity is Severity.ERROR
    assert "counts as valid" in found.message


def test_key_that_is_not_enforced_is_a_warning(find: Find, connection: Connection) -> None:
    if connection.info.server_version < 180000:
        pytest.skip("NOT ENFORCED came with PostgreSQL 18")
    found = only(find(UNKEYED, KEY.replace("NOT VALID", "NOT ENFORCED")))
    assert (found.severity, "NOT ENFORCED" in found.message) == (Severity.WARNING, True)


@pytest.mark.parametrize("table", ["users", "messages"])
@pytest.mark.parametrize("state", ["DISABLE TRIGGER ALL", "ENABLE REPLICA TRIGGER {}"])
def test_silent_triggers_of_a_key_are_an_error(find: Find, connection: Connection, table: str, state: str) -> None:
    connection.execute(CASCADING.encode())
    (name,) = connection.execute(
        "SELECT quote_ident(tgname) FROM pg_trigger WHERE tgrelid = %s::regclass ORDER BY 1", [table]
    ).fetchone() or ("",)
    found = only(find(f"ALTER TABLE {table} {state.format(name)}"))
    assert (found.severity, found.object) == (Severity.ERROR, f"table public.{table}")
    assert "messages_user_id_fkey" in found.evidence


def test_triggers_that_always_fire_are_no_finding(find: Find, connection: Connection) -> None:
    connection.execute(CASCADING.encode())
    names = connection.execute("SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger").fetchall()
    assert find(*(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};" for table, name in names)) == []


def test_disabled_triggers_of_users_are_no_finding(find: Find) -> None:
    assert find(CASCADING, trigger("DELETE", "RETURN NULL;"), "ALTER TABLE messages DISABLE TRIGGER USER") == []


def test_disabled_triggers_of_a_partitioned_table_are_told_once(connection: Connection) -> None:
    connection.execute((USERS + SPLIT + "ALTER TABLE messages DISABLE TRIGGER ALL").encode())
    assert [str(one.table) for one in silent_tables(connection)] == ["public.messages"]


def test_disabled_triggers_of_a_partition_are_told_of_it(connection: Connection) -> None:
    connection.execute((USERS + SPLIT + "ALTER TABLE low DISABLE TRIGGER ALL").encode())
    assert [str(one.table) for one in silent_tables(connection)] == ["public.low"]


def test_setting_of_a_database_is_an_error(find: Find, empty_database: Database) -> None:
    found = only(find(CASCADING, f"ALTER DATABASE {empty_database.name} SET session_replication_role = replica"))
    assert (found.severity, found.object) == (Severity.ERROR, None)


def test_setting_of_a_role_in_the_database_names_the_role(connection: Connection, empty_database: Database) -> None:
    role = connection.info.user
    connection.execute(
        f"ALTER ROLE {role} IN DATABASE {empty_database.name} SET session_replication_role = 'replica'".encode()
    )
    assert replica_settings(connection, [empty_database.name]) == (role,)
    assert replica_settings(connection, ["postgres"]) == ()


@pytest.mark.parametrize(
    ("actions", "event", "body"),
    [
        (("CASCADE", "NO ACTION"), "DELETE", "RETURN NULL;"),
        (("SET NULL", "NO ACTION"), "UPDATE", "RETURN NULL;"),
        (("NO ACTION", "CASCADE"), "UPDATE", "RETURN NULL;"),
        (("RESTRICT", "SET NULL"), "UPDATE OF user_id", "NEW.user_id := OLD.user_id; RETURN NEW;"),
    ],
)
def test_trigger_that_swallows_is_an_error(find: Find, actions: tuple[str, str], event: str, body: str) -> None:
    found = only(find(USERS, MESSAGES.format(*actions), trigger(event, body)))
    assert (found.severity, found.object) == (Severity.ERROR, "constraint public.messages.messages_user_id_fkey")
    assert "trigger keep of public.messages swallows" in found.message


@pytest.mark.parametrize(
    ("event", "body", "table"),
    [
        ("DELETE", "RETURN OLD;", "messages"),
        ("UPDATE", "RETURN NULL;", "messages"),  # no update comes of ON DELETE CASCADE
        ("DELETE", "RETURN NULL;", "users"),  # the user stays too
        ("DELETE", "RAISE 'never';", "messages"),  # nothing is deleted
    ],
)
def test_trigger_that_leaves_no_orphan_is_no_finding(find: Find, event: str, body: str, table: str) -> None:
    assert find(CASCADING, trigger(event, body, table)) == []


def test_trigger_that_gives_the_rows_to_another_parent_is_no_finding(find: Find) -> None:
    rows = "INSERT INTO users VALUES (0), (1); INSERT INTO messages VALUES (1, 1);"
    heir = trigger("DELETE", "UPDATE messages SET user_id = 0 WHERE id = OLD.id; RETURN NULL;")
    assert find(CASCADING, rows, heir) == []


def test_what_swallows_set_default_is_noticed_by_the_server(find: Find) -> None:
    assert find(USERS, MESSAGES.format("SET DEFAULT", "NO ACTION"), trigger("UPDATE", "RETURN NULL;")) == []


def test_trigger_of_a_partition_swallows_too(find: Find) -> None:
    found = only(find(USERS, SPLIT, trigger("DELETE", "RETURN NULL;", "high")))
    assert found.object == "constraint public.messages.messages_user_id_fkey"


def test_other_keys_that_refuse_the_delete_do_not_hide_what_is_swallowed(find: Find) -> None:
    bill = "CREATE TABLE bills (user_id int NOT NULL REFERENCES users ON DELETE RESTRICT);"
    assert len(find(CASCADING, bill, trigger("DELETE", "RETURN NULL;"))) == 1


def test_rule_that_swallows_all_makes_deletes_fail(find: Find) -> None:
    found = only(find(CASCADING, "CREATE RULE keep AS ON DELETE TO messages DO INSTEAD NOTHING"))
    assert "No row of public.users that has children in public.messages can be deleted" in found.message
    assert "messages_user_id_fkey" in found.evidence


def test_rule_with_a_condition_leaves_orphans(find: Find) -> None:
    rule = "CREATE RULE keep AS ON DELETE TO messages WHERE OLD.id > 0 DO INSTEAD NOTHING"
    assert "swallows CASCADE" in only(find(CASCADING, rule)).message


def test_table_that_takes_no_rows_is_told_in_a_note(find: Find) -> None:
    check = "ALTER TABLE messages ADD CHECK (id < 0 AND id > 0);"
    found = only(find(CASCADING, check, trigger("DELETE", "RETURN NULL;")))
    assert (found.severity, "no row could be inserted" in found.message) == (Severity.NOTE, True)


def test_orphans_of_composite_keys_follow_the_match_type(connection: Connection) -> None:
    connection.execute(b"""
        CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE simple (a int, b int);
        CREATE TABLE whole (a int, b int);
        INSERT INTO p VALUES (1, 1);
        INSERT INTO simple VALUES (1, 1), (7, NULL), (NULL, NULL), (1, 7);
        INSERT INTO whole VALUES (1, 1), (7, NULL), (NULL, NULL), (1, 7);
        ALTER TABLE simple ADD FOREIGN KEY (a, b) REFERENCES p NOT VALID;
        ALTER TABLE whole ADD FOREIGN KEY (a, b) REFERENCES p MATCH FULL NOT VALID;
    """)
    found = find_orphans(connection, read_keys(connection))
    assert [(one.key.child.name.name, one.count) for one in found] == [("simple", 1), ("whole", 2)]


def test_rows_of_inheriting_tables_are_no_orphans(find: Find) -> None:
    heirs = "CREATE TABLE heirs () INHERITS (messages); INSERT INTO heirs VALUES (1, 7);"
    heirs += "INSERT INTO users VALUES (1); INSERT INTO messages VALUES (1, 1);"
    assert find(CASCADING, heirs) == []


def test_row_that_refers_to_a_row_of_an_inheriting_table_is_an_orphan(find: Find) -> None:
    heirs = "CREATE TABLE heirs () INHERITS (users); INSERT INTO heirs VALUES (7); INSERT INTO messages VALUES (1, 7);"
    assert only(find(UNKEYED, heirs, KEY)).severity is Severity.ERROR


def test_orphan_in_a_partition_is_an_error(find: Find) -> None:
    past = "SET session_replication_role = replica; INSERT INTO messages VALUES (1, 7); RESET session_replication_role"
    assert only(find(USERS, SPLIT, past)).severity is Severity.ERROR


def test_keys_of_and_to_partitions_are_no_finding(find: Find) -> None:
    to_partition = "CREATE UNIQUE INDEX u ON high (id); CREATE TABLE t (id int REFERENCES high (id) ON DELETE CASCADE);"
    rows = "INSERT INTO users VALUES (1); INSERT INTO messages VALUES (-1, 1), (1, 1); INSERT INTO t VALUES (1);"
    assert find(USERS, SPLIT, to_partition, rows) == []


def test_names_that_need_quotes_are_quoted(find: Find) -> None:
    found = only(
        find(
            'CREATE TABLE "50% of" ("the %s" int PRIMARY KEY); CREATE TABLE "Order" ("User %" int);'
            'INSERT INTO "Order" VALUES (1); ALTER TABLE "Order" ADD CONSTRAINT "fk %s" FOREIGN KEY ("User %")'
            ' REFERENCES "50% of" NOT VALID'
        )
    )
    assert 'VALIDATE CONSTRAINT "fk %s"' in found.remedy


def test_swallowing_is_found_with_names_that_need_quotes(connection: Connection) -> None:
    connection.execute(
        b'CREATE TABLE "50% of" ("the %s" int PRIMARY KEY); CREATE TABLE "Order" ("User %" int REFERENCES "50% of"'
        b" ON DELETE CASCADE ON UPDATE CASCADE);" + trigger("DELETE OR UPDATE", "RETURN NULL;", '"Order"').encode()
    )
    found = try_keys(connection, read_keys(connection)).swallowed
    assert [one.event for one in found] == ["delete", "update"]


def test_nothing_is_left_of_the_experiments(connection: Connection) -> None:
    connection.execute((CASCADING + trigger("DELETE", "RETURN NULL;")).encode())
    keys = read_keys(connection)
    assert try_keys(connection, keys).swallowed
    assert find_orphans(connection, keys) == ()
    assert read_keys(connection) == keys
