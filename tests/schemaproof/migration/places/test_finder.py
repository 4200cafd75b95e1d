"""Where the findings of a history stand."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from schemaproof.finding import Place
from schemaproof.migration.places import Places
from tests.schemaproof.report.reports import a_finding

if TYPE_CHECKING:
    from schemaproof.migration.history import History

REVISION = 'def upgrade():\n    op.execute("CREATE VIEW {name} AS SELECT 1")\n\n\ndef downgrade():\n    pass\n'


class Broken(list[MetaData]):
    """Metadata that can't be looked at."""

    def __iter__(self) -> Any:
        raise RuntimeError


def places(project: Path, metadata: list[MetaData] | None = None) -> Places:
    """Those of a project with a revision for each of the views one and two."""
    for number, name in enumerate(("one", "two"), 1):
        (project / f"000{number}.py").write_text(REVISION.format(name=name))
    scripts = [SimpleNamespace(revision=f"000{number}", path=str(project / f"000{number}.py")) for number in (1, 2)]
    history = SimpleNamespace(
        subject=SimpleNamespace(project=project),
        chain=SimpleNamespace(revisions=scripts),
        metadata=[MetaData()] if metadata is None else metadata,
    )
    return Places(cast("History", history))


@pytest.mark.parametrize(
    ("revision", "about", "place"),
    [
        ("0002", None, Place("0002.py", 5)),
        ("0009", None, None),
        (None, "view public.two", Place("0002.py", 2)),
        (None, "view public.three", None),
        (None, "relationship Other.two", None),
        (None, "relationships Other.two, Other.one", None),
        (None, None, None),
    ],
)
def test_finding_stands_at_its_revision_or_where_its_object_is_made(
    tmp_path: Path, revision: str | None, about: str | None, place: Place | None
) -> None:
    (found,) = places(tmp_path).on([a_finding(revision=revision, object=about)])
    assert found.where == place


def test_finding_that_says_where_it_stands_is_believed(tmp_path: Path) -> None:
    (found,) = places(tmp_path).on(places(tmp_path).on([a_finding(revision="0001")]))
    (again,) = places(tmp_path).on([found])
    assert again is found


def test_finding_is_kept_where_looking_for_its_place_fails(tmp_path: Path) -> None:
    finding = a_finding(revision=None, object="table public.t")
    assert places(tmp_path, Broken()).on([finding]) == (finding,)


def test_models_declaration_comes_before_the_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models.py"
    models.write_text("\ntwo = Table('two', metadata, Column('id', Integer))\n")
    metadata = MetaData()
    Table("two", metadata, Column("id", Integer))
    monkeypatch.setattr("schemaproof.migration.places.finder.read_from", lambda _: {str(models)})
    (found,) = places(tmp_path, [metadata]).on([a_finding(revision=None, object="table public.two")])
    assert found.where == Place("models.py", 2)
