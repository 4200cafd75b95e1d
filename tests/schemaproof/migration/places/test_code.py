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


BLOCKS = Code("""
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("made", type_=sa.TIMESTAMP(timezone=True))

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.alter_column("seen", type_=sa.TIMESTAMP(timezone=True))
        batch_op.alter_column("made", type_=sa.TIMESTAMP(timezone=True))
        batch_op.create_index("ix_seen", ["seen"])

    if "ix_posts" not in existing:
        op.create_index("ix_posts", "posts", ["made"])
    for table in ("tags", "marks"):
        op.drop_column(table, "made")
""")


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["users", "made"], 4),
        (["posts", "made"], 8),
        (["posts", "seen"], 7),
        (["posts", "gone"], 6),
        (["users"], 3),
        (["ix_seen"], 9),
        (["ix_posts"], 12),
        (["tags", "made"], 14),
        (["marks"], 13),
    ],
)
def test_what_a_block_begins_with_is_said_of_its_statements(names: list[str], line: int) -> None:
    assert statement_naming(BLOCKS.functions["upgrade"], names)[1] == line


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
