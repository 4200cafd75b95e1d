"""Names that PostgreSQL has no room for, and objects that are the same under another name."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from schemaproof.postgres import Database
from tests.schemaproof.proofs.parity.project import Project, with_events
from tests.schemaproof.proofs.parity.test_circumstances import Unknown

CONVENTION = {
    "ck": "ck_%(table_name)s__%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s_%(column_0_N_name)s_which_is_the_key_of_each_row",
}
LONG = "goods_receipt_reference_of_the_warehouse"
WIDE = "größe_und_gewicht_der_ünterlieferung_ß"  # more bytes than characters


def named() -> list[Any]:
    """Columns, constraints and indexes of every kind whose names a convention, or PostgreSQL, has to shorten."""
    return [
        CheckConstraint("a <> b", name=f"{LONG}_no_self_reference"),
        Column("c", Boolean(name=f"{LONG}_is_sent", create_constraint=True)),
        Column("d", Enum("x", "y", name=f"{LONG}_state", native_enum=False, create_constraint=True)),
        UniqueConstraint("a_rather_long_name_of_a_column", "b"),
        Column("e", ForeignKey(f"{LONG}.id")),
        Index(None, "a_rather_long_name_of_a_column", "b"),
        Column(WIDE, Integer, index=True),
        Column(f"{WIDE}s", Integer, unique=True),
    ]


def long_named(*more: Any) -> MetaData:
    """A table with a long name, what ``named`` says, and ``more``."""
    metadata = MetaData(naming_convention=CONVENTION)
    columns = [Column(name, Integer) for name in ("a", "b", "a_rather_long_name_of_a_column")]
    Table(LONG, metadata, Column("id", Integer, primary_key=True), *columns, *named(), *more)
    return metadata


def ddl(metadata: MetaData) -> str:
    """The statements that SQLAlchemy makes of ``metadata``."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no annotations there
    tables = metadata.sorted_tables
    made = [CreateTable(table).compile(dialect=dialect) for table in tables]
    made += [CreateIndex(index).compile(dialect=dialect) for table in tables for index in table.indexes]
    return ";".join(map(str, made))


# What create_all refuses beside them, and what the migrations have in its place.
REFUSED: dict[str, tuple[Callable[[], list[Any]], Callable[[], list[Any]], set[str]]] = {
    "nothing": (list, list, set()),
    "an index": (
        lambda: [Column("s", Text), Index("ix_gin", "s", postgresql_using="gin")],
        lambda: [Column("s", Text)],
        {"error autogenerate index public.ix_gin", "note catalog -"},
    ),
    "the table": (
        lambda: [Column("u", Unknown)],
        lambda: [Column("u", Text)],
        {f"error autogenerate column public.{LONG}.u", "note catalog -", "note autogenerate -"},
    ),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_name_that_is_shortened_is_no_difference(empty_database: Database, refused: str) -> None:
    model, migrated, expected = REFUSED[refused]

    project = Project(empty_database, long_named(*model()), ddl(long_named(*migrated())))

    assert set(project.told()) <= expected


def test_name_that_is_too_long_without_a_convention_is_the_migrations_too(empty_database: Database) -> None:
    """SQLAlchemy refuses it, so that the model can't be made; PostgreSQL cuts it in a statement of the migrations."""
    name = "u" * 70
    metadata = MetaData()
    Table("t", metadata, Column("x", Integer), UniqueConstraint("x", name=name))

    project = Project(empty_database, metadata, f"CREATE TABLE t (x int, CONSTRAINT {name} UNIQUE (x))")

    assert [one for one in project.told() if one.startswith("error catalog")] == []


# --- the same under another name -----------------------------------------------------------------------------------


def with_name(*items: Any) -> MetaData:
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, autoincrement=False), Column("x", Integer), *items)
    return metadata


RENAMED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "CHECK": (
        lambda: CheckConstraint("x > 0", name="new"),
        "CONSTRAINT old CHECK (x > 0)",
        "note catalog constraint public.t.new",
    ),
    "CHECK that is printed otherwise": (
        lambda: CheckConstraint("x IN (1, 2)", name="new"),
        "CONSTRAINT old CHECK (x = ANY (ARRAY[1, 2]::int[]))",
        "note catalog constraint public.t.new",
    ),
    "primary key": (
        lambda: PrimaryKeyConstraint("id", name="new"),
        "CONSTRAINT old PRIMARY KEY (id)",
        "note catalog constraint public.t.new",
    ),
    "UNIQUE": (
        lambda: UniqueConstraint("x", name="new"),
        "CONSTRAINT old UNIQUE (x)",
        "error autogenerate constraint public.t.new",
    ),
}


@pytest.mark.parametrize("case", RENAMED.values(), ids=RENAMED)
def test_constraint_of_another_name_is_told_once(
    empty_database: Database, case: tuple[Callable[[], Any], str, str]
) -> None:
    constraint, line, told = case

    project = Project(empty_database, with_name(constraint()), f"CREATE TABLE t (id int, x int, {line})")

    assert project.told() == [told]


def test_note_of_another_name_says_how_to_rename(empty_database: Database) -> None:
    metadata = with_name(CheckConstraint("x > 0", name="new"))
    project = Project(empty_database, metadata, "CREATE TABLE t (id int, x int, CONSTRAINT old CHECK (x > 0))")
    (finding,) = project.findings()

    project.apply(finding.remedy)

    assert finding.message == "The model calls the constraint new; the migrations call the same one old."
    assert project.told() == []


