"""What a row holds that nobody filled in: ids, times, titles."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from schema.models import Conversation, McpConfig, Message, User

Make = Callable[[User, Conversation], User | Conversation | Message | McpConfig]

MAKERS: dict[str, Make] = {
    "users": lambda _user, _conversation: User(email="b@example.com", subject_id="sub-b"),
    "conversations": lambda user, _conversation: Conversation(user_id=user.id),
    "messages": lambda _user, conversation: Message(conversation_id=conversation.id, role="user"),
    "mcp_configs": lambda user, _conversation: McpConfig(user_id=user.id, name="files", config={}),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
async def test_id_is_a_uuid_of_version_7_from_the_client(
    session: AsyncSession, user: User, conversation: Conversation, make: Make
) -> None:
    made = make(user, conversation)
    session.add(made)
    await session.flush()

    assert type(made.id) is UUID
    assert made.id.version == 7
    assert abs((made.id.int >> 80) / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO faceplate.users (email, subject_id) VALUES ('b@example.com', 'sub-b')",
        "INSERT INTO faceplate.conversations (user_id) SELECT id FROM faceplate.users",
        "INSERT INTO faceplate.messages (conversation_id, role) SELECT id, 'user' FROM faceplate.conversations",
        "INSERT INTO faceplate.mcp_configs (user_id, name, config) SELECT id, 'files', '{}' FROM faceplate.users",
    ],
    ids=MAKERS,
)
@pytest.mark.usefixtures("conversation")
async def test_plain_sql_may_leave_the_id_out(session: AsyncSession, insert: str) -> None:
    made = await session.scalar(text(f"{insert} RETURNING id"))

    assert made.version == 4  # gen_random_uuid()


async def test_conversation_has_a_title_by_default(conversation: Conversation) -> None:
    assert conversation.title == "New Chat"


async def test_mcp_config_is_enabled_by_default(session: AsyncSession, user: User) -> None:
    config = McpConfig(user_id=user.id, name="files", config={})
    session.add(config)
    await session.flush()

    assert config.enabled is True


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
async def test_times_are_readable_after_a_flush_and_know_their_zone(
    session: AsyncSession, user: User, conversation: Conversation, make: Make
) -> None:
    """An attribute that had to be loaded first would raise MissingGreenlet here."""
    made = make(user, conversation)
    session.add(made)
    await session.flush()

    times = [made.created_at, getattr(made, "updated_at", made.created_at)]
    assert [moment.utcoffset() for moment in times] == [timedelta(0), timedelta(0)]
    assert all(abs(datetime.now(UTC) - moment) < timedelta(minutes=1) for moment in times)


async def test_time_of_another_zone_comes_back_as_the_same_instant(session: AsyncSession) -> None:
    given = datetime(2025, 12, 13, 23, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    session.add(User(email="b@example.com", subject_id="sub-b", created_at=given))
    await session.commit()
    session.expunge_all()

    assert await session.scalar(select(User.created_at).where(User.subject_id == "sub-b")) == given


async def test_time_does_not_depend_on_the_zone_of_the_session(session: AsyncSession, user: User) -> None:
    await session.execute(text("SET TimeZone = 'Asia/Kolkata'"))

    read = await session.scalar(text("SELECT created_at FROM faceplate.users"))

    assert read == user.created_at


async def test_messages_of_one_transaction_are_read_in_the_order_they_were_made(
    session: AsyncSession, conversation: Conversation
) -> None:
    """They share one created_at, so only the ids can tell: version 7 rises, version 4 would not."""
    for number in range(20):
        session.add(Message(conversation_id=conversation.id, role="user", content=str(number)))
        await session.flush()
    await session.commit()
    session.expunge_all()

    reread = await session.get_one(Conversation, conversation.id)
    messages = await reread.awaitable_attrs.messages

    assert len({message.created_at for message in messages}) == 1
    assert [message.content for message in messages] == [str(number) for number in range(20)]


async def test_messages_of_one_flush_are_read_in_the_order_they_were_added(
    session: AsyncSession, conversation: Conversation
) -> None:
    session.add_all(Message(conversation_id=conversation.id, role="user", content=str(number)) for number in range(20))
    await session.commit()
    session.expunge_all()

    reread = await session.get_one(Conversation, conversation.id)

    assert [m.content for m in await reread.awaitable_attrs.messages] == [str(number) for number in range(20)]


async def test_updated_at_moves_on_update(session: AsyncSession, conversation: Conversation) -> None:
    before = conversation.updated_at

    conversation.title = "Renamed"
    await session.flush()

    assert conversation.updated_at > before  # read without a further await
    assert conversation.created_at == before


async def test_updated_at_moves_in_the_transaction_that_made_the_row(session: AsyncSession, user: User) -> None:
    """now() stands still within a transaction."""
    conversation = Conversation(user_id=user.id)
    session.add(conversation)
    await session.flush()
    before = conversation.updated_at

    conversation.title = "Renamed"
    await session.flush()

    assert conversation.updated_at > before


async def test_updated_at_moves_when_a_config_changes_in_place(session: AsyncSession, user: User) -> None:
    config = McpConfig(user_id=user.id, name="files", config={"paths": ["/"]})
    session.add(config)
    await session.commit()
    before = config.updated_at

    config.config["paths"].append("/home")
    await session.flush()

    assert config.updated_at > before
