from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, MetaData, Table

metadata = MetaData()

users = Table("users", metadata, Column("tenant", Integer, primary_key=True), Column("id", Integer, primary_key=True))
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant", Integer),
    Column("user_id", Integer),
    ForeignKeyConstraint(["tenant", "user_id"], ["users.tenant", "users.id"], ondelete="CASCADE"),
    Index("ix_messages_user", "user_id", "tenant"),
)
