from sqlalchemy import Column, Integer, MetaData, Numeric, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("price", Numeric),
)