def test_check_of_another_name_and_condition_is_two(empty_database: Database) -> None:
    metadata = with_name(CheckConstraint("x > 0", name="new"))

    project = Project(empty_database, metadata, "CREATE TABLE t (id int, x int, CONSTRAINT old CHECK (x > 1))")

    assert project.told() == ["error catalog constraint public.t.new", "error catalog constraint public.t.old"]


def owned(**options: Any) -> MetaData:
    """A table t whose x refers to its id."""
    metadata = MetaData()
    key = ForeignKeyConstraint(["x"], ["t.id"], **options)
    Table("t", metadata, Column("id", Integer, primary_key=True), Column("x", Integer), key)
    return metadata


OWNED = "CREATE TABLE t (id serial PRIMARY KEY, x int, CONSTRAINT old FOREIGN KEY (x) REFERENCES t (id) {})"
WORKS_OTHERWISE: dict[str, tuple[dict[str, Any], str]] = {
    "ON DELETE": ({"name": "new", "ondelete": "CASCADE"}, ""),
    "ON UPDATE": ({"name": "new"}, "ON UPDATE CASCADE"),
    "DEFERRABLE": ({"name": "new"}, "DEFERRABLE INITIALLY DEFERRED"),
    "without a name in the model": ({"ondelete": "CASCADE"}, "ON DELETE SET NULL"),
}


@pytest.mark.parametrize(("options", "migrated"), WORKS_OTHERWISE.values(), ids=WORKS_OTHERWISE)
def test_foreign_key_of_another_name_that_works_otherwise_is_one_finding(
    empty_database: Database, options: dict[str, Any], migrated: str
) -> None:
    name = options.get("name", "t_x_fkey")

    project = Project(empty_database, owned(**options), OWNED.format(migrated))
    (finding,) = project.findings()

    assert project.told() == [f"error autogenerate constraint public.t.{name}"]
    assert finding.message.startswith(f"The model calls the constraint {name}; the migrations call the same one old.")
    assert "op.drop_constraint(op.f('old'), 't', type_='foreignkey')" in finding.evidence
    assert "op.create_foreign_key(" in finding.evidence


def test_foreign_key_that_autogenerate_does_not_see_is_dropped_by_its_name(empty_database: Database) -> None:
    project = Project(empty_database, owned(name="new", match="FULL"), OWNED.format(""))
    (finding,) = project.findings()

    project.apply(finding.remedy)

    assert (finding.check, finding.severity, finding.kind) == ("parity-catalog", "error", "match, name")
    assert 'op.drop_constraint(op.f("old"), "t", type_="foreignkey"); op.execute(' in finding.remedy
    assert project.told() == []


def test_check_of_another_name_that_is_not_valid_is_renamed_and_validated(empty_database: Database) -> None:
    table = "CREATE TABLE t (id int, x int); ALTER TABLE t ADD CONSTRAINT old CHECK (x > 0) NOT VALID"
    project = Project(empty_database, with_name(CheckConstraint("x > 0", name="new")), table)
    (finding,) = project.findings()

    project.apply(finding.remedy)

    assert "VALIDATE CONSTRAINT" in finding.remedy
    assert project.told() == []


def test_index_of_another_name_and_storage_is_made_anew(empty_database: Database) -> None:
    metadata = with_name(Index("new", "x", postgresql_with={"fillfactor": 70}))
    project = Project(empty_database, metadata, "CREATE TABLE t (id int, x int); CREATE INDEX old ON t (x)")

    assert project.told() == ["error autogenerate index public.new"]


# --- one function by two names -------------------------------------------------------------------------------------


def keyed(default: str, *, extension: str = "") -> MetaData:
    metadata = MetaData()
    Table("t", metadata, Column("id", Uuid, server_default=text(default)))
    return with_events(metadata, "before_create", extension) if extension else metadata


PGCRYPTO = "CREATE EXTENSION pgcrypto SCHEMA public"


def test_function_of_an_extension_that_is_postgresqls_own_by_now_is_the_same(empty_database: Database) -> None:
    migrations = f"{PGCRYPTO}; CREATE TABLE t (id uuid DEFAULT public.gen_random_uuid())"

    project = Project(empty_database, keyed("gen_random_uuid()"), migrations)

    assert project.told() == ["note catalog extension pgcrypto"]


def test_function_of_an_extension_in_the_model_is_postgresqls_own(empty_database: Database) -> None:
    metadata = keyed("public.gen_random_uuid()", extension=PGCRYPTO)

    project = Project(empty_database, metadata, f"{PGCRYPTO}; CREATE TABLE t (id uuid DEFAULT gen_random_uuid())")

    assert project.told() == []


def test_function_of_the_projects_own_is_another_one(empty_database: Database) -> None:
    own = "CREATE FUNCTION public.gen_random_uuid() RETURNS uuid LANGUAGE sql AS $$SELECT md5('')::uuid$$"

    project = Project(
        empty_database, keyed("gen_random_uuid()"), f"{own}; CREATE TABLE t (id uuid DEFAULT public.gen_random_uuid())"
    )

    assert project.told() == ["error catalog column public.t.id", "note catalog function public.gen_random_uuid()"]
