from sqlalchemy import Column, Integer, MetaData, Table, UniqueConstraint

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rank", Integer),
    UniqueConstraint("rank", name="uq_rank", deferrable=True, initially="DEFERRED"),
)
