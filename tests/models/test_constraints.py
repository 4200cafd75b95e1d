"""What the database refuses, whoever writes."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from schema.models import Conversation, McpConfig, Message, User


@pytest.mark.parametrize("role", ["user", "assistant", "system", "tool"])
async def test_role_of_the_specification_is_taken(session: AsyncSession, conversation: Conversation, role: str) -> None:
    session.add(Message(conversation_id=conversation.id, role=role))

    await session.flush()


@pytest.mark.parametrize("role", ["banana", "User", ""])
async def test_other_role_is_refused(session: AsyncSession, conversation: Conversation, role: str) -> None:
    session.add(Message(conversation_id=conversation.id, role=role))

    with pytest.raises(IntegrityError, match="ck_messages_role"):
        await session.flush()


async def test_email_is_unique(session: AsyncSession, user: User) -> None:
    session.add(User(email=user.email, subject_id="another"))

    with pytest.raises(IntegrityError, match="uq_users_email"):
        await session.flush()


async def test_subject_is_unique(session: AsyncSession, user: User) -> None:
    session.add(User(email="another@example.com", subject_id=user.subject_id))

    with pytest.raises(IntegrityError, match="uq_users_subject_id"):
        await session.flush()


async def test_name_of_a_config_is_unique_per_user(session: AsyncSession, user: User) -> None:
    session.add_all(McpConfig(user_id=user.id, name="files", config={}) for _ in range(2))

    with pytest.raises(IntegrityError, match="uq_mcp_configs_user_id_name"):
        await session.flush()


async def test_two_users_may_give_a_config_the_same_name(session: AsyncSession, user: User) -> None:
    other = User(email="another@example.com", subject_id="another")
    other.mcp_configs.append(McpConfig(name="files", config={}))
    session.add_all([other, McpConfig(user_id=user.id, name="files", config={})])

    await session.flush()


@pytest.mark.parametrize(
    ("orphan", "constraint"),
    [
        (lambda: Conversation(user_id=uuid4()), "fk_conversations_user_id_users"),
        (lambda: McpConfig(user_id=uuid4(), name="files", config={}), "fk_mcp_configs_user_id_users"),
        (lambda: Message(conversation_id=uuid4(), role="user"), "fk_messages_conversation_id_conversations"),
    ],
    ids=["conversation", "mcp_config", "message"],
)
async def test_row_without_its_parent_is_refused(
    session: AsyncSession, orphan: Callable[[], Conversation | McpConfig | Message], constraint: str
) -> None:
    session.add(orphan())

    with pytest.raises(IntegrityError, match=constraint):
        await session.flush()


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO faceplate.users (subject_id) VALUES ('s')",
        "INSERT INTO faceplate.users (email) VALUES ('e')",
        "INSERT INTO faceplate.conversations (title) VALUES ('t')",
        "INSERT INTO faceplate.conversations (user_id, title) SELECT id, NULL FROM faceplate.users",
        "INSERT INTO faceplate.messages (role) VALUES ('user')",
        "INSERT INTO faceplate.messages (conversation_id) SELECT id FROM faceplate.conversations",
        "INSERT INTO faceplate.mcp_configs (user_id, config) SELECT id, '{}' FROM faceplate.users",
        "INSERT INTO faceplate.mcp_configs (user_id, name) SELECT id, 'n' FROM faceplate.users",
        "INSERT INTO faceplate.mcp_configs (user_id, name, config, enabled)"
        " SELECT id, 'n', '{}', NULL FROM faceplate.users",
    ],
)
@pytest.mark.usefixtures("conversation")
async def test_missing_value_is_refused(session: AsyncSession, insert: str) -> None:
    with pytest.raises(IntegrityError, match="not-null constraint"):
        await session.execute(text(insert))


@pytest.mark.parametrize(("column", "limit"), [("email", 255), ("subject_id", 255)])
async def test_text_is_taken_up_to_its_limit_only(session: AsyncSession, column: str, limit: int) -> None:
    values = {"email": "e", "subject_id": "s"}
    async with session.begin_nested():
        session.add(User(**values | {column: "é" * limit}))
    session.add(User(**{"email": "e2", "subject_id": "s2"} | {column: "é" * (limit + 1)}))

    with pytest.raises(DBAPIError, match="value too long"):
        await session.flush()
