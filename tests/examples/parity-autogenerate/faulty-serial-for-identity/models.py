from sqlalchemy import Column, Identity, Integer, MetaData, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
)
