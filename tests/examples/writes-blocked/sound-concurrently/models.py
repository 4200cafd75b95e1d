from sqlalchemy import BigInteger, Column, Identity, Index, MetaData, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("state", Text, nullable=False),
    Index("ix_orders_state", "state"),
)
