"""SC-003 and FR-007 on the migrated database: deleting by SQL and by the ORM leaves exactly what the model says."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.interfaces import ORMOption

from schema.models import Conversation, McpConfig, Message, User
from schemaproof.postgres import Database, Server, Template
from tests.cascades.model import Row, Tree, survivors
from tests.cascades.strategies import trees_with_deletes

# All examples share one connection and its event loop; each leaves nothing behind (see planted).
pytestmark = pytest.mark.asyncio(loop_scope="module")

COLUMNS = {
    "users": "id, email, subject_id",
    "conversations": "id, user_id, title",
    "mcp_configs": "id, user_id, name, config, enabled",
    "messages": "id, conversation_id, role, content, tool_calls, tool_results",
}
# A whole tree in one round trip; the foreign keys are checked at the statement's end.
PLANT = text(
    "WITH input AS (SELECT CAST(:tree AS jsonb) AS tree), "
    + ", ".join(
        f"new_{table} AS (INSERT INTO faceplate.{table} ({columns}) SELECT {columns}"
        f" FROM input, jsonb_populate_recordset(NULL::faceplate.{table}, tree->'{table}'))"
        for table, columns in COLUMNS.items()
    )
    + " SELECT"
)
ROWS = text(" UNION ALL ".join(f"SELECT '{table}', id FROM faceplate.{table}" for table in COLUMNS))

MODELS: dict[str, Any] = {
    "users": User,
    "conversations": Conversation,
    "mcp_configs": McpConfig,
    "messages": Message,
}
CHILDREN: dict[object, list[ORMOption]] = {
    User: [selectinload(User.conversations).selectinload(Conversation.messages), selectinload(User.mcp_configs)],
    Conversation: [selectinload(Conversation.messages)],
}


# Two users, so that what is left of the other one can be seen; a row's number begins with its parent's.
ANN, BOB = UUID(int=1), UUID(int=2)
TWO_USERS = Tree(
    {
        "users": [{"id": user, "email": f"{user}@example.com", "subject_id": f"{user}"} for user in (ANN, BOB)],
        "conversations": [
            {"id": UUID(int=n), "user_id": user, "title": "New Chat"} for n, user in [(11, ANN), (12, ANN), (21, BOB)]
        ],
        "mcp_configs": [
            {"id": UUID(int=n), "user_id": user, "name": "search", "config": {}, "enabled": True}
            for n, user in [(19, ANN), (29, BOB)]
        ],
        "messages": [
            {"id": UUID(int=n), "conversation_id": UUID(int=n // 10), "role": "user", "content": "Hello"}
            for n in (111, 112, 121, 211)
        ],
    }
)


@pytest.fixture(scope="module")
def migrated(postgres_server: Server, postgres_template: Template | None) -> Iterator[Database]:
    """One migrated database for all examples."""
    with postgres_server.clone(postgres_template) as database:
        yield database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connection(migrated: Database) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(migrated.url())
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@asynccontextmanager
async def planted(connection: AsyncConnection, tree: Tree) -> AsyncIterator[AsyncSession]:
    """A session on a database that holds ``tree`` and nothing else; all is rolled back at the end."""
    async with AsyncSession(connection) as session:
        await session.execute(PLANT, {"tree": json.dumps(tree.tables, default=str)})
        yield session


async def delete_by_sql(session: AsyncSession, deletes: list[Row]) -> None:
    for table, row in deletes:
        await session.execute(text(f"DELETE FROM faceplate.{table} WHERE id = :id"), {"id": row})


async def delete_by_orm(session: AsyncSession, deletes: list[Row], *, load_children: bool) -> None:
    """Delete all in one flush, as an application does that has just loaded what it deletes."""
    loaded: dict[Row, object] = {}
    for table in dict(deletes):
        model = MODELS[table]
        wanted = select(model).where(model.id.in_([row for at, row in deletes if at == table]))
        children = CHILDREN.get(model, []) if load_children else []
        loaded |= {(table, found.id): found for found in await session.scalars(wanted.options(*children))}
    for row in deletes:
        await session.delete(loaded[row])
    await session.flush()


async def rows(session: AsyncSession) -> set[Row]:
    return {(table, row) for table, row in await session.execute(ROWS)}


type Delete = Callable[[AsyncSession, list[Row]], Awaitable[None]]
in_every_way = pytest.mark.parametrize(
    "delete",
    [delete_by_sql, partial(delete_by_orm, load_children=False), partial(delete_by_orm, load_children=True)],
    ids=["sql", "orm", "orm with children loaded"],
)


async def gone_after(delete: Delete, table: str, row: int, connection: AsyncConnection) -> set[tuple[str, int]]:
    """Which of TWO_USERS' rows, by number, are no longer there when one was deleted."""
    async with planted(connection, TWO_USERS) as session:
        await delete(session, [(table, UUID(int=row))])
        return {(table, row.int) for table, row in {*TWO_USERS.rows} - await rows(session)}


