from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

chat = Table("chat", metadata, Column("id", Integer, primary_key=True, autoincrement=False))

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", ForeignKey("chat.id", ondelete="SET NULL"), index=True, nullable=False),
)
