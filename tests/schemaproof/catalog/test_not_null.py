"""Names of NOT NULL that PostgreSQL chose are no difference; a name that somebody chose is."""

import pytest

from schemaproof.catalog import Difference, Identity, diff
from schemaproof.catalog.not_null import but_for_not_null_names, is_chosen_twice
from tests.schemaproof.catalog.conftest import Change, Connection

RENAMED = "CREATE TABLE a (id int PRIMARY KEY, x int NOT NULL); ALTER TABLE a RENAME TO b;"
AGAIN = "ALTER TABLE b ALTER x DROP NOT NULL; ALTER TABLE b ALTER x SET NOT NULL"
CHOSEN = "CREATE TABLE b (id int PRIMARY KEY, x int CONSTRAINT needed NOT NULL);"
DOMAIN = "CREATE DOMAIN d AS int NOT NULL; ALTER DOMAIN d RENAME TO e;"
DOMAIN_AGAIN = "ALTER DOMAIN e DROP NOT NULL; ALTER DOMAIN e SET NOT NULL"

GENERATED = {
    "table that was renamed": (RENAMED, AGAIN),
    "column that was renamed": (f"{RENAMED} ALTER TABLE b RENAME x TO y", AGAIN.replace("ALTER x", "ALTER y")),
    "table under a third name in between": (
        RENAMED,
        f"ALTER TABLE b RENAME TO c; {AGAIN.replace('TABLE b', 'TABLE c')}; ALTER TABLE c RENAME TO b",
    ),
    "name that is taken": (f"{RENAMED} ALTER TABLE b ADD CONSTRAINT b_x_not_null CHECK (x > 0)", AGAIN),
    "table with a long name": (
        f"CREATE TABLE {'a' * 60} (x int NOT NULL); ALTER TABLE {'a' * 60} RENAME TO b",
        AGAIN,
    ),
    "domain that was renamed": (DOMAIN, DOMAIN_AGAIN),
}
TOLD = {
    "chosen name": (
        18,
        CHOSEN,
        AGAIN,
        ["constraint public.b.needed: name was needed, is b_x_not_null"],
    ),
    "chosen name of a domain": (
        17,
        "CREATE DOMAIN e AS int CONSTRAINT needed NOT NULL",
        DOMAIN_AGAIN,
        ["constraint public.e.needed: name was needed, is e_not_null"],
    ),
    "NOT NULL that is NO INHERIT": (
        18,
        RENAMED,
        "ALTER TABLE b ALTER x DROP NOT NULL; ALTER TABLE b ADD NOT NULL x NO INHERIT",
        ["constraint public.b.a_x_not_null: is missing", "constraint public.b.b_x_not_null: is extra"],
    ),
    "NOT NULL that is gone": (
        12,
        RENAMED,
        "ALTER TABLE b ALTER x DROP NOT NULL",
        ["column public.b.x: not null was yes, is no"],
    ),
    "name of another constraint": (
        12,
        f"{RENAMED} ALTER TABLE b ADD CONSTRAINT b_x_not_null CHECK (x IS NOT NULL)",
        "ALTER TABLE b RENAME CONSTRAINT b_x_not_null TO b_y_not_null",
        ["constraint public.b.b_x_not_null: is missing", "constraint public.b.b_y_not_null: is extra"],
    ),
}


@pytest.mark.parametrize("case", GENERATED.values(), ids=GENERATED)
def test_name_that_nobody_chose_is_no_difference(change: Change, case: tuple[str, str]) -> None:
    """On releases where NOT NULL has no name there is none anyway."""
    before, after = change(*case)

    assert but_for_not_null_names(diff(before, after), before, after) == []


def test_comment_that_reads_like_such_a_name_is_told() -> None:
    key = Identity("constraint", "public", "b", "b_x_not_null")
    comment = Difference(key, "comment", "", "a_x_not_null")
    assert not is_chosen_twice(comment, {"type": "NOT NULL", "columns": ("x",)})
    name = Difference(key, "name", "b_x_not_null", "a_x_not_null", generated_name=True)
    assert is_chosen_twice(name, {"type": "NOT NULL", "columns": ("x",)})


@pytest.mark.parametrize("case", TOLD.values(), ids=TOLD)
def test_all_else_is_told(change: Change, shared_connection: Connection, case: tuple[int, str, str, list[str]]) -> None:
    since, setup, statements, told = case
    if shared_connection.info.server_version < since * 10000:
        pytest.skip(f"only PostgreSQL {since} names what it is about")

    before, after = change(setup, statements)

    assert [str(one) for one in but_for_not_null_names(diff(before, after), before, after)] == told
