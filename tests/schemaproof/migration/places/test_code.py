"""Lines of a file."""

import ast

import pytest

from schemaproof.migration.places.code import Code, attribute, call_naming, statement_naming

CODE = Code('''
def upgrade():
    """Makes posts."""
    op.create_table(
        "posts",
        sa.Column("mood", sa.Enum("sad", name="mood")),
    )
    if True:
        op.add_column("posts", sa.Column("id"))
    op.execute("DROP INDEX public.ix_posts")


class Outer:
    class Post(Base):
        id: Mapped[int] = mapped_column()
        title = mapped_column()

        @declared_attr
        def author(cls):
            return mapped_column()

tags = Table("tags", metadata, Column("id"),
    Column("name"))
''')


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["posts"], 4),
        (["posts", "mood"], 4),
        (["posts", "id"], 9),
        (["ix_posts"], 10),
        (["ix"], 0),
        (["Makes"], 0),
    ],
)
def test_statement_that_names_the_most_comes_first(names: list[str], line: int) -> None:
    assert statement_naming(CODE.functions["upgrade"], names)[1] == line


@pytest.mark.parametrize(("name", "line"), [("id", 15), ("title", 16), ("author", 19), ("other", None)])
def test_attribute_is_found_in_each_way_to_declare_one(name: str, line: int | None) -> None:
    declared = CODE.class_named("Outer.Post")

    assert isinstance(declared, ast.ClassDef)
    assert attribute(declared, name) == line


def test_column_of_a_table_without_class_is_found() -> None:
    table = CODE.table_named("tags")

    assert table is not None
    assert table.lineno == 22
    assert call_naming(table, "name") == 23
    assert CODE.table_named("posts") is None
