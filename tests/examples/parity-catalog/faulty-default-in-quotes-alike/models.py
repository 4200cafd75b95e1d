from sqlalchemy import Column, Date, Integer, MetaData, String, Table, Text

metadata = MetaData()

tickets = Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("opened_on", Date, server_default="today", nullable=False),
    Column("opened_by", String(80), server_default="current_user", nullable=False),
    Column("key", Text, server_default="gen_random_uuid()", nullable=False),
)
