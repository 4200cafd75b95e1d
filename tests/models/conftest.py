"""A session of the ORM on asyncpg, in a database of the test's own."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from schema.models import Conversation, User
from schemaproof.postgres import Database


@pytest.fixture
def engine(postgres_database: Database) -> AsyncEngine:
    return create_async_engine(postgres_database.url(), poolclass=NullPool)


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
async def user(session: AsyncSession) -> User:
    """A user, committed."""
    user = User(email="test@example.com", subject_id="sub-123")
    session.add(user)
    await session.commit()
    return user


@pytest.fixture
async def conversation(session: AsyncSession, user: User) -> Conversation:
    """A conversation of ``user``, committed."""
    conversation = Conversation(user_id=user.id)
    session.add(conversation)
    await session.commit()
    return conversation
