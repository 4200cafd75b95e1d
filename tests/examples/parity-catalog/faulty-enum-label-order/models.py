from sqlalchemy import Column, Enum, Integer, MetaData, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mood", Enum("sad", "ok", "happy", name="mood")),
)
