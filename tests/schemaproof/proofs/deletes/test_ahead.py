"""A model and a database that differ: the delete checks say what they can of the rest, and no run ends in an error."""

import re
from pathlib import Path

import pytest

from schemaproof.postgres import Server
from schemaproof.proofs.registry import CHECKS
from tests.example_process import Outcome, outcome
from tests.schemaproof.projects import ENV, Step, make_project

DELETES = {check.id for check in CHECKS if check.area == "delete"}
MODELS = """
from sqlalchemy import Column, Enum, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, relationship


class Base(DeclarativeBase):
    pass


class Chat(Base):
    __tablename__ = "chat"
    id = Column(Integer, primary_key=True, autoincrement=False)
    kind = Column(Enum("new", "done", name="kind", native_enum=False), nullable=False)
    messages = relationship("Message", cascade="all, delete-orphan", passive_deletes=True)


class Message(Base):
    __tablename__ = "message"
    id = Column(Integer, primary_key=True, autoincrement=False)
    chat_id = Column(ForeignKey("chat.id", ondelete="CASCADE"), nullable=False, index=True)
    note = Column(String)
    {more}
"""
TABLES = """
CREATE TABLE chat (id integer PRIMARY KEY, kind varchar(4) NOT NULL CHECK (kind IN ('new', 'done')));
CREATE TABLE message (id integer PRIMARY KEY, chat_id integer NOT NULL REFERENCES chat ON DELETE CASCADE, note varchar);
CREATE INDEX ON message (chat_id);
"""
DROPPED = "DROP TABLE message; DROP TABLE chat"


def said(folder: Path, server: Server, change: str = "SELECT 1", more: str = "") -> Outcome:
    """What the delete checks say where the revision ends in ``change``, and the model of messages in ``more``."""
    env = "from models import Base\n" + ENV.replace("**OPTIONS", "target_metadata=Base.metadata")
    make_project(folder, [Step(f"{TABLES}{change}", DROPPED)], env=env)
    (folder / "models.py").write_text(MODELS.replace("{more}", more))
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s\n"
    )
    (folder / "pyproject.toml").write_text('[tool.schemaproof]\ndriver = "psycopg"\n')
    return outcome(folder, server, DELETES)


def test_equal_ones_are_sound(tmp_path: Path, postgres_server: Server) -> None:
    told = said(tmp_path, postgres_server)
    assert (told.verdict, told.findings) == ("sound", ()), told.shown


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE chat DROP kind",
        "ALTER TABLE message DROP note",
        "ALTER TABLE message ADD more integer",
        "ALTER TABLE message ADD more integer NOT NULL",
        "ALTER TABLE chat DROP CONSTRAINT chat_kind_check, ADD CHECK (kind = 'old')",
        "ALTER TABLE chat DROP CONSTRAINT chat_kind_check, ALTER kind TYPE varchar(1) USING 'a'",
        "ALTER TABLE chat DROP CONSTRAINT chat_kind_check, ALTER kind TYPE integer USING 1",
        "ALTER TABLE message ALTER chat_id DROP NOT NULL",
        "ALTER TABLE message ALTER note SET NOT NULL",
        "ALTER TABLE message DROP CONSTRAINT message_pkey",
        "ALTER TABLE message DROP CONSTRAINT message_pkey, ADD PRIMARY KEY (chat_id, id)",
        "ALTER TABLE message RENAME id TO number",
        "ALTER TABLE message ADD CHECK (false)",
    ],
)
def test_difference_that_no_delete_follows_is_no_fault(tmp_path: Path, postgres_server: Server, change: str) -> None:
    told = said(tmp_path, postgres_server, change)
    assert told.verdict == "sound", told.shown


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE message DROP chat_id",
        "DROP TABLE message; CREATE VIEW message AS SELECT 1 AS id",
        "DROP TABLE message",
        "DROP TABLE message, chat",
    ],
)
def test_key_of_what_is_not_there_is_told_as_not_tried(tmp_path: Path, postgres_server: Server, change: str) -> None:
    told = said(tmp_path, postgres_server, change)
    assert told.verdict == "sound", told.shown
    noted = [one for one in told.findings if one.check == "delete-in-sql"]
    assert "public.message (chat_id) -> public.chat (id)" in noted[0].evidence


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE message RENAME chat_id TO chat",
        "ALTER TABLE chat RENAME id TO number",
        "ALTER TABLE message DROP CONSTRAINT message_chat_id_fkey",
        "ALTER TABLE message DROP CONSTRAINT message_chat_id_fkey, ALTER chat_id TYPE text",
    ],
)
def test_key_that_the_database_has_otherwise_is_a_fault(tmp_path: Path, postgres_server: Server, change: str) -> None:
    told = said(tmp_path, postgres_server, change)
    assert told.verdict == "faulty", told.shown


@pytest.mark.parametrize(
    "more",
    [
        'state = Column(Enum("new", "done", name="state", native_enum=False))',
        'reply_to = Column(ForeignKey("message.id", ondelete="CASCADE"))',
        "number = Column(Integer, primary_key=True)",
    ],
)
def test_model_that_is_ahead_is_no_fault(tmp_path: Path, postgres_server: Server, more: str) -> None:
    told = said(tmp_path, postgres_server, more=more)
    assert told.verdict == "sound", told.shown


@pytest.mark.parametrize(
    "more",
    [
        'x_id = Column(ForeignKey("nowhere.id"))',
        'x_id = Column(ForeignKey("chat.nothing"))',
        'x_id = Column(ForeignKey("chat.id", ondelete="EXPLODE"))',
    ],
)
def test_model_that_says_nothing_is_told(tmp_path: Path, postgres_server: Server, more: str) -> None:
    told = said(tmp_path, postgres_server, more=more)
    assert told.verdict == "sound", told.shown
    assert {"delete-in-sql", "delete-in-orm", "concurrent-delete"} <= {one.check for one in told.findings}


def test_relationship_to_nowhere_is_told(tmp_path: Path, postgres_server: Server) -> None:
    told = said(tmp_path, postgres_server, more='others = relationship("Nowhere")')
    assert told.verdict == "sound", told.shown
    assert any("can't configure the mappers" in one.message for one in told.findings)


NO_KEY = "ALTER TABLE message DROP CONSTRAINT message_chat_id_fkey"
OTHER_KEYS = {
    "missing": (NO_KEY, "", ["ADD FOREIGN KEY"]),
    "another action": (f"{NO_KEY}; ALTER TABLE message ADD FOREIGN KEY (chat_id) REFERENCES chat", "", ["DROP", "ADD"]),
    "not in the model": (
        "ALTER TABLE message ADD parent_id integer REFERENCES message ON DELETE CASCADE;"
        " CREATE INDEX ON message (parent_id)",
        "parent_id = Column(Integer, index=True)",
        ["DROP"],
    ),
}


@pytest.mark.parametrize(("change", "more", "lines"), OTHER_KEYS.values(), ids=OTHER_KEYS)
def test_key_that_the_remedy_writes_is_the_models(
    tmp_path: Path, postgres_server: Server, change: str, more: str, lines: list[str]
) -> None:
    told = said(tmp_path / "faulty", postgres_server, change, more)
    (finding,) = (one for one in told.findings if one.check == "delete-in-sql" and one.faulty)

    remedy = re.findall(r'op\.execute\("(.+?)"\)', finding.remedy)

    assert [line for line, one in zip(lines, remedy, strict=True) if f" {line} " not in one] == []
    told = said(tmp_path / "sound", postgres_server, "; ".join([change, *remedy]), more)
    assert [one for one in told.findings if one.check == "delete-in-sql"] == [], told.shown
