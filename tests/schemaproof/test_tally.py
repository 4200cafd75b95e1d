"""Counts of faults."""

from schemaproof.tally import Tally


def test_faults_and_survivors_are_counted() -> None:
    tally = Tally()
    tally.count([True, False, True])
    tally.count([False])
    assert (tally.injected, tally.survived) == (4, 2)


def test_processes_side_by_side_count_together_and_take_as_long_as_the_longest() -> None:
    tally = Tally(3, 2, 1.5, {"public.t": "a reason"})
    tally.add(Tally(4, 4, 1.0, {"public.u": "another"}))
    assert tally == Tally(7, 6, 1.5, {"public.t": "a reason", "public.u": "another"})


def test_tally_reads_as_a_sentence() -> None:
    assert str(Tally(50, 49, 2.0)) == "50 faults injected, 49 survived, in 2.0 s (25 a second)"


def test_rate_of_no_time_is_left_out() -> None:
    assert str(Tally()) == "0 faults injected, 0 survived, in 0.0 s"
