from sqlalchemy import Column, DateTime, Integer, MetaData, Table, func

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("created", DateTime(timezone=True), server_default=func.now()),
)
