"""Deleting through the ORM is deleting in the database: no child is loaded or changed before its parent goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from schema.models import Base, Conversation, McpConfig, Message, User


@contextmanager
def statements_of(engine: AsyncEngine) -> Iterator[list[str]]:
    """Watch what is sent, one entry per statement: its first three words."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(" ".join(statement.split()[:3]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def family(session: AsyncSession) -> User:
    """A user with two conversations of three messages each, and two configurations; nothing of it is in the session."""
    user = User(email="test@example.com", subject_id="sub-123")
    for number in range(2):
        conversation = Conversation(messages=[Message(role="user", content=str(n)) for n in range(3)])
        user.conversations.append(conversation)
        user.mcp_configs.append(McpConfig(name=str(number), config={}))
    session.add(user)
    await session.commit()
    session.expunge_all()
    return user


async def count_all(session: AsyncSession) -> list[int | None]:
    return [await session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables]


async def test_delete_of_a_user_is_one_statement(session: AsyncSession, engine: AsyncEngine, family: User) -> None:
    user = await session.get_one(User, family.id)

    with statements_of(engine) as statements:
        await session.delete(user)
        await session.commit()

    assert statements == ["DELETE FROM faceplate.users"]
    assert await count_all(session) == [0, 0, 0, 0]


@pytest.mark.usefixtures("family")
async def test_delete_of_a_conversation_is_one_statement(session: AsyncSession, engine: AsyncEngine) -> None:
    conversation = await session.scalar(select(Conversation).limit(1))

    with statements_of(engine) as statements:
        await session.delete(conversation)
        await session.commit()

    assert statements == ["DELETE FROM faceplate.conversations"]
    assert await session.scalar(select(func.count()).select_from(Message)) == 3


async def test_child_taken_out_of_its_parent_is_deleted(session: AsyncSession, family: User) -> None:
    user = await session.get_one(User, family.id)
    conversations = await user.awaitable_attrs.conversations

    conversations.pop()
    await session.commit()

    assert await session.scalar(select(func.count()).select_from(Conversation)) == 1
    assert await session.scalar(select(func.count()).select_from(Message)) == 3


async def test_children_reach_their_parent(session: AsyncSession, family: User) -> None:
    message = await session.scalar(select(Message).limit(1))
    config = await session.scalar(select(McpConfig).limit(1))
    assert message
    assert config

    conversation = await message.awaitable_attrs.conversation

    assert (await conversation.awaitable_attrs.user).id == family.id
    assert (await config.awaitable_attrs.user).id == family.id
