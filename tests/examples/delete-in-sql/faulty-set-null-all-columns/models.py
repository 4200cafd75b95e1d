from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, MetaData, Table

metadata = MetaData()

chat = Table(
    "chat",
    metadata,
    Column("tenant", Integer, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
)

message = Table(
    "message",
    metadata,
    Column("tenant", Integer, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", Integer),
    ForeignKeyConstraint(["tenant", "chat_id"], ["chat.tenant", "chat.id"], ondelete="SET NULL (chat_id)"),
    Index("ix_message_chat", "tenant", "chat_id"),
)
