"""What a finding shows beside its words."""

import dataclasses
import json

from schemaproof.check import Check
from schemaproof.figure import Grid, Link, drawn, grid, link

GRID = Grid(("id", "name"), (("1", "a longer one"), ("22", "b")), ((1, 0),))


def test_grid_is_drawn_in_columns() -> None:
    assert GRID.lines() == ["id  name", "1   a longer one", "22  b"]
    assert Grid((), (("a", "1"), ("bb", "2"))).lines() == ["a   1", "bb  2"]


def test_evidence_of_lines_and_grids_has_both_and_indents_what_belongs_to_a_line() -> None:
    assert drawn(["rows:", GRID, "end", GRID])[0].splitlines()[1:] == [
        *(f"  {line}" for line in GRID.lines()),
        "end",
        *GRID.lines(),
    ]
    assert drawn(["rows:", GRID]) == ("\n".join(["rows:", *(f"  {line}" for line in GRID.lines())]), (GRID,))
    assert drawn("as it is") == ("as it is", ())


def test_figures_are_read_back_from_json() -> None:
    one = Link("public.a", "public.b", ("a_id",), "CASCADE", meant=True)
    assert grid(json.loads(json.dumps(dataclasses.asdict(GRID)))) == GRID
    assert link(json.loads(json.dumps(dataclasses.asdict(one)))) == one


def test_finding_has_the_tables_of_its_evidence_and_more() -> None:
    check = Check("c", "a", "t", "r", "m", "history", lambda _: ())
    other = Grid(("x",), (("y",),))
    found = check.finding("It is.", evidence=["rows:", GRID], grids=[other])
    assert found.grids == (GRID, other)
    assert "a longer one" in found.evidence
