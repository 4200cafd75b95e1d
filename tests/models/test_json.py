"""JSON columns: NULL is NULL, and what changes in place is written."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from schema.models import Conversation, McpConfig, Message, User

HOSTILE: dict[str, Any] = {"": [None, True, -1, 0.5, {"ключ": ["\u2028", "'\"\\", "😀"]}], "null": None}


@pytest.fixture
async def config(session: AsyncSession, user: User) -> McpConfig:
    config = McpConfig(
        user_id=user.id, name="files", config={"command": "run", "env": {"A": "1"}, "args": [{"path": "/"}, "x"]}
    )
    session.add(config)
    await session.commit()
    return config


async def stored(engine: AsyncEngine, column: str, table: str) -> Any:
    """Return what another session reads."""
    async with AsyncSession(engine) as other:
        return await other.scalar(text(f"SELECT {column} FROM faceplate.{table}"))


async def test_config_of_none_is_refused(session: AsyncSession, user: User) -> None:
    """JSON null would pass the NOT NULL."""
    session.add(McpConfig(user_id=user.id, name="files", config=None))

    with pytest.raises(IntegrityError, match='null value in column "config"'):
        await session.flush()


async def test_config_set_to_none_is_refused(session: AsyncSession, config: McpConfig) -> None:
    config.config = None  # type: ignore[assignment] # the point

    with pytest.raises(IntegrityError, match='null value in column "config"'):
        await session.flush()


@pytest.mark.parametrize("column", ["tool_calls", "tool_results"])
@pytest.mark.parametrize("values", [{}, {"tool_calls": None, "tool_results": None}], ids=["left-out", "none"])
async def test_tools_of_none_are_null_in_sql(
    session: AsyncSession, engine: AsyncEngine, conversation: Conversation, column: str, values: dict[str, None]
) -> None:
    session.add(Message(conversation_id=conversation.id, role="tool", **values))
    await session.commit()

    assert await stored(engine, f"{column} IS NULL", "messages") is True


async def test_tools_set_to_none_later_are_null_in_sql(
    session: AsyncSession, engine: AsyncEngine, conversation: Conversation
) -> None:
    message = Message(conversation_id=conversation.id, role="tool", tool_calls=[{"name": "search"}])
    session.add(message)
    await session.commit()

    message.tool_calls = None
    await session.commit()

    assert await stored(engine, "tool_calls IS NULL", "messages") is True


@pytest.mark.parametrize("value", [HOSTILE, [HOSTILE], [], {}], ids=["object", "array", "no-items", "no-keys"])
async def test_tools_come_back_as_they_were(
    session: AsyncSession, engine: AsyncEngine, conversation: Conversation, value: Any
) -> None:
    session.add(Message(conversation_id=conversation.id, role="tool", tool_results=value))
    await session.commit()

    assert await stored(engine, "tool_results", "messages") == value


@pytest.mark.parametrize("value", ["text", 1, True])
def test_scalar_is_refused_when_it_is_set(value: Any) -> None:
    with pytest.raises(ValueError, match="config takes a JSON object or array"):
        McpConfig(name="files", config=value)


async def test_key_set_in_place_is_written(session: AsyncSession, engine: AsyncEngine, config: McpConfig) -> None:
    config.config["command"] = "stop"
    await session.commit()

    assert await stored(engine, "config ->> 'command'", "mcp_configs") == "stop"


async def test_key_set_in_a_nested_object_is_written(
    session: AsyncSession, engine: AsyncEngine, config: McpConfig
) -> None:
    config.config["env"]["A"] = "2"
    await session.commit()

    assert await stored(engine, "config #>> '{env,A}'", "mcp_configs") == "2"


async def test_item_appended_to_a_nested_array_is_written(
    session: AsyncSession, engine: AsyncEngine, config: McpConfig
) -> None:
    config.config["args"].append("y")
    await session.commit()

    assert await stored(engine, "config #>> '{args,2}'", "mcp_configs") == "y"


async def test_change_below_an_array_is_written(session: AsyncSession, engine: AsyncEngine, config: McpConfig) -> None:
    config.config["args"][0]["path"] = "/home"
    await session.commit()

    assert await stored(engine, "config #>> '{args,0,path}'", "mcp_configs") == "/home"


async def test_change_of_a_config_that_was_read_is_written(engine: AsyncEngine, config: McpConfig) -> None:
    async with AsyncSession(engine) as other:
        read = await other.get_one(McpConfig, config.id)
        read.config["env"]["B"] = "3"
        await other.commit()

    assert await stored(engine, "config #>> '{env,B}'", "mcp_configs") == "3"


async def test_value_set_in_place_is_tracked_too(session: AsyncSession, engine: AsyncEngine, config: McpConfig) -> None:
    config.config["new"] = {"deep": []}
    await session.commit()
    config.config["new"]["deep"].append(1)
    await session.commit()

    assert await stored(engine, "config #>> '{new,deep,0}'", "mcp_configs") == "1"
