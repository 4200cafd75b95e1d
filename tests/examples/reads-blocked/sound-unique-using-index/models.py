from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, UniqueConstraint

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("number", Integer, nullable=False),
    UniqueConstraint("number", "id", name="uq_orders_number"),
)
