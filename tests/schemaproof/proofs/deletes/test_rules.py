"""Each rule of the oracle by an example, done on the server as well; ids are the first column."""

import pytest

from schemaproof.proofs.deletes.oracle import UnknownDefaultError, Why
from tests.schemaproof.proofs.deletes.world import World

A = "CREATE TABLE a (id int PRIMARY KEY)"
TREE = "CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a ON DELETE"
PAIRS = "CREATE TABLE a (id int PRIMARY KEY, x int, y int, UNIQUE (x, y))"


def b(action: str, column: str = "a int") -> str:
    """Tables a, and b that refers to it."""
    return f"{A}; CREATE TABLE b (id int PRIMARY KEY, {column} REFERENCES a {action})"


@pytest.mark.parametrize(
    ("action", "why"), [("NO ACTION", Why.REFERENCED), ("RESTRICT", Why.RESTRICTED), ("SET DEFAULT", Why.REFERENCED)]
)
def test_row_that_is_referred_to_stays(world: World, action: str, why: Why) -> None:
    world.make(b(f"ON DELETE {action}", "a int DEFAULT 1"), a=[(1,), (2,)], b=[(1, 1)])
    assert world.delete("a", 1) is why
    assert world.delete("a", 2) == {"a": [(1,)], "b": [(1, 1)]}


def test_delete_takes_children_along_through_all_levels(world: World) -> None:
    ddl = b("ON DELETE CASCADE") + "; CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b ON DELETE CASCADE)"
    world.make(ddl, a=[(1,), (2,)], b=[(1, 1), (2, 2), (3, None)], c=[(1, 1), (2, 2)])
    assert world.delete("a", 1) == {"a": [(2,)], "b": [(2, 2), (3, None)], "c": [(2, 2)]}


def test_delete_ends_in_a_cycle(world: World) -> None:
    ddl = b("ON DELETE CASCADE") + "; ALTER TABLE a ADD b int REFERENCES b ON DELETE CASCADE"
    world.make(ddl, a=[(1, 1), (2, 1)], b=[(1, 1), (2, 2)])
    assert world.delete("a", 2) == {"a": [(1, 1)], "b": [(1, 1)]}
    assert world.delete("a", 1) == {"a": [], "b": []}


def test_delete_stops_at_a_restriction_deep_in_the_tree(world: World) -> None:
    ddl = b("ON DELETE CASCADE") + "; CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b ON DELETE RESTRICT)"
    world.make(ddl, a=[(1,)], b=[(1, 1)], c=[(1, 1)])
    assert world.delete("a", 1) is Why.RESTRICTED


def test_delete_takes_a_tree_from_any_node(world: World) -> None:
    world.make(f"{TREE} CASCADE)", a=[(1, None), (2, 1), (3, 2), (4, 1)])
    assert world.delete("a", 2) == {"a": [(1, None), (4, 1)]}


@pytest.mark.parametrize("action", ["NO ACTION", "RESTRICT"])
def test_row_that_refers_to_itself_can_go(world: World, action: str) -> None:
    world.make(f"{TREE} {action})", a=[(1, 1), (2, None), (3, 2)])
    assert world.delete("a", 1) == {"a": [(2, None), (3, 2)]}


@pytest.mark.parametrize("action", ["NO ACTION", "RESTRICT"])
def test_parent_and_child_can_go_in_one_statement(world: World, action: str) -> None:
    world.make(f"{TREE} {action})", a=[(1, None), (2, 1)])
    assert world.delete("a", 1, 2) == {"a": []}


