from sqlalchemy import Column, Computed, Integer, MetaData, String, Table, Text

metadata = MetaData(schema="app")

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("short", Text, Computed("app.short_name(name)", persisted=True)),
)
