from sqlalchemy import BigInteger, Column, Identity, MetaData, String, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("title", Text, nullable=False),
    Column("state", String(20), nullable=False, server_default="new"),
    Column("currency", String(3), nullable=False),
)