def test_set_null_lets_the_child_go_on(world: World) -> None:
    world.make(b("ON DELETE SET NULL"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) == {"a": [], "b": [(1, None)]}


def test_set_null_of_a_required_column_is_refused(world: World) -> None:
    world.make(b("ON DELETE SET NULL", "a int NOT NULL"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) is Why.REQUIRED


def test_set_default_refers_to_another_row(world: World) -> None:
    world.make(b("ON DELETE SET DEFAULT", "a int DEFAULT 2"), a=[(1,), (2,)], b=[(1, 1)])
    assert world.delete("a", 1) == {"a": [(2,)], "b": [(1, 2)]}


def test_set_default_without_a_default_is_set_null(world: World) -> None:
    world.make(b("ON DELETE SET DEFAULT"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) == {"a": [], "b": [(1, None)]}


def test_set_default_to_nothing_is_refused(world: World) -> None:
    world.make(b("ON DELETE SET DEFAULT", "a int DEFAULT 3"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) is Why.MISSING


def test_set_default_to_nothing_waits_where_the_key_is_deferred(world: World) -> None:
    world.make(b("ON DELETE SET DEFAULT INITIALLY DEFERRED", "a int DEFAULT 3"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) == {"a": [], "b": [(1, 3)]}
    assert world.check() is Why.MISSING
    world.insert("a", 3)
    assert world.check() == {"a": [(3,)], "b": [(1, 3)]}


def test_set_default_to_the_row_that_goes_does_not_wait(world: World) -> None:
    world.make(b("ON DELETE SET DEFAULT INITIALLY DEFERRED", "a int DEFAULT 1"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) is Why.REFERENCED


def test_set_default_that_nobody_knows_is_an_error(world: World) -> None:
    world.make(b("ON DELETE SET DEFAULT", "a int DEFAULT floor(random())"), a=[(1,)], b=[(1, 1)])
    with pytest.raises(UnknownDefaultError, match=r"SET DEFAULT writes into a of s\.b is not known.* \(with_order\)"):
        world.delete("a", 1)
    assert world.check() == {"a": [(1,)], "b": [(1, 1)]}


def test_deferred_no_action_waits_for_the_child_to_go(world: World) -> None:
    world.make(b("INITIALLY DEFERRED"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) == {"a": [], "b": [(1, 1)]}
    assert world.check() is Why.REFERENCED
    world.delete("b", 1)
    assert world.check() == {"a": [], "b": []}


def test_deferred_no_action_is_content_with_another_row(world: World) -> None:
    world.make(b("INITIALLY DEFERRED"), a=[(1,)], b=[(1, 1)])
    world.delete("a", 1)
    world.insert("a", 1)
    assert world.check() == {"a": [(1,)], "b": [(1, 1)]}


def test_restrict_never_waits(world: World) -> None:
    world.make(b("ON DELETE RESTRICT INITIALLY DEFERRED"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) is Why.RESTRICTED


# When row 9 of a goes, the first row of b goes too, and the second takes its x, which is the default.
TAKEN = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE, x int UNIQUE DEFAULT 1);
ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES a ON DELETE SET DEFAULT;
CREATE TABLE c (id int PRIMARY KEY, x int REFERENCES b (x) ON DELETE
"""


@pytest.mark.parametrize(
    ("action", "left"),
    [("NO ACTION", {"a": [(1,)], "b": [(2, None, 1)], "c": [(1, 1)]}), ("RESTRICT", Why.RESTRICTED)],
)
def test_restrict_is_not_content_with_another_row(world: World, action: str, left: object) -> None:
    world.make(f"{TAKEN} {action})", a=[(1,), (9,)], b=[(1, 9, 1), (2, None, 9)], c=[(1, 1)])
    assert world.delete("a", 9) == left


def test_only_deferrable_keys_wait(world: World) -> None:
    ddl = b("") + "; CREATE TABLE c (id int PRIMARY KEY REFERENCES a DEFERRABLE)"
    world.make(ddl, a=[(1,), (2,)], b=[(1, 1)], c=[(2,)])
    world.defer()
    assert world.delete("a", 1) is Why.REFERENCED
    assert world.delete("a", 2) == {"a": [(1,)], "b": [(1, 1)], "c": [(2,)]}
    assert world.check() is Why.REFERENCED


def test_deferrable_key_that_is_not_deferred_does_not_wait(world: World) -> None:
    world.make(b("DEFERRABLE"), a=[(1,)], b=[(1, 1)])
    assert world.delete("a", 1) is Why.REFERENCED


@pytest.mark.parametrize(("match", "left"), [("SIMPLE", [(2, 1, None), (3, None, None)]), ("FULL", [(3, None, None)])])
def test_reference_that_is_null_in_part_is_none(world: World, match: str, left: list[tuple[int | None, ...]]) -> None:
    key = f"FOREIGN KEY (x, y) REFERENCES a (x, y) MATCH {match} ON DELETE CASCADE"
    world.make(f"{PAIRS}; CREATE TABLE b (id int PRIMARY KEY, x int, y int, {key})", a=[(1, 1, 1)], b=[(1, 1, 1)])
    inserted = world.insert("b", 2, 1, None)
    assert (inserted is Why.MIXED) == (match == "FULL")
    world.insert("b", 3, None, None)
    assert world.delete("a", 1) == {"a": [], "b": left}


@pytest.mark.parametrize(("match", "left"), [("SIMPLE", {"a": [], "b": [(1, None, 1)]}), ("FULL", Why.MIXED)])
def test_set_null_of_some_columns_leaves_the_others(world: World, match: str, left: object) -> None:
    key = f"FOREIGN KEY (x, y) REFERENCES a (x, y) MATCH {match} ON DELETE SET NULL (x)"
    world.make(f"{PAIRS}; CREATE TABLE b (id int PRIMARY KEY, x int, y int, {key})", a=[(1, 1, 1)], b=[(1, 1, 1)])
    assert world.delete("a", 1) == left


def test_set_null_of_an_update_sets_all_columns(world: World) -> None:
    key = "FOREIGN KEY (x, y) REFERENCES a (x, y) ON DELETE SET NULL (x) ON UPDATE SET NULL"
    world.make(f"{PAIRS}; CREATE TABLE b (id int PRIMARY KEY, x int, y int, {key})", a=[(1, 1, 1)], b=[(1, 1, 1)])
    assert world.update("a", 1, x=2) == {"a": [(1, 2, 1)], "b": [(1, None, None)]}


def test_update_passes_on_through_all_levels(world: World) -> None:
    ddl = f"{A}; CREATE TABLE b (id int PRIMARY KEY REFERENCES a ON UPDATE CASCADE)"
    world.make(
        f"{ddl}; CREATE TABLE c (id int PRIMARY KEY REFERENCES b ON UPDATE CASCADE)", a=[(1,)], b=[(1,)], c=[(1,)]
    )
    assert world.update("a", 1, id=2) == {"a": [(2,)], "b": [(2,)], "c": [(2,)]}


def test_update_that_keeps_the_key_does_nothing_else(world: World) -> None:
    world.make(b("ON UPDATE SET NULL"), a=[(1,)], b=[(1, 1)])
    assert world.update("a", 1, id=1) == {"a": [(1,)], "b": [(1, 1)]}


def test_update_of_a_key_to_null_passes_on(world: World) -> None:
    ddl = "CREATE TABLE a (id int PRIMARY KEY, x int UNIQUE)"
    ddl += "; CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (x) ON UPDATE CASCADE ON DELETE CASCADE)"
    world.make(ddl, a=[(1, 7)], b=[(1, 7)])
    assert world.update("a", 1, x=None) == {"a": [(1, None)], "b": [(1, None)]}
    assert world.delete("a", 1) == {"a": [], "b": [(1, None)]}


def test_update_of_a_key_that_was_null_does_nothing_else(world: World) -> None:
    ddl = "CREATE TABLE a (id int PRIMARY KEY, x int UNIQUE)"
    world.make(
        f"{ddl}; CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (x) ON UPDATE CASCADE)",
        a=[(1, None)],
        b=[(1, None)],
    )
    assert world.update("a", 1, x=7) == {"a": [(1, 7)], "b": [(1, None)]}


def test_update_of_a_row_that_refers_to_itself_passes_on(world: World) -> None:
    world.make(f"{TREE} CASCADE ON UPDATE CASCADE)", a=[(1, 1), (2, 1)])
    assert world.update("a", 1, id=3) == {"a": [(2, 3), (3, 3)]}


def test_update_of_a_reference_is_checked(world: World) -> None:
    world.make(b(""), a=[(1,)], b=[(1, 1)])
    assert world.update("b", 1, a=2) is Why.MISSING


def test_update_that_makes_rows_equal_is_refused(world: World) -> None:
    ddl = b("ON DELETE SET DEFAULT", "a int DEFAULT 2 CONSTRAINT b_a_unique UNIQUE")
    world.make(ddl, a=[(1,), (2,)], b=[(1, 1), (2, 2)])
    assert world.delete("a", 1) is Why.DUPLICATE


def test_keys_that_share_a_column_both_act(world: World) -> None:
    ddl = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);"
    ddl += "CREATE TABLE b (id int PRIMARY KEY, x int REFERENCES a ON DELETE SET NULL REFERENCES c ON DELETE CASCADE)"
    world.make(ddl, a=[(1,), (2,)], b=[(1, 1), (2, 2)], c=[(1,), (2,)])
    assert world.delete("a", 1) == {"a": [(2,)], "b": [(2, 2), (1, None)], "c": [(1,), (2,)]}
    assert world.delete("c", 1, 2) == {"a": [(2,)], "b": [(1, None)], "c": []}


# Two ways from a to c; that by b is restricted, that by d is a cascade. Both are two steps long.
TWO_WAYS = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE d (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY REFERENCES b ON DELETE RESTRICT REFERENCES d ON DELETE CASCADE);
"""


@pytest.mark.parametrize(("order", "left"), [("bd", Why.RESTRICTED), ("db", {"a": [], "b": [], "c": [], "d": []})])
def test_actions_are_worked_through_in_breadth(world: World, order: str, left: object) -> None:
    keys = [f"ALTER TABLE {one} ADD FOREIGN KEY (id) REFERENCES a ON DELETE CASCADE" for one in order]
    world.make(TWO_WAYS + ";".join(keys), a=[(1,)], b=[(1,)], c=[(1,)], d=[(1,)])
    assert world.depends_on_order("a", 1)
    assert world.delete("a", 1) == left


def test_longer_way_is_later(world: World) -> None:
    """The restriction comes one step after the cascade, in whatever order the keys are."""
    ddl = b("ON DELETE CASCADE") + "; CREATE TABLE c (id int PRIMARY KEY REFERENCES b ON DELETE RESTRICT"
    world.make(ddl + " REFERENCES a ON DELETE CASCADE)", a=[(1,)], b=[(1, 1)], c=[(1,)])
    assert not world.depends_on_order("a", 1)
    assert world.delete("a", 1) == {"a": [], "b": [], "c": []}


# b loses its author by SET NULL before the cascade reaches it by way of c.
LATE_CASCADE = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, a int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE SET NULL, c int REFERENCES c ON DELETE CASCADE);
ALTER TABLE c ADD FOREIGN KEY (a) REFERENCES a ON DELETE CASCADE
"""


# Of the rows of b one loses its m before c goes, and one after, in whatever order the rows of m are.
TWO_LATE_CASCADES = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE m (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);
CREATE TABLE c (id int PRIMARY KEY, m int REFERENCES m ON DELETE CASCADE);
CREATE TABLE b (id int PRIMARY KEY, m int REFERENCES m ON DELETE SET NULL, c int REFERENCES c ON DELETE CASCADE)
"""


def test_outcome_that_depends_on_who_wrote_the_rows_is_told(world: World) -> None:
    world.make(TWO_LATE_CASCADES, a=[(1,)], m=[(1, 1), (2, 1), (3, 1)], c=[(1, 2)], b=[(1, 1, 1), (2, 3, 1)])
    assert world.depends_on_order("a", 1)
    assert world.delete("a", 1) is Why.MISSING
    world.commit()
    assert world.delete("a", 1) == {"a": [], "m": [], "c": [], "b": []}


def test_reference_of_a_row_that_the_transaction_wrote_is_checked_again(world: World) -> None:
    world.make(LATE_CASCADE, a=[(1,)], c=[(1, 1)], b=[(1, 1, 1)])
    assert world.depends_on_order("a", 1)
    assert world.delete("a", 1) is Why.MISSING


def test_reference_of_a_row_that_was_committed_is_not_checked_again(world: World) -> None:
    world.make(LATE_CASCADE, a=[(1,)], c=[(1, 1)], b=[(1, 1, 1)])
    world.commit()
    assert world.delete("a", 1) == {"a": [], "b": [], "c": []}
