from sqlalchemy import Column, DateTime, Integer, MetaData, Table

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("opens_at", DateTime(timezone=True)),
    Column("closes_at", DateTime(timezone=True), server_default="2040-01-01 00:00"),
)
