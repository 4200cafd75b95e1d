from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Numeric, Table

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("metres", Integer, nullable=False),
    Column("km", Numeric(12, 3)),
)
