from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text),
    Index("ix_users_email", "email", unique=True, postgresql_where=text("email IS NOT NULL")),
)
