"""What the comparison makes of a project's circumstances: filters, other schemas, metadata that can't be created."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic import util
from alembic.operations import ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    Enum,
    FetchedValue,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM
from sqlalchemy.types import UserDefinedType

from schemaproof.finding import Severity
from schemaproof.postgres import Database
from schemaproof.proofs.parity.checks import PARITY_AUTOGENERATE, PARITY_CATALOG
from tests.schemaproof.proofs.parity.project import SERIAL, Project, declared, with_events

T = f"{SERIAL});"
TX = f"{SERIAL}, x int);"


def x(kind: Any = Integer, *items: Any, **options: Any) -> Column[Any]:
    """A column x."""
    return Column("x", kind, *items, **options)


class Unknown(UserDefinedType[Any]):
    """A type that no database has."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "unknown_type"


class MakeView(ops.MigrateOperation):
    """An operation of another package."""

    def reverse(self) -> "MakeView":
        return self

    def __repr__(self) -> str:
        return "the view v"


def test_project_without_metadata_is_one_note(empty_database: Database) -> None:
    assert Project(empty_database, [], T).told() == ["note autogenerate -"]


def test_comparison_is_made_once_for_both_checks(empty_database: Database) -> None:
    project = Project(empty_database, declared(), T)

    project.findings()

    assert project.runs == 1


# --- what only migrations make -------------------------------------------------------------------------------------

ONLY_MIGRATIONS = {
    "view": ("CREATE VIEW v AS SELECT 1 AS x", "view public.v"),
    "materialized view": ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS x", "materialized view public.v"),
    "function": ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function public.f()"),
    "aggregate": ("CREATE AGGREGATE a (int) (SFUNC = int4pl, STYPE = int)", "aggregate public.a(integer)"),
    "policy": ("CREATE POLICY p ON t USING (true)", "policy public.t.p"),
    "rule": ("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", "rule public.t.r"),
    "row security": ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "table public.t"),
    "statistics": ("CREATE STATISTICS s ON id, x FROM t", "statistics public.s"),
    "sequence": ("CREATE SEQUENCE s", "sequence public.s"),
    "domain": ("CREATE DOMAIN d AS int", "domain public.d"),
    "type that nothing uses": ("CREATE TYPE e AS ENUM ('a')", "type public.e"),
    "extension": ("CREATE EXTENSION pgcrypto", "extension pgcrypto"),
    "schema": ("CREATE SCHEMA audit", "schema audit"),
    "replica identity": ("ALTER TABLE t REPLICA IDENTITY FULL", "table public.t"),
    "fillfactor": ("ALTER TABLE t SET (fillfactor = 50)", "table public.t"),
    "storage": ("ALTER TABLE t ALTER x SET STATISTICS 500", "column public.t.x"),
    "fillfactor of a key": ("ALTER INDEX t_pkey SET (fillfactor = 50)", "constraint public.t.t_pkey"),
}


@pytest.mark.parametrize("case", ONLY_MIGRATIONS.values(), ids=ONLY_MIGRATIONS)
def test_what_metadata_has_no_words_for_is_a_note(empty_database: Database, case: tuple[str, str]) -> None:
    statement, told = case

    assert Project(empty_database, declared(x()), TX + statement).told() == [f"note catalog {told}"]


def test_what_metadata_declares_others_of_is_an_error(empty_database: Database) -> None:
    metadata = with_events(declared(x()), "after_create", "CREATE VIEW v AS SELECT x FROM t")

    project = Project(empty_database, metadata, TX + "CREATE VIEW v AS SELECT x FROM t; CREATE VIEW w AS SELECT 1 AS y")

    assert project.told() == ["error catalog view public.w"]


def test_view_with_another_definition_is_an_error(empty_database: Database) -> None:
    metadata = with_events(declared(x()), "after_create", "CREATE VIEW v AS SELECT x FROM t")

    project = Project(empty_database, metadata, TX + "CREATE VIEW v AS SELECT x FROM t WHERE x > 0")

    assert project.told() == ["error catalog view public.v"]


def test_table_in_a_schema_that_metadata_does_not_name_is_a_note(empty_database: Database) -> None:
    project = Project(empty_database, declared(), T + "CREATE SCHEMA audit; CREATE TABLE audit.log (x int)")

    assert project.told() == ["note catalog schema audit", "note catalog table audit.log"]


