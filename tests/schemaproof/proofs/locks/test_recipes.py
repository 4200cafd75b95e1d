"""What is to be written instead of a statement that reads or writes rows under a lock."""

from schemaproof.proofs.locks.holds import Growing, Hold
from schemaproof.proofs.locks.recipes import recipe
from schemaproof.proofs.locks.relations import Relation
from schemaproof.proofs.locks.watch import Work

ORDERS = Relation(1, "public", "orders", "r", 1, ("public", "orders"))
ITEMS = Relation(2, "public", "items", "r", 2, ("public", "items"))


def of(work: Work, statement: str) -> str:
    """The recipe for ``statement``, which does ``work`` to items while orders is locked."""
    growing = Growing(statement, 1, "ACCESS EXCLUSIVE", {}, {ITEMS.oid: work})
    hold = Hold(ORDERS, "reads", "ALTER TABLE orders ADD COLUMN a int", "0002", [growing])
    return recipe(hold, {one.oid: one for one in (ORDERS, ITEMS)})


def test_statement_that_reads_is_named_where_it_is_to_be_moved() -> None:
    told = of(Work(read=2000), "SELECT id,\n  note FROM items")
    assert told == (
        "Let the revision run `SELECT id, note FROM items` before the statement that locks public.orders; or move what"
        " reads the rows to a revision of its own before this one, where it has a transaction of its own"
        " (transaction_per_migration=True in env.py)."
    )


def test_rows_that_are_written_are_filled_in_a_revision_after_the_lock() -> None:
    told = of(Work(written=2000), "UPDATE items SET note = ''")
    assert told.startswith("Fill the rows of public.items in a revision of its own, after the one that locks public.or")
