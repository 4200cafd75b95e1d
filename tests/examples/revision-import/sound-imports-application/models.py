from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, func

EMAIL_LENGTH = 100

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("email", String(EMAIL_LENGTH)),
    Column("created_at", DateTime(timezone=True), server_default=func.now()),
)
