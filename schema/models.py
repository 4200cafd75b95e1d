"""Faceplate's tables: users, conversations, messages and mcp_configs, in the PostgreSQL schema ``faceplate``.

Source: spec FR-001 to FR-007 and FR-009. The database is shared with other applications, so the schema is part of
every name.
"""

import sys
import uuid
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, String, Text, UniqueConstraint, func, text, true
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy_json import NestedMutableContainer

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    from uuid_utils.compat import uuid7

SCHEMA = "faceplate"

# Every constraint and index gets a name of ours, so that a migration can drop it by that name.
NAMING_CONVENTION = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}


class TrackedJson(NestedMutableContainer):
    """A JSON object or array whose changes, at any depth, are written at the next flush.

    Raises:
        ValueError: on a JSON scalar, which could not be tracked (the library's own answer is an AttributeError).
    """

    @classmethod
    def coerce(cls, key: str, value: object) -> object:
        """Return ``value`` with its objects and arrays tracked; None stays None."""
        if value is None or isinstance(value, dict | list):
            return super().coerce(key, value)  # type: ignore[no-untyped-call] # sqlalchemy_json has no annotations
        raise ValueError(
            f"{key} takes a JSON object or array, not {type(value).__name__}: wrap the value in one of them"
        )


# None is SQL NULL, never JSON null.
Json = TrackedJson.as_mutable(JSONB(none_as_null=True))

# UUIDv7 sorts by the time it was made, which orders rows that share a created_at; plain SQL may leave the id out.
Id = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid7, server_default=text("gen_random_uuid()"))]
CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]
# clock_timestamp(), because now() stands still within a transaction: it would neither move for a row that was made in
# the same transaction, nor stay ahead of a shorter transaction that committed meanwhile.
UpdatedAt = Annotated[datetime, mapped_column(server_default=func.now(), onupdate=func.clock_timestamp())]


class Base(AsyncAttrs, DeclarativeBase):
    """The declarative base; its ``metadata`` is what the migrations are compared with."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING_CONVENTION)
    type_annotation_map = {datetime: TIMESTAMP(timezone=True)}  # noqa: RUF012 (SQLAlchemy's own declaration)
    # What the server makes comes back with the INSERT or UPDATE itself: no later load, which asyncio could not await.
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 (SQLAlchemy's own declaration)


class User(Base):
    """An authenticated user; ``subject_id`` is the identity provider's ``sub`` claim."""

    __tablename__ = "users"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(255), unique=True)
    subject_id: Mapped[str] = mapped_column(String(255), unique=True)
    created_at: Mapped[CreatedAt]

    conversations: Mapped[list["Conversation"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    mcp_configs: Mapped[list["McpConfig"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


class Conversation(Base):
    """One chat of one user."""

    __tablename__ = "conversations"

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(255), server_default="New Chat")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    user: Mapped[User] = relationship(back_populates="conversations")
    messages: Mapped[list["Message"]] = relationship(
        back_populates="conversation",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="Message.created_at, Message.id",
    )


class Message(Base):
    """One message; read by conversation, ordered by ``(created_at, id)``."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'assistant', 'system', 'tool')", name="role"),
        # Serves both the foreign key and the reading order.
        Index(None, "conversation_id", "created_at"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20))
    content: Mapped[str | None] = mapped_column(Text)
    tool_calls: Mapped[dict[str, Any] | list[Any] | None] = mapped_column(Json)
    tool_results: Mapped[dict[str, Any] | list[Any] | None] = mapped_column(Json)
    created_at: Mapped[CreatedAt]

    conversation: Mapped[Conversation] = relationship(back_populates="messages")


class McpConfig(Base):
    """One MCP server configuration of one user; its name is unique per user."""

    __tablename__ = "mcp_configs"
    # The unique index leads with user_id and so covers the foreign key too.
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    config: Mapped[dict[str, Any]] = mapped_column(Json)
    enabled: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    user: Mapped[User] = relationship(back_populates="mcp_configs")
