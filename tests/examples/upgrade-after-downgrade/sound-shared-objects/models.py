from sqlalchemy import Column, DateTime, Enum, Integer, MetaData, String, Table, func

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("mood", Enum("sad", "ok", name="mood")),
    Column("created", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
