from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, text

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True))
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE")),
    Index("ix_messages_user_id", "user_id", postgresql_where=text("user_id IS NOT NULL")),
)
