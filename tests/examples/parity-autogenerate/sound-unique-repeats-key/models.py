from sqlalchemy import Column, Integer, MetaData, Table, UniqueConstraint

metadata = MetaData()

members = Table(
    "members",
    metadata,
    Column("team", Integer, primary_key=True, autoincrement=False),
    Column("person", Integer, primary_key=True, autoincrement=False),
    UniqueConstraint("team", "person", name="members_key"),
)
