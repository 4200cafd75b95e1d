from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects.postgresql import ENUM

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mood", ENUM("sad", "ok", name="mood", create_type=False)),
)
