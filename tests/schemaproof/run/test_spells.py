"""The seconds of a run, booked on what was at work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemaproof.run.spells import WALK, Spell, seconds


def test_spell_of_one_process_is_as_long_as_it_is() -> None:
    assert seconds([Spell(1, "a", 0.0, 2.0), Spell(1, "b", 2.0, 5.0)]) == {"a": 2.0, "b": 3.0}


def test_spell_inside_of_another_is_not_the_others() -> None:
    assert seconds([Spell(1, "a", 0.0, 5.0), Spell(1, WALK, 1.0, 3.0)]) == {"a": 3.0, WALK: 2.0}


def test_spells_side_by_side_share_the_time() -> None:
    assert seconds([Spell(1, "a", 0.0, 4.0), Spell(2, "b", 2.0, 6.0)]) == {"a": 3.0, "b": 3.0}


def test_spells_of_a_check_add_up() -> None:
    assert seconds([Spell(1, "a", 0.0, 1.0), Spell(1, "b", 1.0, 2.0), Spell(1, "a", 2.0, 4.0)]) == {"a": 3.0, "b": 1.0}


@given(
    st.lists(
        st.builds(
            lambda lane, what, begin, length: Spell(lane, what, begin, begin + length),
            st.integers(1, 3),
            st.sampled_from("abc"),
            st.integers(0, 20).map(float),
            st.integers(0, 20).map(float),
        ),
        min_size=1,
    )
)
def test_seconds_add_up_to_the_time_in_which_anything_was_at_work(spells: list[Spell]) -> None:
    busy = {second for one in spells for second in range(int(one.begin), int(one.end))}
    assert sum(seconds(spells).values()) == pytest.approx(len(busy))
