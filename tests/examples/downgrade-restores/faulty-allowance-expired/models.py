from sqlalchemy import Column, Enum, Integer, MetaData, String, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("mood", Enum("sad", "ok", name="mood")),
)