def test_table_in_another_schema_is_an_error_where_env_py_includes_schemas(empty_database: Database) -> None:
    migrations = T + "CREATE SCHEMA audit; CREATE TABLE audit.log (x int)"

    project = Project(empty_database, declared(), migrations, include_schemas=True)

    assert project.told() == ["error autogenerate table audit.log", "note catalog schema audit"]


def test_extension_that_create_all_needs_is_a_note(empty_database: Database) -> None:
    """In a schema of its own, which the metadata relies on the search_path for."""
    metadata = declared(x(Text, server_default=text("encode(gen_random_bytes(8), 'hex')")))

    project = Project(
        empty_database,
        metadata,
        f"""CREATE SCHEMA ext; CREATE EXTENSION pgcrypto SCHEMA ext;
        {SERIAL}, x text DEFAULT encode(ext.gen_random_bytes(8), 'hex'))""",
    )

    assert project.told() == ["note catalog extension pgcrypto"]


# --- notes ---------------------------------------------------------------------------------------------------------


def test_extension_that_create_all_does_not_need_is_not_said_to_be(empty_database: Database) -> None:
    metadata = declared(x(Text, server_default=text("gen_salt('bf')")))

    project = Project(
        empty_database,
        metadata,
        f"CREATE EXTENSION pgcrypto; CREATE EXTENSION hstore; {SERIAL}, x text DEFAULT gen_salt('bf'))",
    )

    assert project.told() == ["note catalog extension pgcrypto", "note catalog extension hstore"]
    assert [one.object for one in project.findings() if "create_all fails" in one.message] == ["extension pgcrypto"]


def test_order_of_columns_is_one_note_for_the_table(empty_database: Database) -> None:
    metadata = declared(Column("a", Text), Column("b", Text), Column("c", Text))

    project = Project(empty_database, metadata, f"{SERIAL}, c text, b text, a text)")

    assert project.told() == ["note catalog table public.t"]


def test_column_that_is_missing_changes_no_order(empty_database: Database) -> None:
    metadata = declared(Column("a", Text), Column("b", Text), Column("c", Text))

    project = Project(empty_database, metadata, f"{SERIAL}, b text, c text)")

    assert project.told() == ["error autogenerate column public.t.a"]


def test_names_that_postgresql_chose_are_one_note_for_the_table(empty_database: Database) -> None:
    metadata = MetaData()
    columns = [Column(name, Integer, unique=True) for name in ("a", "b")]
    Table("t", metadata, Column("id", Integer, primary_key=True), *columns)

    project = Project(
        empty_database,
        metadata,
        "CREATE TABLE old (id serial PRIMARY KEY, a int UNIQUE, b int UNIQUE); ALTER TABLE old RENAME TO t",
    )

    assert project.told() == ["note catalog table public.t"]


def test_names_of_not_null_that_nobody_chose_are_not_told(empty_database: Database) -> None:
    """Since PostgreSQL 18 a column's NOT NULL has one, a domain's since 17: here of a name before."""
    metadata = MetaData()
    kind = DOMAIN("even", Integer, not_null=True)
    Table("t", metadata, Column("x", Integer, nullable=False), Column("y", kind, nullable=True))
    renamed = "ALTER TABLE old RENAME TO t; ALTER DOMAIN odd RENAME TO even"

    project = Project(
        empty_database,
        metadata,
        f"CREATE DOMAIN odd AS int NOT NULL; CREATE TABLE old (x int NOT NULL, y odd); {renamed}",
    )

    assert [*PARITY_CATALOG.examine(project)] == []


@pytest.mark.parametrize(
    ("since", "column", "migrations", "line"),
    [
        (
            18,
            lambda: x(nullable=False),
            f"{SERIAL}, x int CONSTRAINT needed NOT NULL)",
            "ALTER TABLE public.t RENAME CONSTRAINT needed TO t_x_not_null",
        ),
        (
            17,
            lambda: x(DOMAIN("even", Integer, not_null=True)),
            f"CREATE DOMAIN even AS int CONSTRAINT needed NOT NULL; {SERIAL}, x even)",
            "ALTER DOMAIN public.even RENAME CONSTRAINT needed TO even_not_null",
        ),
    ],
    ids=["column", "domain"],
)
def test_name_of_not_null_that_the_migrations_chose_is_a_note_without_a_convention(
    empty_database: Database, since: int, column: Callable[[], Column[Any]], migrations: str, line: str
) -> None:
    project = Project(empty_database, declared(column()), migrations)
    if empty_database.server.version < since * 10000:
        pytest.skip(f"only PostgreSQL {since} gives it a name")

    (finding,) = PARITY_CATALOG.examine(project)

    assert finding.severity is Severity.NOTE
    assert "naming_convention=" not in finding.remedy
    assert f'write in a revision: op.execute("{line}").' in finding.remedy


