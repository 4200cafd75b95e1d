"""Projects whose second revision is Python, with one table of three rows before it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent, indent

from schemaproof.project.subject import Subject
from tests.schemaproof.projects import Step, make_project

ORDERS = Step(
    "CREATE TABLE orders (id int PRIMARY KEY, total int); INSERT INTO orders VALUES (1, 10), (2, 20), (3, 30)",
    "DROP TABLE orders",
)
EACH_ITS_OWN = '{"transaction_per_migration": True}'


def python_project(
    folder: Path,
    upgrade: str,
    *,
    before: Sequence[Step] = (ORDERS,),
    driver: str = "psycopg",
    options: str = EACH_ITS_OWN,
) -> Subject:
    """A project with the revisions ``before`` and one whose upgrade() is ``upgrade``, and whose downgrade() nothing."""
    subject = make_project(folder, [*before, Step("SELECT 1")], options=options)
    last = folder / "migrations" / "versions" / f"{len(before) + 1:04}.py"
    text = last.read_text().partition("def upgrade")[0]
    body = indent(dedent(upgrade).strip(), "    ")
    last.write_text(f"{text}def upgrade():\n{body}\n\n\ndef downgrade():\n    pass\n")
    return replace(subject, driver=driver)
