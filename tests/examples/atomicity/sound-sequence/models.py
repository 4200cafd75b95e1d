from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Sequence, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article", Text),
    Column("number", BigInteger),
    Index("ix_orders_number", "number"),
)

order_numbers = Sequence("order_numbers", metadata=metadata)
