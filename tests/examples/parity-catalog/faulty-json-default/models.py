from sqlalchemy import JSON, Column, Integer, MetaData, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("prefs", JSON, server_default="{}"),
)
