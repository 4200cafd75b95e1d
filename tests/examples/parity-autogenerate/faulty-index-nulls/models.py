from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tags", Text),
    Index("ix_users_tags", "tags"),
)
