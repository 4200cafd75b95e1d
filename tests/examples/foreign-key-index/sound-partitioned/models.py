from sqlalchemy import Column, Date, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True))
messages = Table(
    "messages",
    metadata,
    Column("at", Date, nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), index=True),
    postgresql_partition_by="RANGE (at)",
)
