"""What each fault left, as a grid."""

from schemaproof.proofs.failure.bystatement import by_statement
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.sites import Site
from schemaproof.proofs.failure.trial import Outcome, Rerun

FIRST = Site(1, "statement", "revision", 1, "0001", "CREATE TABLE t ()")
COMMIT = Site(2, "commit", "revision", 1, "0001", "COMMIT")


def test_a_row_is_a_statement_and_a_column_a_kind_of_fault() -> None:
    grid = by_statement(
        [
            Outcome(COMMIT, Fault.COMMIT_LOST, "after", "gone"),
            Outcome(FIRST, Fault.ERROR, "before", "refused"),
            Outcome(FIRST, Fault.KILLED, "between"),
            Outcome(COMMIT, Fault.ERROR, "before"),
        ]
    )
    assert grid.head == ("where", "error", "commit-lost", "killed")
    assert grid.rows == (
        ("statement 1 (CREATE TABLE t ())", "before", "", "in between"),
        ("COMMIT", "told as success", "after", ""),
    )
    assert sorted(grid.wrong) == [(0, 3), (1, 1)]


def test_state_in_between_that_a_rerun_gets_out_of_is_not_wrong() -> None:
    grid = by_statement([Outcome(FIRST, Fault.ERROR, "between", "x", rerun=Rerun())])
    assert grid.rows == (("statement 1 (CREATE TABLE t ())", "run again"),)
    assert grid.wrong == ()
