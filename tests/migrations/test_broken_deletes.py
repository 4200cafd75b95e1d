"""Each way to break Faceplate's deletes is found, and shown with as few rows as it takes."""

import shutil
from pathlib import Path

import pytest

from schemaproof.finding import Finding
from schemaproof.postgres import Server
from schemaproof.proofs.registry import CHECKS
from tests.example_process import outcome

ROOT = Path(__file__).parents[2]
MODELS, REVISION = "schema/models.py", "migrations/versions/0001_initial.py"
CHECKED = {check.id for check in CHECKS if check.area in {"delete", "upgrade"}} - {"concurrent-delete"}

KEEPS = """
    op.execute("CREATE FUNCTION faceplate.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    op.execute("CREATE TRIGGER keep BEFORE DELETE ON faceplate.messages FOR EACH ROW EXECUTE FUNCTION faceplate.keep()")


def downgrade() -> None:
    op.execute("DROP FUNCTION faceplate.keep() CASCADE")
"""
CASCADES = 'cascade="all, delete-orphan", passive_deletes=True'

# What is broken: the file, what it says, what it says then (first of all places), and the check that is to find it.
BREAKS = {
    "the model of users and conversations": (MODELS, 'User.id, ondelete="CASCADE"', "User.id", "delete-in-sql"),
    "the model of messages": (MODELS, 'Conversation.id, ondelete="CASCADE"', "Conversation.id", "delete-in-sql"),
    "the migration of conversations": (REVISION, ', ondelete="CASCADE"', "", "delete-in-sql"),
    "the migration of messages": (REVISION, '            ondelete="CASCADE",\n', "", "delete-in-sql"),
    "the migration, in another way": (REVISION, '"CASCADE",\n', '"SET NULL",\n', "delete-in-sql"),
    "a relationship without any of it": (MODELS, f", {CASCADES}", "", "delete-in-orm"),
    "a relationship that does not delete": (MODELS, 'cascade="all, delete-orphan", ', "", "delete-in-orm"),
    "a relationship that loads": (MODELS, ", passive_deletes=True", "", "delete-loads-children"),
    "an index dropped": (
        REVISION,
        '    op.create_index(op.f("ix_conversations_user_id"), "conversations", ["user_id"], schema=SCHEMA)\n',
        "",
        "foreign-key-index",
    ),
    "a trigger that returns NULL": (REVISION, "\n\ndef downgrade() -> None:\n", KEEPS, "foreign-key-enforced"),
}


def broken(folder: Path, file: str, old: str, new: str) -> Path:
    """Faceplate in ``folder``, with one thing changed."""
    for part in ("schema", "migrations"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", folder)
    source = (folder / file).read_text(encoding="utf-8")
    assert old in source
    (folder / file).write_text(source.replace(old, new, 1), encoding="utf-8")
    return folder


def rows_shown(finding: Finding) -> int:
    return sum(line.startswith("faceplate.") for line in finding.evidence.splitlines())


@pytest.mark.parametrize("what", BREAKS)
def test_broken_delete_is_found_and_shown_with_three_rows_at_most(
    what: str, tmp_path: Path, postgres_server: Server
) -> None:
    file, old, new, check = BREAKS[what]
    said = outcome(broken(tmp_path, file, old, new), postgres_server, {"upgrade-from-empty", check})
    found = [one for one in said.findings if one.check == check and one.faulty]
    assert said.verdict == "faulty", said.shown
    assert found, said.shown
    assert all(rows_shown(one) <= 3 for one in found), found[0].evidence


def test_whole_delete_is_sound(tmp_path: Path, postgres_server: Server) -> None:
    said = outcome(broken(tmp_path, MODELS, "", ""), postgres_server, CHECKED)
    assert said.verdict == "sound", said.shown
