from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, MetaData, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("state", Text, nullable=False, server_default="new"),
    CheckConstraint("state IN ('new', 'paid')", name="orders_state"),
)
