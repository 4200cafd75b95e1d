from sqlalchemy import BigInteger, Column, Identity, Index, Integer, MetaData, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Index("ix_orders_state", "state"),
    Index("ix_orders_total", "total"),
)
