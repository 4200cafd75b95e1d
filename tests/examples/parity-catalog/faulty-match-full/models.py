from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, Table, UniqueConstraint

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org", Integer),
    Column("boss", Integer),
    UniqueConstraint("org", "id", name="uq_org_id"),
    ForeignKeyConstraint(["org", "boss"], ["users.org", "users.id"], name="fk_boss", match="FULL"),
)
