from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("note", Text, server_default="50% :off; 'now' -- no comment", comment="it's; 100% $$"),
    Index("ix_users_note", "note"),
)
