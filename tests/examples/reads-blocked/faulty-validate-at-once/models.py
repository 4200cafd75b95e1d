from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Integer, MetaData, Table

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("total", Integer, nullable=False),
    CheckConstraint("total >= 0", name="total_not_negative"),
)
