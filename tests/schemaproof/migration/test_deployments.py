"""Which revisions are deployed together."""

from dataclasses import replace
from pathlib import Path

import pytest

from schemaproof.migration.deployments import deployment
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError
from tests.schemaproof.projects import make_project, table

ORDER = ["a", "b", "c", "d", "e"]


def test_each_revision_is_a_deployment_where_nothing_is_said() -> None:
    assert [deployment(ORDER, index) for index in range(3)] == [range(1), range(1, 2), range(2, 3)]


@pytest.mark.parametrize(
    ("index", "places"), [(0, range(2)), (1, range(2)), (2, range(2, 4)), (3, range(2, 4)), (4, range(4, 5))]
)
def test_what_lies_between_two_releases_is_one_deployment(index: int, places: range) -> None:
    assert deployment(ORDER, index, releases={"b", "d"}) == places


def test_what_is_new_is_one_deployment_as_far_as_it_hangs_together() -> None:
    new = {"b", "c", "e"}
    assert [deployment(ORDER, index, together=new) for index in (1, 2, 4)] == [range(1, 3), range(1, 3), range(4, 5)]
    assert deployment(ORDER, 3, together=new, releases={"a"}) == range(1, 5)


def test_release_that_is_no_revision_is_told(tmp_path: Path, postgres_server: Server) -> None:
    subject = replace(make_project(tmp_path, [table("t")]), releases=("0009",))
    with open_history(subject, postgres_server) as history, pytest.raises(SubjectError, match="names '0009'"):
        history.deployment(0)
