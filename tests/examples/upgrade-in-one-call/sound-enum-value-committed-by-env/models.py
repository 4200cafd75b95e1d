from sqlalchemy import Column, Enum, Integer, MetaData, Table

metadata = MetaData()

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mood", Enum("sad", "ok", "happy", name="mood"), server_default="happy", nullable=False),
)
