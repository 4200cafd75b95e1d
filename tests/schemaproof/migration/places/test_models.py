"""Where models are declared."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemaproof.migration.places.models import Models

MODELS = """
from sqlalchemy import Column, Enum, ForeignKey, Index, Integer, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Stamped:
    made: Mapped[int] = mapped_column()


class User(Stamped, Base):
    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_made", "made"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    mail: Mapped[str] = mapped_column("email", index=True)
    posts: Mapped[list["Post"]] = relationship(backref="writer")


class Admin(User):  # in the same table
    drafts: Mapped[list["Post"]] = relationship(viewonly=True)


class Post(Base):
    __tablename__ = "posts"
    __table_args__ = {"schema": "blog"}
    id: Mapped[int] = mapped_column(primary_key=True)
    mood: Mapped[str] = mapped_column(Enum("sad", name="mood"))
    author: Mapped[int] = mapped_column(ForeignKey(User.id))


tags = Table(
    "tags",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Integer),
)
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    """Those in a file models_placed.py."""
    path = tmp_path / "models_placed.py"
    path.write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("models_placed")
    yield Models([module.Base.metadata], [str(path)])
    del sys.modules["models_placed"]


@pytest.mark.parametrize(
    ("described", "line"),
    [
        ("table public.users", 14),
        ("table faceplate.users", 14),
        ("column public.users.email", 20),
        ("column public.users.made", 11),
        ("index public.ix_users_made", 17),
        ("index public.ix_users_email", 20),
        ("relationship User.posts", 21),
        ("relationship Admin.drafts", 25),
        ("relationship Post.writer", 28),
        ("relationships User.posts, Post.writer, Admin.drafts", 21),
        ("table blog.posts", 28),
        ("type blog.mood", 32),
        ("type public.mood", 32),
        ("constraint blog.posts.posts_author_fkey", 33),
        ("constraint blog.posts.whatever", 28),
        ("table public.tags", 36),
        ("column public.tags.name", 40),
    ],
)
def test_declaration_is_found(models: Models, described: str, line: int) -> None:
    found = models.find(described)

    assert found is not None
    assert found[0].name == "models_placed.py"
    assert found[1] == line


@pytest.mark.parametrize("described", ["table public.others", "role nobody", "relationship A.b"])
def test_what_is_not_declared_is_not_found(models: Models, described: str) -> None:
    assert models.find(described) is None
