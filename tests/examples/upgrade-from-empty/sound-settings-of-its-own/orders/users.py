from sqlalchemy import Column, Integer, String, Table, Text

from orders.database.base import metadata

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("email", Text),
)
