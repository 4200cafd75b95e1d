from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

chat = Table("chat", metadata, Column("id", Integer, primary_key=True, autoincrement=False))

person = Table("person", metadata, Column("id", Integer, primary_key=True, autoincrement=False))

chat_member = Table(
    "chat_member",
    metadata,
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), index=True, nullable=False),
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL"), index=True),
)
