from sqlalchemy import Column, Computed, Integer, MetaData, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("total", Integer, Computed("a * 3", persisted=True)),
)
