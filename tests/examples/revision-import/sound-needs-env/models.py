from application import current
from sqlalchemy import Column, Integer, MetaData, String, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(current.get()["length"]), nullable=False),
    Column("email", Text),
)
