"""Foreign keys as a drawing."""

import itertools

from schemaproof.figure import Link
from schemaproof.report.page.keys import drawing

LINKS = (
    Link("user", "order", ("approver_id",), "SET NULL"),
    Link("user", "order", ("user_id",), "CASCADE"),
    Link("user", "user", ("manager_id",), "NO ACTION"),
    Link("order", "invoice", ("order_id", "tenant_id"), "RESTRICT", meant=True),
    Link("order", "user", ("agent_id",), "CASCADE"),
)


def test_each_key_has_a_row_below_the_table_that_it_refers_to() -> None:
    drawn = drawing(LINKS)
    assert [box.name for box in drawn.boxes] == ["user", "order", "order", "invoice", "user", "user"]
    assert [arrow.words for arrow in drawn.arrows] == [
        "approver_id: SET NULL",
        "user_id: CASCADE",
        "order_id, tenant_id: RESTRICT",
        "agent_id: CASCADE",
        "manager_id: NO ACTION",
    ]
    assert [arrow.kind for arrow in drawn.arrows] == ["set", "cascade", "refuse", "cascade", "refuse"]
    assert [box.again for box in drawn.boxes] == [False, False, False, False, True, True]


def test_boxes_and_words_lie_within_the_drawing_and_on_no_other() -> None:
    drawn = drawing(LINKS)
    tops = [box.y for box in drawn.boxes]
    assert tops == sorted(set(tops))
    assert all(lower - upper > drawn.boxes[0].height for upper, lower in itertools.pairwise(tops))
    assert all(box.x + box.width < drawn.width and box.y + box.height < drawn.height for box in drawn.boxes)
    assert all(arrow.x < box.x for arrow, box in zip(drawn.arrows, drawn.boxes[1:], strict=True))


def test_key_that_nothing_leads_to_has_a_tree_of_its_own() -> None:
    drawn = drawing([*LINKS, Link("far", "away", ("far_id",), "CASCADE", meant=True)])
    assert [box.name for box in drawn.boxes][-2:] == ["far", "away"]


def test_drawing_is_told_in_words() -> None:
    assert drawing(LINKS[:1]).told == "order to user, approver_id: SET NULL"
