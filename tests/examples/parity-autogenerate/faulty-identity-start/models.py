from sqlalchemy import Column, Identity, Integer, MetaData, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, Identity(start=1000, cycle=True), primary_key=True),
)
