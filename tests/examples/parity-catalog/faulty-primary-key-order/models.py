from sqlalchemy import Column, Integer, MetaData, PrimaryKeyConstraint, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer),
    Column("tenant", Integer),
    PrimaryKeyConstraint("tenant", "id"),
)
