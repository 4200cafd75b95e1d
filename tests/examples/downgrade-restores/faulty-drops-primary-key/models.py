from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()

members = Table(
    "members",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("team", Integer, primary_key=True),
)