@contextmanager
def statements_on(connection: AsyncConnection) -> Iterator[list[str]]:
    """The statements that the block sends, in order."""
    statements: list[str] = []

    def keep(_1: object, _2: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(connection.sync_connection, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(connection.sync_connection, "before_cursor_execute", keep)


@given(trees_with_deletes())
async def test_sql_deletes_leave_what_the_model_says(connection: AsyncConnection, case: tuple[Tree, list[Row]]) -> None:
    tree, deletes = case
    async with planted(connection, tree) as session:
        await delete_by_sql(session, deletes)

        assert await rows(session) == survivors(tree, deletes)


@given(trees_with_deletes(), st.booleans())
async def test_orm_deletes_leave_what_the_model_says(
    connection: AsyncConnection, case: tuple[Tree, list[Row]], load_children: bool
) -> None:
    tree, deletes = case
    async with planted(connection, tree) as session:
        await delete_by_orm(session, deletes, load_children=load_children)

        assert await rows(session) == survivors(tree, deletes)


@in_every_way
async def test_deleting_a_conversation_deletes_its_messages(connection: AsyncConnection, delete: Delete) -> None:
    gone = await gone_after(delete, "conversations", 11, connection)

    assert gone == {("conversations", 11), ("messages", 111), ("messages", 112)}


@in_every_way
async def test_deleting_a_user_deletes_all_of_that_user_and_nothing_of_another(
    connection: AsyncConnection, delete: Delete
) -> None:
    gone = await gone_after(delete, "users", 1, connection)

    conversations = {("conversations", 11), ("conversations", 12)}
    messages = {("messages", 111), ("messages", 112), ("messages", 121)}
    assert gone == {("users", 1), ("mcp_configs", 19)} | conversations | messages


@in_every_way
@pytest.mark.parametrize(("table", "row"), [("messages", 111), ("mcp_configs", 19)])
async def test_deleting_a_leaf_deletes_nothing_else(
    connection: AsyncConnection, delete: Delete, table: str, row: int
) -> None:
    assert await gone_after(delete, table, row, connection) == {(table, row)}


async def test_deleting_all_users_in_one_statement_leaves_no_row(connection: AsyncConnection) -> None:
    async with planted(connection, TWO_USERS) as session:
        await session.execute(text("DELETE FROM faceplate.users"))

        assert await rows(session) == set()


@pytest.mark.parametrize(("table", "row"), [("users", 1), ("conversations", 11)])
async def test_orm_delete_of_a_parent_sends_one_delete_and_reads_no_child(
    connection: AsyncConnection, table: str, row: int
) -> None:
    async with planted(connection, TWO_USERS) as session:
        parent = await session.get_one(MODELS[table], UUID(int=row))
        with statements_on(connection) as statements:
            await session.delete(parent)
            await session.flush()

    assert [" ".join(statement.split()[:3]) for statement in statements] == [f"DELETE FROM faceplate.{table}"]
