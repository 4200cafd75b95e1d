from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Identity, MetaData, Numeric, Table

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("price", Numeric(10, 2), nullable=False),
    Column("placed", Date, nullable=False),
    Column("delivered", Date),
    CheckConstraint("price > 0", name="orders_price"),
    CheckConstraint("delivered >= placed", name="orders_delivered"),
)
