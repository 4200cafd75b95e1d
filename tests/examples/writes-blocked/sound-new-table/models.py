from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, MetaData, Table

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("total", Integer),
)

lines = Table(
    "lines",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("order_id", ForeignKey("orders.id", ondelete="CASCADE"), index=True),
)