def two_keys(*more: Any) -> MetaData:
    """A table whose primary key has two columns."""
    metadata = MetaData()
    Table("t", metadata, Column("a", Integer, primary_key=True), Column("B", Integer, primary_key=True), *more)
    return metadata


@pytest.mark.parametrize("name", ["unique_a_b", None])
def test_unique_that_repeats_the_primary_key_is_a_note_on_what_postgresql_keeps(
    empty_database: Database, name: str | None
) -> None:
    given = "" if name is None else f"CONSTRAINT {name} "
    migrations = f'CREATE TABLE t (a int, "B" int, PRIMARY KEY (a, "B"), {given}UNIQUE (a, "B"))'

    (finding,) = Project(empty_database, two_keys(UniqueConstraint("a", "B", name=name)), migrations).findings()

    assert (finding.check, finding.severity) == ("parity-autogenerate", Severity.NOTE)
    assert "PostgreSQL keeps one index for a UNIQUE that repeats the PRIMARY KEY" in finding.message
    known = "" if name is None else f', name="{name}"'
    assert finding.remedy.startswith(f'Remove `UniqueConstraint("a", "B"{known})` from the model.')
    assert ("PrimaryKeyConstraint" in finding.remedy) is (name is not None)


def test_unique_over_the_primary_key_in_another_order_is_one(empty_database: Database) -> None:
    project = Project(
        empty_database,
        two_keys(UniqueConstraint("B", "a", name="u")),
        'CREATE TABLE t (a int, "B" int, PRIMARY KEY (a, "B"))',
    )

    assert project.told() == ["error autogenerate constraint public.t.u"]


def test_numbers_that_postgresql_gave_to_checks_are_one_note_for_the_table(empty_database: Database) -> None:
    metadata = declared(x(), CheckConstraint("x > 0"), CheckConstraint("x < 9"))

    project = Project(empty_database, metadata, f"{SERIAL}, x int CHECK (x < 9) CHECK (x > 0))")

    assert project.told() == ["note catalog table public.t"]


def test_check_that_differs_beside_another_is_told(empty_database: Database) -> None:
    metadata = declared(x(), CheckConstraint("x > 0"), CheckConstraint("x < 9"))

    project = Project(empty_database, metadata, f"{SERIAL}, x int CHECK (x > 0) CHECK (x < 8))")

    assert [finding.object for finding in project.findings()] == ["constraint public.t.t_x_check1"]


# --- env.py's filters ----------------------------------------------------------------------------------------------

EXCLUDED = T + "CREATE TABLE other (x int); CREATE INDEX other_x ON t (id); CREATE VIEW v AS SELECT 1 AS x;"


def include_object(_item: object, name: str | None, kind: str, *_: object) -> bool:
    return name not in {"other", "other_x"} or kind not in {"table", "index"}


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return name not in {"other", "other_x"} or kind not in {"table", "index"}


@pytest.mark.parametrize(
    "option",
    [{"include_object": include_object}, {"include_name": include_name}],
    ids=["include_object", "include_name"],
)
def test_what_env_py_excludes_is_not_told(empty_database: Database, option: dict[str, Any]) -> None:
    assert Project(empty_database, declared(), EXCLUDED, **option).told() == ["note catalog view public.v"]


def test_difference_inside_an_excluded_table_is_not_told(empty_database: Database) -> None:
    metadata = declared(Column("x", Text), CheckConstraint("x > 'a'", name="c"))
    migrations = f"{SERIAL}, x text, CONSTRAINT c CHECK (x > 'b')); CREATE RULE r AS ON DELETE TO t DO NOTHING"

    project = Project(empty_database, metadata, migrations, include_object=lambda *item: item[2] != "table")

    assert project.told() == []


