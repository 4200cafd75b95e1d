from sqlalchemy import Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("tenant", Integer),
    Column("id", Integer),
    Column("email", Text),
    PrimaryKeyConstraint("tenant", "id"),
    Index("ix_users_email", "email", "tenant"),
)
