from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, MetaData, Numeric, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("state", Text, nullable=False),
    Column("total", Numeric(10, 2), nullable=False),
    CheckConstraint("total >= 0", name="total_not_negative"),
)
