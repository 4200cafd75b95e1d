"""Which server is fitting."""

from pathlib import Path

import pytest

from schemaproof.adoption import server
from schemaproof.adoption.server import choose, extensions


@pytest.fixture(autouse=True)
def has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_embedded", lambda: {"pgcrypto", "citext"})


def test_extensions_are_those_that_revisions_create_or_use() -> None:
    texts = ['op.execute("CREATE EXTENSION IF NOT EXISTS citext")', 'CREATE EXTENSION "uuid-ossp"', "import pgvector"]
    assert extensions([*texts, 'op.execute("create extension CITEXT")']) == ["citext", "uuid-ossp", "vector"]


def test_extension_that_is_created_only_where_the_server_has_it_is_not_needed() -> None:
    asked = "IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'aws_s3') THEN CREATE EXTENSION {}; END IF;"
    assert extensions([asked.format("aws_s3")]) == []
    assert extensions([asked.format("citext")]) == ["citext"]


def test_either_server_does_where_nothing_is_needed(tmp_path: Path) -> None:
    assert choose(tmp_path, []).settings == {}


def test_either_server_does_that_has_what_is_needed(tmp_path: Path) -> None:
    found = choose(tmp_path, ["citext"])
    assert found.settings == {}
    assert "citext" in found.why


@pytest.mark.parametrize(
    ("needed", "image"),
    [("uuid-ossp", None), ("postgis", "postgis/postgis:17-3.5"), ("vector", "pgvector/pgvector:pg17")],
)
def test_container_is_chosen_for_what_the_embedded_server_lacks(tmp_path: Path, needed: str, image: str | None) -> None:
    found = choose(tmp_path, [needed])
    assert found.settings == {"postgres": "container"} | ({"postgres-image": image} if image else {})
    assert f"the embedded server has no {needed}" in found.why


def test_image_of_the_compose_file_is_taken(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text('services:\n  db:\n    image: "postgres:15.4"\n  c:\n    image: redis:7\n')
    found = choose(tmp_path, [])
    assert found.settings == {"postgres-image": "postgres:15.4"}
    assert "compose.yaml" in found.why


def test_images_for_two_kinds_of_extensions_are_told_not_guessed(tmp_path: Path) -> None:
    assert "build one from" in choose(tmp_path, ["postgis", "vector"]).why


def test_extensions_of_the_embedded_server_are_those_of_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert {"plpgsql", "pgcrypto"} <= server._embedded()
