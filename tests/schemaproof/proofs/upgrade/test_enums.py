"""An enum type that is dropped and made again in one call: the remedy makes it."""

import re
from pathlib import Path

import pytest

from schemaproof.finding import Finding
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.upgrade.checks import UPGRADE_IN_ONE_CALL
from tests.schemaproof.projects import Step, make_project, table

COLUMN = 'sa.Column("kind", sa.Enum("a", "b", name="kind"{schema}))'
MAKES = 'op.create_table("docs", {column})'
DROPS = 'op.drop_table("docs"); sa.Enum(name="kind"{schema}).drop(op.get_bind())'


def told(folder: Path, server: Server, *upgrades: str) -> list[Finding]:
    """What one call is told to do of a history whose upgrades are these; the first makes a schema."""
    subject = make_project(folder, [Step("CREATE SCHEMA shop", "DROP SCHEMA shop"), *(table("t") for _ in upgrades)])
    imports = "import sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n"
    for number, body in enumerate(upgrades, 2):
        path = folder / "migrations" / "versions" / f"{number:04}.py"
        above, rest = path.read_text().split("op.execute(", 1)
        path.write_text(f"{imports}{above}{body}\n{rest.partition('\n')[2]}")
    with open_history(subject, server) as history:
        return list(UPGRADE_IN_ONE_CALL.examine(history))


@pytest.mark.parametrize("schema", ["", ', schema="shop"'])
def test_remedy_makes_the_type_again(tmp_path: Path, postgres_server: Server, schema: str) -> None:
    column, drops = COLUMN.format(schema=schema), DROPS.format(schema=schema)
    makes = MAKES.format(column=column)

    (finding,) = told(tmp_path / "faulty", postgres_server, makes, drops, makes)
    _, create, enum, _ = re.findall(r"`(.+?)`", finding.remedy)
    remedied = f'{create}; op.create_table("docs", sa.Column("kind", {enum}))'

    assert '"a", "b", name="kind"' in create
    assert told(tmp_path / "sound", postgres_server, makes, drops, remedied) == []


@pytest.mark.parametrize("schema", ["", ', schema="shop"'])
def test_remedy_uses_the_type_that_an_earlier_call_made(tmp_path: Path, postgres_server: Server, schema: str) -> None:
    makes = MAKES.format(column=COLUMN.format(schema=schema))
    uses = makes.replace("docs", "papers")

    (finding,) = told(tmp_path / "faulty", postgres_server, makes, uses)
    enum, _ = re.findall(r"`(postgresql.+?|from .+?)`", finding.remedy)
    remedied = f'op.create_table("papers", sa.Column("kind", {enum}))'

    assert (finding.revision, "by itself" in finding.message) == ("0003", True)
    assert told(tmp_path / "sound", postgres_server, makes, remedied) == []


def test_another_type_that_is_missing_is_another_matter(tmp_path: Path, postgres_server: Server) -> None:
    leaves = 'op.execute("CREATE TYPE pg_temp.shape AS ENUM ()"); ' + MAKES.format(column=COLUMN.format(schema=""))
    needs = 'op.execute("DROP TYPE IF EXISTS pg_temp.shape; DROP TYPE pg_temp.shape")'
    (finding,) = told(tmp_path, postgres_server, leaves, f"if op.get_context().impl.memo: {needs}")
    assert finding.remedy == UPGRADE_IN_ONE_CALL.remedy
