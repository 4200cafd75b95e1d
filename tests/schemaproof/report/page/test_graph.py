"""The drawing of a history."""

import re

from schemaproof.report.page.graph import graph


def lanes(order: str, below: dict[str, str]) -> dict[str, int]:
    """The height of each revision, by lanes; an id is a letter, and so are those that one builds on."""
    drawn = graph(order, {revision: list(below[revision]) for revision in below})
    heights = sorted({node.y for node in drawn.nodes})
    return {node.revision: heights.index(node.y) for node in drawn.nodes}


def test_a_straight_history_is_a_line() -> None:
    drawn = graph(["a", "b", "c"], {"a": [], "b": ["a"], "c": ["b"]})
    assert len({node.y for node in drawn.nodes}) == 1
    assert [node.revision for node in sorted(drawn.nodes, key=lambda one: one.x)] == ["a", "b", "c"]
    assert len(drawn.edges) == 2


def test_a_branch_has_a_lane_which_its_merge_frees() -> None:
    below = {"a": "", "b": "a", "c": "a", "d": "bc", "e": "d", "f": "d"}
    assert lanes("abcdef", below) == {"a": 0, "b": 0, "c": 1, "d": 0, "e": 0, "f": 1}


def test_branches_of_their_own_have_lanes_of_their_own() -> None:
    assert lanes("axby", {"a": "", "x": "", "b": "a", "y": "x"}) == {"a": 0, "x": 1, "b": 0, "y": 1}


def test_history_of_which_nothing_is_known_is_a_line() -> None:
    assert len(graph(["a", "b", "c"], {}).edges) == 2


def test_each_revision_lies_within_the_drawing_and_edges_end_at_revisions() -> None:
    below = {"b": ["a"], "c": ["a"], "d": ["b", "c"], "a": []}
    drawn = graph([*"abcd"], below)
    assert all(0 < node.x < drawn.width and 0 < node.y < drawn.height for node in drawn.nodes)
    starts = {(int(x), int(y)) for x, y in (re.findall(r"M(\d+) (\d+)", path)[0] for path in drawn.edges)}
    assert starts == {(node.x, node.y) for node in drawn.nodes if node.revision != "d"}


def test_a_history_without_revisions_has_no_drawing() -> None:
    assert graph([], {}).nodes == ()


def test_ids_are_shown_where_there_is_room() -> None:
    assert graph(["0001", "0002"], {}).named
    assert not graph([f"{number:012}" for number in range(200)], {}).named
