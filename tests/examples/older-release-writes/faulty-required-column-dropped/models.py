from sqlalchemy import BigInteger, Column, Identity, MetaData, String, Table

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("state", String(20), nullable=False, server_default="new"),
)
