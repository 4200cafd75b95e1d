from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, func

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("created", DateTime(timezone=True), server_default=func.now()),
)
