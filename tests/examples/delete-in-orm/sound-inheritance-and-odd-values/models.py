from typing import Any

from sqlalchemy import ForeignKey, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Sealed(TypeDecorator[str]):
    """What the application wrote is read; anything else is an error."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: str | None, _dialect: Any) -> str | None:
        if value is not None and not value.startswith("sealed:"):
            raise ValueError(f"not sealed: {value!r}")
        return value


class Base(DeclarativeBase):
    pass


metadata = Base.metadata


class Chat(Base):
    __tablename__ = "chat"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Sealed)
    messages: Mapped[list["Message"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    notes: Mapped[list["Note"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class Message(Base):
    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id", ondelete="CASCADE"), index=True)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}  # noqa: RUF012


class Picture(Message):
    __tablename__ = "picture"

    id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "picture"}  # noqa: RUF012


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id", ondelete="CASCADE"), index=True)