@pytest.mark.parametrize("kept_out", [False, True])
def test_default_in_quotes_on_both_sides_of_an_excluded_table_is_not_told(
    empty_database: Database, *, kept_out: bool
) -> None:
    metadata = declared(Column("x", Text, server_default="now()"))
    migrations = f"{SERIAL}, x text DEFAULT 'now()')"

    project = Project(empty_database, metadata, migrations, include_object=lambda *_: not kept_out)

    assert project.told() == ([] if kept_out else ["warning catalog column public.t.x"])


def test_excluded_index_is_not_told_where_alembic_sees_no_difference(empty_database: Database) -> None:
    metadata = declared(x(), Index("i", "x", postgresql_using="hash"))

    project = Project(
        empty_database, metadata, TX + "CREATE INDEX i ON t (x)", include_object=lambda *item: item[2] != "index"
    )

    assert project.told() == []


def test_operation_that_a_hook_of_env_py_drops_is_not_told(empty_database: Database) -> None:
    def hook(_context: object, _revision: object, directives: list[ops.MigrationScript]) -> None:
        for script in directives:
            script.upgrade_ops = ops.UpgradeOps([])

    project = Project(empty_database, declared(), TX, process_revision_directives=hook)

    assert project.told() == []


def test_operation_of_another_package_is_told(empty_database: Database) -> None:
    plugins_of_alembic = pytest.importorskip("alembic.runtime.plugins", reason="Alembic 1.18 brought plugins")

    def compare(_context: object, upgrade: ops.UpgradeOps, _schemas: object) -> util.PriorityDispatchResult:
        upgrade.ops.append(MakeView())
        return util.PriorityDispatchResult.CONTINUE

    plugin = plugins_of_alembic.Plugin("another.package")
    plugin.add_autogenerate_comparator(compare, "schema")
    try:
        plugins = ["alembic.autogenerate.*", "another.package"]
        (finding,) = Project(empty_database, declared(), T, autogenerate_plugins=plugins).findings()
    finally:
        plugin.remove()

    assert (finding.severity, finding.object) == (Severity.ERROR, None)
    assert "the view v" in finding.evidence


def test_filter_that_raises_leaves_the_catalogs_to_compare(empty_database: Database) -> None:
    def broken(*_: object) -> bool:
        raise ValueError("no such object")

    project = Project(empty_database, declared(), TX, include_object=broken)

    assert project.told() == ["note autogenerate -", "error catalog column public.t.x"]


# --- other schemas -------------------------------------------------------------------------------------------------


def test_tables_that_a_search_path_moves_are_compared_where_they_are(empty_database: Database) -> None:
    metadata = declared(x(), Column("e", Enum("a", name="kind")))
    migrations = "CREATE SCHEMA app; SET search_path TO app; CREATE TYPE kind AS ENUM ('a');"

    project = Project(
        empty_database,
        metadata,
        f"{migrations} {SERIAL}, x bigint, e kind); RESET search_path",
        setup="SET search_path TO app",
    )

    assert project.told() == ["error autogenerate column app.t.x", "note catalog schema app"]


def test_tables_that_a_translation_moves_are_compared_where_they_are(empty_database: Database) -> None:
    metadata = MetaData(schema="tenant")
    Table("t", metadata, Column("id", Integer, primary_key=True), x(index=True))

    project = Project(
        empty_database,
        metadata,
        "CREATE SCHEMA one; CREATE TABLE one.t (id serial PRIMARY KEY, x int); CREATE INDEX ix_tenant_t_x ON one.t (x)",
    )

    assert project.told() == ["note autogenerate -", "note catalog schema one"]


# --- metadata ------------------------------------------------------------------------------------------------------


def test_several_metadata_are_compared_together(empty_database: Database) -> None:
    other = MetaData()
    Table("other", other, x())

    assert Project(empty_database, [declared(), other], T + "CREATE TABLE other (x int)").told() == []


def test_table_that_two_metadata_name_is_compared(empty_database: Database) -> None:
    """Alembic refuses them: "Duplicate table keys across multiple MetaData objects"."""
    project = Project(empty_database, [declared(), declared()], TX)

    assert project.told() == ["note autogenerate -", "error catalog column public.t.x"]


def test_type_that_only_migrations_make_is_taken_from_them(empty_database: Database) -> None:
    metadata = declared(x(ENUM("a", name="kind", create_type=False), server_default="a"), Column("y", Integer))
    migrations = f"CREATE TYPE kind AS ENUM ('a'); {SERIAL}, x kind DEFAULT 'a', y bigint)"

    project = Project(empty_database, metadata, migrations)

    assert project.told() == ["error autogenerate column public.t.y", "note catalog -"]


