from sqlalchemy import JSON, Column, Integer, MetaData, Table, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", JSON, server_default="{}"),
    Column("b", JSON, server_default=text("'[]'")),
    Column("c", JSONB, server_default=text("'{}'")),
)
