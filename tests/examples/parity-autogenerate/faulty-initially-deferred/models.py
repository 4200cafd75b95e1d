from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("boss", Integer),
    ForeignKeyConstraint(["boss"], ["users.id"], name="fk_boss", deferrable=True),
)
