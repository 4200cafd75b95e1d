from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Index("uq_users_email", "email", unique=True, postgresql_where=text("deleted_at IS NULL")),
)