def test_enum_of_the_model_is_compared_beside_one_that_only_migrations_make(empty_database: Database) -> None:
    metadata = declared(x(ENUM("a", name="kind", create_type=False)), Column("y", Enum("b", name="mine")))
    types = "CREATE TYPE kind AS ENUM ('a'); CREATE TYPE mine AS ENUM ('b', 'c');"

    project = Project(empty_database, metadata, f"{types} {SERIAL}, x kind, y mine)")

    assert project.told() == ["note catalog -", "error catalog type public.mine"]


def test_create_all_that_fails_is_a_note_with_its_error(empty_database: Database) -> None:
    project = Project(empty_database, declared(x(Unknown)), TX)

    (finding,) = (one for one in PARITY_CATALOG.examine(project) if not one.faulty)

    assert "unknown_type" in finding.evidence


def test_key_to_a_table_that_no_module_defines_says_what_to_import(empty_database: Database) -> None:
    project = Project(empty_database, declared(x(Integer, ForeignKey("teams.id"))), TX)

    notes = [*PARITY_AUTOGENERATE.examine(project), *PARITY_CATALOG.examine(project)]

    assert [one.severity for one in notes] == [Severity.NOTE] * 2
    assert all("refer to teams, which no module defines that env.py imports" in one.remedy for one in notes)
    assert "nothing was compared" in notes[0].consequence


def test_key_to_a_table_of_another_metadata_is_not_said_to_lack_an_import(empty_database: Database) -> None:
    other = MetaData()
    Table("teams", other, Column("id", Integer, primary_key=True))
    project = Project(empty_database, [declared(x(Integer, ForeignKey("teams.id"))), other], TX)

    notes = [*PARITY_AUTOGENERATE.examine(project), *PARITY_CATALOG.examine(project)]

    assert notes
    assert not any("no module defines" in one.remedy for one in notes)


# What is told of the column whose type no database has, and of Alembic's reports that are false.
NOTES = {"note catalog -", "note autogenerate -", "error autogenerate column public.t.u"}


class TestAutogenerateAlone:
    """Where create_all fails whatever is there before it, Alembic's reports are told as far as they hold."""

    def told(self, database: Database, *columns: Any, migrations: str) -> list[str]:
        metadata = declared(Column("u", Unknown), *columns)
        told = Project(database, metadata, migrations.replace("id serial", "u xml, id serial")).told()
        return [one for one in told if one not in NOTES]

    def test_difference_is_told(self, empty_database: Database) -> None:
        told = self.told(empty_database, x(nullable=False), migrations=TX)

        assert told == ["error autogenerate column public.t.x"]

    def test_default_that_differs_is_told(self, empty_database: Database) -> None:
        told = self.told(empty_database, x(server_default=text("1")), migrations=f"{SERIAL}, x int DEFAULT 2)")

        assert told == ["error catalog column public.t.x"]

    @pytest.mark.parametrize(
        ("column", "line"),
        [
            (lambda: x(server_default=func.random()), "x int DEFAULT random()"),
            (lambda: x(Text, server_default="it's"), "x text DEFAULT 'it''s'"),
            (lambda: x(server_default="1"), "x int DEFAULT 1"),
            (lambda: x(server_default=FetchedValue()), "x int DEFAULT 1"),
        ],
        ids=["random()", "quotes", "a number in quotes", "left to the database"],
    )
    def test_default_that_is_only_written_otherwise_is_not_told(
        self, empty_database: Database, column: Callable[[], Column[Any]], line: str
    ) -> None:
        assert self.told(empty_database, column(), migrations=f"{SERIAL}, {line})") == []

    def test_check_without_a_name_is_not_told(self, empty_database: Database) -> None:
        told = self.told(empty_database, x(), CheckConstraint("x > 0"), migrations=f"{SERIAL}, x int CHECK (x > 0))")

        assert told == []

    def test_partition_is_not_told(self, empty_database: Database) -> None:
        partitions = "CREATE TABLE p (x int) PARTITION BY LIST (x); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)"

        assert self.told(empty_database, migrations=T + partitions) == ["error autogenerate table public.p"]
